package io.chapar.broker.group.streams;

import java.util.SortedMap;

/// What is written to `__consumer_offsets` of a streams group. The records of one kind and name replace each other; in
/// what order those of different kinds or names come makes no difference to what they add up to.
public sealed interface StreamsGroupRecord {
    String groupId();

    /// @param metadataHash of the topics that the topology needs, as they were then
    /// @param validatedTopologyEpoch of the topology whose topics were all there, as they have to be; else -1
    /// @param config how tasks were to be shared out then
    record EpochSet(
            String groupId, int epoch, long metadataHash, int validatedTopologyEpoch, SortedMap<String, String> config)
            implements StreamsGroupRecord {}

    record EpochForgotten(String groupId) implements StreamsGroupRecord {}

    record TopologySet(String groupId, StreamsTopology topology) implements StreamsGroupRecord {}

    record TopologyForgotten(String groupId) implements StreamsGroupRecord {}

    record MemberSet(String groupId, StreamsMember member) implements StreamsGroupRecord {}

    record MemberForgotten(String groupId, String memberId) implements StreamsGroupRecord {}

    /// The targets of all members are those of this epoch.
    record TargetEpochSet(String groupId, int epoch, long atMs) implements StreamsGroupRecord {}

    record TargetEpochForgotten(String groupId) implements StreamsGroupRecord {}

    record TargetSet(String groupId, String memberId, Tasks target) implements StreamsGroupRecord {}

    record TargetForgotten(String groupId, String memberId) implements StreamsGroupRecord {}

    record StandingSet(String groupId, String memberId, TaskStanding standing) implements StreamsGroupRecord {}

    record StandingForgotten(String groupId, String memberId) implements StreamsGroupRecord {}
}
