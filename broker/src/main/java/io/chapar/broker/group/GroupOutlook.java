package io.chapar.broker.group;

import io.chapar.broker.group.consumer.TopicDirectory;

/// What groups of the consumer protocol have to know of the cluster, as of one version of its metadata. Never changes.
public record GroupOutlook(TopicDirectory topics, Times times) {
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

    public static final GroupOutlook EMPTY = new GroupOutlook(TopicDirectory.EMPTY, _ -> OfGroup.DEFAULTS);
}
