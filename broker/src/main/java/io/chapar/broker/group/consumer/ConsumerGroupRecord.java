package io.chapar.broker.group.consumer;

import java.util.SortedSet;

/// What is written to `__consumer_offsets` of a group of the consumer protocol. The records of one kind and name
/// replace each other; in what order those of different kinds or names come makes no difference to what they add up
/// to.
public sealed interface ConsumerGroupRecord {
    String groupId();

    /// @param metadataHash of the topics that the group subscribes to, as they were then
    record EpochSet(String groupId, int epoch, long metadataHash) implements ConsumerGroupRecord {}

    record EpochForgotten(String groupId) implements ConsumerGroupRecord {}

    /// Of a form that was replaced (KIP-1101); only ever forgotten.
    record PartitionMetadataForgotten(String groupId) implements ConsumerGroupRecord {}

    record MemberSet(String groupId, ConsumerMember member) implements ConsumerGroupRecord {}

    record MemberForgotten(String groupId, String memberId) implements ConsumerGroupRecord {}

    /// The targets of all members are those of this epoch.
    record TargetEpochSet(String groupId, int epoch, long atMs) implements ConsumerGroupRecord {}

    record TargetEpochForgotten(String groupId) implements ConsumerGroupRecord {}

    record TargetSet(String groupId, String memberId, PartitionSet target) implements ConsumerGroupRecord {}

    record TargetForgotten(String groupId, String memberId) implements ConsumerGroupRecord {}

    record StandingSet(String groupId, String memberId, Standing standing) implements ConsumerGroupRecord {}

    record StandingForgotten(String groupId, String memberId) implements ConsumerGroupRecord {}

    /// @param topics that match
    /// @param version of the metadata that was looked at
    record RegexSet(String groupId, String regex, SortedSet<String> topics, long version, long atMs)
            implements ConsumerGroupRecord {}

    record RegexForgotten(String groupId, String regex) implements ConsumerGroupRecord {}
}
