package io.chapar.broker.group.share;

import io.chapar.broker.group.consumer.PartitionSet;

/// What is written to `__consumer_offsets` of a share group.
public sealed interface ShareGroupRecord {
    String groupId();

    record EpochSet(String groupId, int epoch, long metadataHash) implements ShareGroupRecord {}

    record EpochForgotten(String groupId) implements ShareGroupRecord {}

    record MemberSet(String groupId, ShareMember member) implements ShareGroupRecord {}

    record MemberForgotten(String groupId, String memberId) implements ShareGroupRecord {}

    record TargetEpochSet(String groupId, int epoch, long atMs) implements ShareGroupRecord {}

    record TargetEpochForgotten(String groupId) implements ShareGroupRecord {}

    record TargetSet(String groupId, String memberId, PartitionSet target) implements ShareGroupRecord {}

    record TargetForgotten(String groupId, String memberId) implements ShareGroupRecord {}

    record StandingSet(String groupId, String memberId, ShareStanding standing) implements ShareGroupRecord {}

    record StandingForgotten(String groupId, String memberId) implements ShareGroupRecord {}

    record TopicsSet(String groupId, ShareTopics topics) implements ShareGroupRecord {}

    record TopicsForgotten(String groupId) implements ShareGroupRecord {}

    /// About what a record takes in the log.
    static long written(ShareGroupRecord record) {
        int least = 200;
        return switch (record) {
            case MemberSet r -> r.member().bytes();
            case TargetSet r -> least + (long) Integer.BYTES * r.target().size();
            case StandingSet r -> least + (long) Integer.BYTES * r.standing().assigned().size();
            case TopicsSet r -> least + r.topics().bytes() + (long) Integer.BYTES * r.topics().partitions().size();
            case EpochSet _, EpochForgotten _, MemberForgotten _, TargetEpochSet _, TargetEpochForgotten _,
                    TargetForgotten _, StandingForgotten _, TopicsForgotten _ -> least;
        };
    }
}
