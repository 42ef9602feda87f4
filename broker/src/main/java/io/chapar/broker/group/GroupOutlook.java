package io.chapar.broker.group;

import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.broker.group.streams.TaskConfig;

/// What groups of the consumer protocol and streams groups have to know of the cluster, as of one version of its
/// metadata. Never changes.
public record GroupOutlook(TopicDirectory topics, Times times, StreamsTimes streams, Times shares) {
    public GroupOutlook(TopicDirectory topics, Times times) {
        this(topics, times, _ -> OfStreamsGroup.DEFAULTS);
    }

    public GroupOutlook(TopicDirectory topics, Times times, StreamsTimes streams) {
        this(topics, times, streams, _ -> OfGroup.DEFAULTS);
    }

    /// The same with settings of share groups.
    public GroupOutlook withShares(Times other) {
        return new GroupOutlook(topics, times, streams, other);
    }

    /// Settings, of which each group may have its own.
    public interface Times {
        OfGroup of(String groupId);
    }

    /// @param sessionMs how long a member may be silent
    /// @param heartbeatMs how often members are told to show up
    /// @param assignmentMs time between two targets
    public record OfGroup(int sessionMs, int heartbeatMs, int assignmentMs) {
        public static final OfGroup DEFAULTS = new OfGroup(45_000, 5_000, 1_000);
    }

    /// Settings, of which each streams group may have its own.
    public interface StreamsTimes {
        OfStreamsGroup of(String groupId);
    }

    /// @param times as in groups of the consumer protocol
    /// @param initialDelayMs how long the first member waits for more before tasks are shared out
    /// @param offsetIntervalMs how often members say how far their tasks are
    public record OfStreamsGroup(OfGroup times, int initialDelayMs, int offsetIntervalMs, TaskConfig tasks) {
        public static final OfStreamsGroup DEFAULTS =
                new OfStreamsGroup(OfGroup.DEFAULTS, 3_000, 60_000, TaskConfig.DEFAULTS);
    }

    public static final GroupOutlook EMPTY = new GroupOutlook(TopicDirectory.EMPTY, _ -> OfGroup.DEFAULTS);
}
