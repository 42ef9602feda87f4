package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.StreamsHeartbeat;
import io.chapar.broker.group.GroupOutlook.OfStreamsGroup;
import io.chapar.broker.group.GroupReply.StreamsBeat;
import io.chapar.broker.group.streams.ConfiguredTopology;
import io.chapar.broker.group.streams.ConfiguredTopology.Problem;
import io.chapar.broker.group.streams.StatusCode;
import io.chapar.broker.group.streams.StreamsGroup;
import io.chapar.broker.group.streams.StreamsMember;
import io.chapar.broker.group.streams.StreamsTopology;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

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
        StreamsEndpoints.Told told = side.endpoints().told(side, configured, upkeep.directory(), step.nowMs());
        return new StreamsBeat(
                ErrorCode.NONE, null, member.id(), known.standing(member.id()).epoch(),
                heartbeatMs(side, configured, step), settings.offsetIntervalMs(), settings.tasks().acceptableLag(),
                statuses(beat, side, member, configured),
                withAssignment ? known.standing(member.id()).assigned() : null,
                told.epoch(),
                beat.endpointEpoch() == told.epoch() ? null : told.endpoints(),
                side.toCreate(configured.missing(), step.nowMs()));
    }

    /// Sooner, where the member waits for tasks to be shared out, or for more topics than are made at a time.
    private static int heartbeatMs(StreamsSide side, ConfiguredTopology configured, Step step) {
        int usual = side.settings().times().heartbeatMs();
        if (side.group().needsTarget()) {
            return Math.clamp(side.pace().dueMs() - step.nowMs(), Math.min(SOONEST_MS, usual), usual);
        }
        return configured.missing().size() > StreamsSide.MOST_TOPICS_AT_ONCE
                ? Math.min(StreamsSide.CREATE_PAUSE_MS, usual) : usual;
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
            all.add(new Problem(StatusCode.ASSIGNMENT_DELAYED, side.whyDelayed()));
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
}
