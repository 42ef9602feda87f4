package io.chapar.broker.replica;

import io.chapar.protocol.TopicPartition;

import java.nio.ByteBuffer;

/// What a [FollowerCore] wants done, in this order.
public sealed interface FollowerEffect {
    record Send(FollowMessage.ToLeader message) implements FollowerEffect {}

    /// At the end of the log, as they are; then [FollowerCore#appended], or [FollowerCore#notAppended].
    ///
    /// @param next where the log ends then; behind the last batch where compaction took some, and perhaps all
    record Append(TopicPartition partition, ByteBuffer bytes, long next) implements FollowerEffect {}

    /// All below is committed, and is in this log.
    record Advance(TopicPartition partition, long highWatermark, long logStart) implements FollowerEffect {}

    /// Whether what is appended is to be synced at once for the leader's sake; then [FollowerCore#synced].
    record SyncAtOnce(TopicPartition partition, boolean wanted) implements FollowerEffect {}

    /// To the end of this epoch in the follower's own log, to `end`, or to where the log ends, whichever is least;
    /// never below its start; away from the loop; then [FollowerCore#truncated].
    record Truncate(TopicPartition partition, int epoch, long end) implements FollowerEffect {}

    /// All that the log holds goes, and it begins there; then [FollowerCore#truncated].
    record BeginAnew(TopicPartition partition, long logStart) implements FollowerEffect {}
}
