package io.chapar.broker.group;

import java.util.UUID;

/// @param leaderEpoch -1 when unknown
/// @param expireMs -1, or when an old client wants it to be forgotten
/// @param topicId the zero id when unknown
/// @param recordOffset where in `__consumer_offsets` it stands, which decides between a plain commit and one of a
///        transaction; -1 before it is in the log
public record CommittedOffset(
        long offset,
        int leaderEpoch,
        String metadata,
        long commitMs,
        long expireMs,
        UUID topicId,
        long recordOffset) {
    public static final UUID NO_TOPIC_ID = new UUID(0, 0);

    CommittedOffset at(long offsetInLog) {
        return new CommittedOffset(offset, leaderEpoch, metadata, commitMs, expireMs, topicId, offsetInLog);
    }

    /// Whether it was committed for the topic of this id, as far as both are known.
    boolean isOf(UUID currentTopicId) {
        return isOf(topicId, currentTopicId);
    }

    /// Whether the two may be the same topic.
    public static boolean isOf(UUID topicId, UUID currentTopicId) {
        return topicId.equals(NO_TOPIC_ID) || currentTopicId.equals(NO_TOPIC_ID) || topicId.equals(currentTopicId);
    }
}
