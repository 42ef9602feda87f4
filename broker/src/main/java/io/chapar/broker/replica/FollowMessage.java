package io.chapar.broker.replica;

import io.chapar.protocol.ErrorCode;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;

/// What a loop of a follower and a broker that leads say to each other, on one stream in order. A slot is a number that
/// the follower chooses for one subscription and uses once on that stream, so that nothing of an earlier subscription
/// is taken for this one's.
///
/// ```
/// follower -> leader   Subscribe  Drop  Acknowledge  Credit
/// leader -> follower   Batches    SyncAtOnce  Diverged  Behind  Refused      the last three end the subscription
/// ```
public sealed interface FollowMessage {

    sealed interface ToLeader extends FollowMessage {}

    /// The follower has the log up to `from`, and wants what is behind it.
    ///
    /// @param epoch in which, as the follower knows, the other broker leads
    /// @param lastEpoch of the last batch that the follower has; -1 for none
    /// @param open where the transactions begin that have no marker in the follower's log
    record Subscribe(int slot, UUID topicId, int partition, int epoch, long from, int lastEpoch, List<Long> open)
            implements ToLeader {
        public Subscribe {
            open = List.copyOf(open);
        }
    }

    record Drop(int slot) implements ToLeader {}

    /// All below `end` is in the follower's log.
    ///
    /// @param synced below it all is on stable storage there; at most `end`, and 0 where that is not known
    record Acknowledge(int slot, long end, long synced) implements ToLeader {}

    /// So many bytes more may be sent.
    record Credit(int bytes) implements ToLeader {}

    sealed interface ToFollower extends FollowMessage {
        int slot();
    }

    /// @param from the position that they were read from; a compacted log may have its first batch behind it
    /// @param next the position behind them; `from` where there is nothing, and the watermark alone is news
    record Batches(int slot, long from, long next, long highWatermark, long logStart, ByteBuffer bytes)
            implements ToFollower {}

    /// Whether the leader counts what is on stable storage (`flush.acks`, as it is set there), so that the follower is
    /// to sync what it appends at once, whatever is set at the follower. It is not before anything is said.
    record SyncAtOnce(int slot, boolean wanted) implements ToFollower {}

    /// The logs differ behind the end of this epoch at the leader (KIP-320).
    ///
    /// @param epoch the largest that the leader has at or below the follower's last; -1 when it has none such
    record Diverged(int slot, int epoch, long end) implements ToFollower {}

    /// The follower's log does not become the leader's by what comes next: the leader's begins behind the position that
    /// was asked for, or of a transaction that is open in the follower's log it has compacted away what that begins
    /// with, and so perhaps the marker.
    record Behind(int slot, long logStart) implements ToFollower {}

    record Refused(int slot, ErrorCode error) implements ToFollower {}
}
