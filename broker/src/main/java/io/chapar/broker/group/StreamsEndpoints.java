package io.chapar.broker.group;

import io.chapar.broker.group.GroupReply.EndpointTasks;
import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.broker.group.streams.ConfiguredTopology;
import io.chapar.broker.group.streams.StreamsGroup;
import io.chapar.broker.group.streams.StreamsMember;
import io.chapar.broker.group.streams.StreamsTopology;
import io.chapar.broker.group.streams.StreamsTopology.InternalTopic;
import io.chapar.broker.group.streams.StreamsTopology.Subtopology;
import io.chapar.broker.group.streams.TaskId;
import io.chapar.broker.group.streams.Tasks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/// Where members of a streams group can be asked, and for which partitions. All are told the same, so it is worked out
/// once for all of them: when somebody asks after what members have has changed, and where it is long, once a second.
final class StreamsEndpoints {
    /// Partitions, over all endpoints. Where there are more, none is told: what is incomplete would send askers astray.
    static final int MOST_PARTITIONS = 200_000;
    /// More are worked out once a second at the most.
    private static final int FEW_PARTITIONS = 1_000;
    private static final int PAUSE_MS = 1_000;
    private static final int BYTES_OF_PARTITION = 20;
    private static final Told NOTHING = new Told(0, List.of(), 0, 0);

    private Told last = NOTHING;

    /// @param epoch of [StreamsSide#endpointEpoch], when it was worked out
    /// @param partitions that were gone through, over all endpoints; of more than there may be none is told
    record Told(int epoch, List<EndpointTasks> endpoints, int partitions, long atMs) {}

    Told told(StreamsSide side, ConfiguredTopology configured, TopicDirectory directory, long nowMs) {
        boolean isSame = last.epoch() == side.endpointEpoch();
        boolean isEarly = last.partitions() > FEW_PARTITIONS && nowMs < last.atMs() + PAUSE_MS;
        if (!isSame && !isEarly) {
            Search search = new Search(configured, directory);
            List<EndpointTasks> endpoints = search.endpoints(side.group());
            last = new Told(side.endpointEpoch(), endpoints, search.partitions, nowMs);
        }
        return last;
    }

    /// Of what is kept.
    long bytes() {
        return last.endpoints().isEmpty() ? 0 : (long) BYTES_OF_PARTITION * last.partitions();
    }

    private static final class Search {
        private final ConfiguredTopology configured;
        private final TopicDirectory directory;
        private final Map<String, SortedSet<String>> inputs = new LinkedHashMap<>();
        private int partitions = 0;

        Search(ConfiguredTopology configured, TopicDirectory directory) {
            this.configured = configured;
            this.directory = directory;
        }

        private List<EndpointTasks> endpoints(StreamsGroup known) {
            StreamsTopology topology = configured.topology();
            if (topology == null || known.endpoints() == 0) {
                return List.of();
            }
            for (Subtopology one : topology.subtopologies()) {
                inputs.put(one.id(), one.inputs());
            }
            List<EndpointTasks> all = new ArrayList<>();
            for (StreamsMember member : known.members()) {
                if (member.endpoint() == null) {
                    continue;
                }
                Tasks has = known.standing(member.id()).assigned();
                List<TaskId> copies = new ArrayList<>(has.standby());
                copies.addAll(has.warmup());
                all.add(new EndpointTasks(member.endpoint(), read(has.active().keySet()), read(copies)));
                if (partitions > MOST_PARTITIONS) {
                    return List.of();
                }
            }
            return all;
        }

        private SortedMap<String, List<Integer>> read(Iterable<TaskId> tasks) {
            SortedMap<String, List<Integer>> all = new TreeMap<>();
            for (TaskId task : tasks) {
                for (String topic : inputs.getOrDefault(task.subtopology(), Collections.emptySortedSet())) {
                    if (task.partition() < partitionsOf(topic)) {
                        all.computeIfAbsent(topic, _ -> new ArrayList<>()).add(task.partition());
                        partitions++;
                    }
                }
                if (partitions > MOST_PARTITIONS) {
                    break;
                }
            }
            return all;
        }

        private int partitionsOf(String topic) {
            InternalTopic own = configured.internal().get(topic);
            TopicDirectory.Topic there = own == null ? directory.topic(topic) : null;
            return own != null ? own.partitions() : there == null ? 0 : there.partitions();
        }
    }
}
