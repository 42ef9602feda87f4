package io.chapar.broker.group.streams;

import io.chapar.broker.group.streams.StreamsTopology.InternalTopic;
import io.chapar.broker.group.streams.StreamsTopology.Subtopology;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;

/// About how many bytes of memory things take. Never less than what a client sent.
public final class StreamsSizes {
    private static final int MEMBER = 400;
    private static final int NAME = 80;
    /// With the entries that say whose it is.
    private static final int TASK = 120;
    private static final int SAID = 20;
    private static final int SHORT_NAME = 32;

    private StreamsSizes() {}

    public static long of(StreamsMember member) {
        long bytes = MEMBER + text(member.id()) + text(member.instanceId()) + text(member.rackId())
                + text(member.clientId()) + text(member.clientHost()) + text(member.processId());
        if (member.endpoint() != null) {
            bytes += NAME + text(member.endpoint().host());
        }
        return bytes + pairs(member.tags());
    }

    public static long of(@Nullable StreamsTopology topology) {
        if (topology == null) {
            return 0;
        }
        long bytes = MEMBER;
        for (Subtopology one : topology.subtopologies()) {
            bytes += MEMBER + text(one.id()) + names(one.sources()) + names(one.sinks())
                    + topics(one.repartitions()) + topics(one.changelogs());
            for (Iterable<String> together : one.copartitions()) {
                bytes += NAME + names(together);
            }
        }
        return bytes;
    }

    private static long topics(List<InternalTopic> topics) {
        long bytes = 0;
        for (InternalTopic topic : topics) {
            // By its name among those that are required too.
            bytes += 2L * NAME + 2 * text(topic.name()) + pairs(topic.config());
        }
        return bytes;
    }

    private static long names(Iterable<String> names) {
        long bytes = 0;
        for (String name : names) {
            bytes += 2L * NAME + text(name);
        }
        return bytes;
    }

    private static long pairs(Map<String, String> pairs) {
        long bytes = 0;
        for (Map.Entry<String, String> one : pairs.entrySet()) {
            bytes += NAME + text(one.getKey()) + text(one.getValue());
        }
        return bytes;
    }

    public static long of(@Nullable Tasks tasks) {
        return tasks == null ? 0 : NAME + (long) TASK * tasks.size();
    }

    /// Of a task that somebody has.
    public static int task() {
        return TASK;
    }

    /// What a member says it owns, which is not kept.
    public static long said(@Nullable Tasks owned) {
        return owned == null ? 0 : (long) SAID * owned.size() + longNames(owned.active().keySet())
                + longNames(owned.standby()) + longNames(owned.warmup());
    }

    /// What names of subtopologies take beyond what counts for a task: a member may say any, each of 32 KB.
    private static long longNames(Iterable<TaskId> tasks) {
        long bytes = 0;
        for (TaskId task : tasks) {
            bytes += Math.max(0, text(task.subtopology()) - SHORT_NAME);
        }
        return bytes;
    }

    static long of(@Nullable TaskStanding standing) {
        return standing == null ? 0 : of(standing.assigned()) + of(standing.revoking());
    }

    /// Of how far a member's tasks are. Each is named twice.
    public static long of(TaskProgress progress) {
        return (long) TASK / 2 * progress.size() + longNames(progress.offsets().keySet())
                + longNames(progress.ends().keySet());
    }

    /// About what a record takes in the log.
    public static long written(StreamsGroupRecord record) {
        return switch (record) {
            case StreamsGroupRecord.MemberSet r -> of(r.member());
            case StreamsGroupRecord.TopologySet r -> of(r.topology());
            case StreamsGroupRecord.TargetSet r -> MEMBER + of(r.target());
            case StreamsGroupRecord.StandingSet r -> MEMBER + of(r.standing());
            case StreamsGroupRecord.EpochSet _, StreamsGroupRecord.EpochForgotten _,
                    StreamsGroupRecord.TopologyForgotten _, StreamsGroupRecord.MemberForgotten _,
                    StreamsGroupRecord.TargetEpochSet _, StreamsGroupRecord.TargetEpochForgotten _,
                    StreamsGroupRecord.TargetForgotten _, StreamsGroupRecord.StandingForgotten _ -> MEMBER;
        };
    }

    private static long text(@Nullable String text) {
        return text == null ? 0 : 2L * text.length();
    }
}
