package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

/// One assigned partition, as the loop sees it. `offset` is what is fetched next and `epoch` the leader epoch of what
/// was read last (-1 unknown); both mean something in [Phase.Checking] and [Phase.Ready] alone.
///
/// ```
/// NeedsCommitted --found--> Checking or Ready <--leader epoch grew--> Checking
///      | none committed        | log was cut: to where it was cut, or by policy
///      v                       v
/// NeedsReset ------found---> Ready ----offset out of range----> NeedsReset
///      policy is "none": Stuck, until somebody seeks
/// ```
final class PartitionPosition {
    sealed interface Phase {
        record NeedsCommitted() implements Phase {
        }

        /// `from`: where reading was to go on, which is not in the log; [#UNKNOWN] when that was not known.
        record NeedsReset(OffsetReset to, long from) implements Phase {
            static final long UNKNOWN = -1;
        }

        /// Whether the leader's log still holds what was read must be known before reading on.
        record Checking() implements Phase {
        }

        record Ready() implements Phase {
        }

        /// There is no position, and none can be found without the user; every poll says so.
        record Stuck(ChaparException cause) implements Phase {
        }
    }

    static final int NO_EPOCH = -1;
    /// Of the nodes.
    static final int NONE = -1;

    final TopicPartition partition;
    Phase phase = new Phase.NeedsCommitted();
    /// A question about this phase is on its way.
    boolean asking;
    long offset;
    int epoch = NO_EPOCH;
    /// The leader epoch in which the position was last found to be in the log.
    int checkedEpoch = NO_EPOCH;
    boolean paused;
    /// New, and the listener has not heard of it: not fetched, not handed out.
    boolean held;
    /// Fetched and not handed out yet.
    @Nullable FetchedData buffered;
    /// Changes with every jump, so that answers to questions from before are recognized.
    long stamp;
    /// Where the group stood when reading began by itself; null when it had committed nothing, or nobody has asked.
    @Nullable OffsetAndMetadata began;
    /// Behind all that this reader may see, as the last answer said; -1 before one has.
    long end = -1;
    int failures;
    long notBeforeMs;
    /// Why the last question about this phase came to nothing; null when none has.
    @Nullable ChaparException hindrance;
    private int nearest = NONE;
    private long nearestUntilMs;
    private long leaderOnlyUntilMs;
    /// To be thrown by the next poll, once; then the partition is tried again.
    @Nullable ChaparException error;

    PartitionPosition(TopicPartition partition) {
        this.partition = partition;
    }

    boolean isReady() {
        return phase instanceof Phase.Ready;
    }

    boolean hasPosition() {
        return isReady() || phase instanceof Phase.Checking;
    }

    /// Where the user is, as far as nothing was handed out beyond.
    long deliveredOffset() {
        return buffered != null ? buffered.startOffset() : offset;
    }

    boolean canFetch(long nowMs) {
        return isReady() && !paused && !held && buffered == null && error == null && notBeforeMs <= nowMs;
    }

    // ---- where it is read

    /// The replica to read from instead of the leader; [#NONE] for the leader.
    int nearest(long nowMs) {
        return nowMs < nearestUntilMs ? nearest : NONE;
    }

    /// The leader sends its reader there, for so long.
    void readFrom(int node, long untilMs) {
        nearest = node;
        nearestUntilMs = untilMs;
    }

    /// That replica does not serve: the leader is asked, and not sent away from, until then.
    void readFromLeader(long untilMs) {
        nearest = NONE;
        nearestUntilMs = 0;
        leaderOnlyUntilMs = untilMs;
    }

    boolean mayBeSentAway(long nowMs) {
        return nowMs >= leaderOnlyUntilMs;
    }

    void enter(Phase next) {
        phase = next;
        asking = false;
        stamp++;
        failures = 0;
        notBeforeMs = 0;
        hindrance = null;
    }

    /// A jump: what was fetched ahead is not wanted any more.
    void jump(Phase next) {
        buffered = null;
        error = null;
        enter(next);
    }
}
