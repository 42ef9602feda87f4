package io.chapar.txn;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/// What the coordinator knows about one transactional id; each value was committed to `__transaction_state`.
///
/// ```
///            InitProducerId                add                       end, time-out, fence
///   (none) ----------------> Empty -----------------> Ongoing ---------------------------> Preparing
///      ^        ^              |  \                     ^  |  ^                              |   the decision
///      |        |              |   \ abort (version 2)  |  +--+ add                          |
///      |        +--------------+    \-------------------|-------------------------------->   |
///      |        InitProducerId |                        | add                                | all markers
///      |                       |                        |                                    v written
///      +-----------------------+------------------- Completed <------------------------------+
///        expiry of the id                              |  ^ abort (version 2): to Preparing
///                                                      +--- InitProducerId: to Empty
/// ```
///
/// With `keepOpen` (two-phase commit) InitProducerId on Ongoing stays in Ongoing and names an heir.
///
/// Times are the coordinator's clock in milliseconds since 1970; nothing relies on their order.
public sealed interface TxnState {
    /// Kafka has no producer id below 0.
    long NO_PRODUCER_ID = -1;
    /// The timeout of a transaction that takes part in two-phase commit: whoever prepared it decides it, however late.
    int NO_TIMEOUT = Integer.MAX_VALUE;

    long producerId();

    short producerEpoch();

    /// How long a transaction of this id may stay open, in milliseconds.
    int timeoutMs();

    /// When this state was decided.
    long updatedMs();

    /// Initialised and without a transaction.
    ///
    /// @param lastEpoch the epoch that the client named in the InitProducerId which gave it this pair, so that a retry
    ///        of that request gets the same pair; -1 when it named none, which fences everybody before
    /// @param previousId the producer id that `lastEpoch` belongs to when it was exhausted and replaced, else -1
    record Empty(
            long producerId, short producerEpoch, short lastEpoch, long previousId, int timeoutMs, long updatedMs)
            implements TxnState {}

    /// @param partitions all that were added; never empty
    /// @param startedMs when the first was added; the transaction's timeout runs from here
    /// @param heir the pair of an instance that took over without ending the transaction (KIP-939): it alone may end
    ///        it, and nobody adds to it any more; else null
    record Ongoing(
            long producerId,
            short producerEpoch,
            int timeoutMs,
            long startedMs,
            long updatedMs,
            SortedSet<TopicPartition> partitions,
            TxnVersion version,
            TxnReply.@Nullable Granted heir)
            implements TxnState {
        public Ongoing {
            partitions = frozen(partitions);
            Check.that(!partitions.isEmpty(), "an ongoing transaction has partitions", producerId);
        }

        public Ongoing(
                long producerId,
                short producerEpoch,
                int timeoutMs,
                long startedMs,
                long updatedMs,
                SortedSet<TopicPartition> partitions,
                TxnVersion version) {
            this(producerId, producerEpoch, timeoutMs, startedMs, updatedMs, partitions, version, null);
        }

        /// The pair of the transaction's own records.
        public TxnReply.Granted pair() {
            return new TxnReply.Granted(producerId, producerEpoch);
        }

        /// The pair that may end the transaction.
        TxnReply.Granted holder() {
            return heir == null ? pair() : heir;
        }

        /// When its time is up, or never. One that was seen open before it is said to have begun was begun by a clock
        /// that went wrong: it counts from then.
        long deadlineMs(long seenMs) {
            return timeoutMs == NO_TIMEOUT ? Long.MAX_VALUE : Math.min(startedMs, seenMs) + timeoutMs;
        }
    }

    /// Decided; the markers are on their way. This record in the log is the commit, or the abort, of the transaction.
    ///
    /// @param producerEpoch the markers' epoch: in version 2 above every epoch that was given out before, in version 1
    ///        that of the transaction
    /// @param lastEpoch the epoch that the ended transaction's client holds and may retry its EndTxn with; -1 when
    ///        that client was fenced by a newer one, or in version 1
    /// @param nextId the producer id that goes on once the markers are written, since this one's epochs are used up;
    ///        else -1
    /// @param nextEpoch at which `nextId` goes on: 0 for a fresh id; above when an heir holds that id already
    /// @param partitions may be empty: the abort of nothing (version 2)
    record Preparing(
            Outcome outcome,
            long producerId,
            short producerEpoch,
            short lastEpoch,
            long nextId,
            short nextEpoch,
            int timeoutMs,
            long startedMs,
            long updatedMs,
            SortedSet<TopicPartition> partitions,
            TxnVersion version)
            implements TxnState {
        public Preparing {
            partitions = frozen(partitions);
        }

        public Preparing(
                Outcome outcome,
                long producerId,
                short producerEpoch,
                short lastEpoch,
                long nextId,
                int timeoutMs,
                long startedMs,
                long updatedMs,
                SortedSet<TopicPartition> partitions,
                TxnVersion version) {
            this(outcome, producerId, producerEpoch, lastEpoch, nextId, (short) 0, timeoutMs, startedMs, updatedMs,
                    partitions, version);
        }

        /// The pair that the client goes on with. It is told so before the markers are written.
        public TxnReply.Granted successor() {
            return nextId == NO_PRODUCER_ID
                    ? new TxnReply.Granted(producerId, producerEpoch)
                    : new TxnReply.Granted(nextId, nextEpoch);
        }

        /// Whether these epochs were used up and a fresh producer id follows.
        boolean rotates() {
            return nextId != NO_PRODUCER_ID && nextEpoch == 0;
        }

        Completed completed(long nowMs) {
            TxnReply.Granted pair = successor();
            long previous = rotates() ? producerId : NO_PRODUCER_ID;
            return new Completed(
                    outcome, pair.producerId(), pair.producerEpoch(), lastEpoch, previous, timeoutMs, startedMs, nowMs,
                    version);
        }
    }

    /// Every partition has its marker. The pair is the client's next one.
    ///
    /// @param lastEpoch as in [Preparing]
    /// @param previousId the producer id of the ended transaction when it was exhausted and replaced, else -1
    record Completed(
            Outcome outcome,
            long producerId,
            short producerEpoch,
            short lastEpoch,
            long previousId,
            int timeoutMs,
            long startedMs,
            long updatedMs,
            TxnVersion version)
            implements TxnState {}

    private static SortedSet<TopicPartition> frozen(SortedSet<TopicPartition> partitions) {
        return Collections.unmodifiableSortedSet(new TreeSet<>(partitions));
    }
}
