package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.StreamsHeartbeat;
import io.chapar.broker.group.GroupOutlook.OfStreamsGroup;
import io.chapar.broker.group.GroupReply.EndpointTasks;
import io.chapar.broker.group.GroupReply.StreamsBeat;
import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.broker.group.streams.ConfiguredTopology;
import io.chapar.broker.group.streams.ConfiguredTopology.Problem;
import io.chapar.broker.group.streams.StatusCode;
import io.chapar.broker.group.streams.StreamsGroup;
import io.chapar.broker.group.streams.StreamsMember;
import io.chapar.broker.group.streams.StreamsTopology;
import io.chapar.broker.group.streams.StreamsTopology.InternalTopic;
import io.chapar.broker.group.streams.TaskId;
import io.chapar.broker.group.streams.Tasks;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/// What members of a streams group are told.
final class StreamsAnswers {
    /// A member that waits for what comes soon is not asked to show up more often.
    private static final int SOONEST_MS = 100;

    private final StreamsUpkeep upkeep;

    StreamsAnswers(StreamsUpkeep upkeep) {
        this.upkeep = upkeep;
    }

    static StreamsBeat farewell(String memberId, int memberEpoch) {
        return new StreamsBeat(
                ErrorCode.NONE, null, memberId, memberEpoch, 0, 0, 0, List.of(), null, 0, null, List.of());
    }

    StreamsBeat to(StreamsHeartbeat beat, StreamsSide side, StreamsMember member, boolean withAssignment, Step step) {
        StreamsGroup known = side.group();
        OfStreamsGroup settings = side.settings();
        side.deadlines().renewSession(member.id(), step.nowMs() + settings.times().sessionMs());
        ConfiguredTopology configured = upkeep.configured(side);
        boolean creates = !configured.missing().isEmpty() && side.mayCreate(step.nowMs());
        return new StreamsBeat(
                ErrorCode.NONE, null, member.id(), known.standing(member.id()).epoch(),
                heartbeatMs(side, step), settings.offsetIntervalMs(), settings.tasks().acceptableLag(),
                statuses(beat, side, member, configured),
                withAssignment ? known.standing(member.id()).assigned() : null,
                side.endpointEpoch(),
                beat.endpointEpoch() == side.endpointEpoch() ? null : endpoints(known, configured),
                creates ? configured.missing() : List.of());
    }

    /// Sooner, where the member waits for tasks to be shared out.
    private static int heartbeatMs(StreamsSide side, Step step) {
        int usual = side.settings().times().heartbeatMs();
        return side.group().needsTarget()
                ? Math.clamp(side.targetDueMs() - step.nowMs(), Math.min(SOONEST_MS, usual), usual) : usual;
    }

    private static List<Problem> statuses(
            StreamsHeartbeat beat, StreamsSide side, StreamsMember member, ConfiguredTopology configured) {
        List<Problem> all = new ArrayList<>();
        StreamsTopology topology = side.group().topology();
        if (topology != null && member.topologyEpoch() < topology.epoch()) {
            all.add(new Problem(StatusCode.STALE_TOPOLOGY, "The member's topology epoch " + member.topologyEpoch()
                    + " is behind the group's topology epoch " + topology.epoch() + "."));
        }
        if (configured.problem() != null) {
            all.add(configured.problem());
        }
        if (side.shutdownBy() != null) {
            all.add(new Problem(StatusCode.SHUTDOWN_APPLICATION, "Streams group member " + side.shutdownBy()
                    + " encountered a fatal error and requested a shutdown for the entire application."));
        }
        if (side.group().needsTarget()) {
            all.add(new Problem(StatusCode.ASSIGNMENT_DELAYED, "Assignment delayed."));
        }
        String missing = missingTags(side, member);
        if (beat.knowsTags() && missing != null) {
            all.add(new Problem(StatusCode.MISSING_CLIENT_TAGS, missing));
        }
        return all;
    }

    private static @Nullable String missingTags(StreamsSide side, StreamsMember member) {
        List<String> missing = side.settings().tasks().rackTags().stream()
                .filter(tag -> !member.tags().containsKey(tag)).toList();
        return missing.isEmpty() ? null : "The member has no value for " + String.join(", ", missing) + ".";
    }

    // ---- endpoints

    private List<EndpointTasks> endpoints(StreamsGroup known, ConfiguredTopology configured) {
        StreamsTopology topology = configured.topology();
        if (topology == null || known.members().stream().allMatch(one -> one.endpoint() == null)) {
            return List.of();
        }
        Map<String, SortedSet<String>> inputs = new LinkedHashMap<>();
        topology.subtopologies().forEach(one -> inputs.put(one.id(), one.inputs()));
        List<EndpointTasks> all = new ArrayList<>();
        for (StreamsMember member : known.members()) {
            if (member.endpoint() != null) {
                Tasks has = known.standing(member.id()).assigned();
                List<TaskId> copies = new ArrayList<>(has.standby());
                copies.addAll(has.warmup());
                all.add(new EndpointTasks(member.endpoint(),
                        read(has.active().keySet(), inputs, configured), read(copies, inputs, configured)));
            }
        }
        return all;
    }

    private SortedMap<String, List<Integer>> read(
            Iterable<TaskId> tasks, Map<String, SortedSet<String>> inputs, ConfiguredTopology configured) {
        SortedMap<String, List<Integer>> all = new TreeMap<>();
        for (TaskId task : tasks) {
            for (String topic : inputs.getOrDefault(task.subtopology(), Collections.emptySortedSet())) {
                if (task.partition() < partitions(topic, configured)) {
                    all.computeIfAbsent(topic, _ -> new ArrayList<>()).add(task.partition());
                }
            }
        }
        return all;
    }

    private int partitions(String topic, ConfiguredTopology configured) {
        InternalTopic own = configured.internal().get(topic);
        TopicDirectory.Topic there = own == null ? upkeep.directory().topic(topic) : null;
        return own != null ? own.partitions() : there == null ? 0 : there.partitions();
    }
}
