package io.chapar.broker.producer;

import io.chapar.broker.producer.Verifications.Verification;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;

import static java.util.Objects.requireNonNull;

/// The producers of one partition, as the log up to its end tells. [#fold] is the only thing that changes what is
/// known of a producer, live and at replay alike, so the table is a function of the log; it judges nothing. The
/// judgement comes before: [#check] for data, [#checkMarker] for the end of a transaction.
///
/// Beside that the table holds what is not in the log: transactions about to begin, see [VerificationGuard].
public final class ProducerTable {
    private final Map<Long, ProducerEntry> entries = new LinkedHashMap<>();
    private final Verifications verifications = new Verifications();
    private final OpenTxns txns = new OpenTxns();
    /// The entry asked for last: a producer's batches come in rows.
    private @Nullable ProducerEntry recent;

    @Nullable ProducerEntry entry(long producerId) {
        if (recent != null && recent.producerId() == producerId) {
            return recent;
        }
        ProducerEntry entry = entries.get(producerId);
        if (entry != null) {
            recent = entry;
        }
        return entry;
    }

    Collection<ProducerEntry> entries() {
        return entries.values();
    }

    public int size() {
        return entries.size();
    }

    /// Producers, and transactions about to begin of whom.
    int held() {
        return entries.size() + verifications.size();
    }

    public boolean knows(long producerId) {
        return entry(producerId) != null;
    }

    /// The first offset that is undecided for readers of committed data; `Long.MAX_VALUE` when all is decided.
    public long firstUnstableOffset() {
        return txns.firstUnstable();
    }

    /// The first offset of a transaction without a marker in this log; `Long.MAX_VALUE` when there is none.
    public long firstUndecidedOffset() {
        return txns.firstUndecided();
    }

    /// The first offsets of the transactions without a marker in this log.
    public List<Long> open() {
        return List.copyOf(txns.undecided().keySet());
    }

    /// The high watermark has come this far.
    public void highWatermarkAdvanced(long to) {
        txns.advance(to);
    }

    /// As [#highWatermarkAdvanced] was last told of.
    public long highWatermark() {
        return txns.highWatermark();
    }

    /// First offset -> offset of the marker, of the transactions whose marker the high watermark has not passed.
    NavigableMap<Long, Long> unreplicated() {
        return txns.unreplicated();
    }

    // ---- verification

    /// The guard for a transaction that is about to be verified, the same for all batches until one is appended.
    /// Null when there is nothing to ask: the transaction is open here already, or the batch is of an epoch gone by, or
    /// not the first of its kind. Such a late copy must not stand in the way of what the producer writes next.
    ///
    /// @param baseSequence negative for a coordinator's own batches
    public @Nullable VerificationGuard guard(
            long producerId, short epoch, int baseSequence, boolean addsPartition, long nowMs) {
        ProducerEntry entry = entry(producerId);
        if (entry != null && (epoch < entry.epoch() || (epoch == entry.epoch() && entry.hasOpenTxn()))) {
            return null;
        }
        if (entry != null && epoch == entry.epoch() && entry.isBehind(baseSequence)) {
            return null;
        }
        return verifications.ask(producerId, epoch, baseSequence, addsPartition, nowMs);
    }

    // ---- judgement

    /// Judges a data batch before anything is written.
    ///
    /// @param fromClient sequences are checked for clients alone; a coordinator's own batches carry none worth the name
    public SequenceCheck check(RecordBatch batch, boolean fromClient, @Nullable VerificationGuard guard) {
        long producerId = batch.producerId();
        short epoch = batch.producerEpoch();
        int first = batch.baseSequence();
        ProducerEntry entry = entry(producerId);
        if (entry != null) {
            if (fromClient && epoch == entry.epoch()) {
                int i = entry.find(first, batch.lastSequence());
                if (i >= 0) {
                    long last = entry.lastOffset(i);
                    return new SequenceCheck.Duplicate(last - entry.offsetDelta(i), last, entry.timestamp(i));
                }
                // Before version 2 a producer may count from 0 again after it has aborted.
                if (!batch.isTransactional() && entry.hasAll(first, batch.lastSequence())) {
                    return new SequenceCheck.WrittenBefore(entry.lastOffset(entry.batches() - 1));
                }
            }
            if (epoch < entry.epoch()) {
                return new SequenceCheck.Fenced(ErrorCode.INVALID_PRODUCER_EPOCH,
                        "producer " + producerId + " is at epoch " + entry.epoch() + ", the batch at " + epoch);
            }
        }
        Verification verification = verifications.find(producerId, epoch);
        boolean ongoing = entry != null && entry.hasOpenTxn() && entry.epoch() == epoch;
        if (batch.isTransactional() && !ongoing && !opens(verification, guard)) {
            return new SequenceCheck.NoTransaction(
                    "producer " + producerId + " epoch " + epoch + " has no verified transaction here");
        }
        if (fromClient) {
            String gap = gap(entry, verification, epoch, first);
            if (gap != null) {
                return new SequenceCheck.Gap("producer " + producerId + " epoch " + epoch + ": " + gap);
            }
        }
        if (!batch.isTransactional() && entry != null && entry.hasOpenTxn()) {
            return new SequenceCheck.NoTransaction(
                    "producer " + producerId + " has a transaction open and wrote outside of it");
        }
        return SequenceCheck.ACCEPTED;
    }

    private static boolean opens(@Nullable Verification verification, @Nullable VerificationGuard guard) {
        return verification != null && guard != null && verification.isGuardedBy(guard);
    }

    /// Why the first sequence is not the next one, or null.
    private static @Nullable String gap(@Nullable ProducerEntry entry, @Nullable Verification verification,
            short epoch, int first) {
        if (verification != null) {
            boolean empty = entry == null || entry.batches() == 0;
            if (verification.addsPartition() && empty && first != 0) {
                return "sequence " + first + " where the first of a transaction is 0";
            }
            if (first > verification.lowestSequence()) {
                return "sequence " + first + " before " + verification.lowestSequence() + ", which was seen earlier";
            }
        }
        if (entry == null || (entry.batches() == 0 && entry.epoch() == RecordBatch.NO_PRODUCER_EPOCH)) {
            // Forgotten, or never here: whatever comes is taken as a beginning.
            return null;
        }
        if (epoch != entry.epoch()) {
            return first == 0 ? null : "sequence " + first + " begins a new epoch";
        }
        int last = entry.lastSequence();
        boolean next = first == last + 1L || (first == 0 && last == Integer.MAX_VALUE);
        return next ? null : "sequence " + first + " after " + last;
    }

    /// Judges a marker before anything is written; the leader is the only judge.
    public SequenceCheck checkMarker(long producerId, short epoch, int coordinatorEpoch, short transactionVersion) {
        ProducerEntry entry = entry(producerId);
        if (entry == null) {
            return SequenceCheck.ACCEPTED;
        }
        boolean right;
        if (transactionVersion >= 2) {
            boolean retry = epoch == entry.epoch() && (!entry.hasOpenTxn() || epoch == Short.MAX_VALUE);
            right = epoch > entry.epoch() || retry;
        } else {
            right = epoch >= entry.epoch();
        }
        if (!right) {
            return new SequenceCheck.Fenced(ErrorCode.INVALID_PRODUCER_EPOCH, "marker of epoch " + epoch
                    + " (transaction version " + transactionVersion + ") where producer " + producerId + " is at "
                    + entry.epoch() + (entry.hasOpenTxn() ? " in a transaction" : ""));
        }
        if (coordinatorEpoch < entry.coordinatorEpoch()) {
            return new SequenceCheck.Fenced(ErrorCode.TRANSACTION_COORDINATOR_FENCED, "marker of coordinator epoch "
                    + coordinatorEpoch + " where " + entry.coordinatorEpoch() + " has been seen");
        }
        return SequenceCheck.ACCEPTED;
    }

    // ---- change

    /// Takes in a batch that stands in the log. Gives the transaction that it ended, if it did and that had data.
    public @Nullable CompletedTxn fold(RecordBatch batch) {
        if (!batch.hasProducerId()) {
            return null;
        }
        if (batch.isControl()) {
            EndTxnMarker marker = EndTxnMarker.of(batch);
            return marker == null ? null : foldMarker(marker, batch.baseOffset(), batch.maxTimestamp());
        }
        long producerId = batch.producerId();
        ProducerEntry entry = entry(producerId);
        if (entry == null) {
            entry = new ProducerEntry(producerId);
            entries.put(producerId, entry);
            recent = entry;
        }
        entry.changeEpoch(batch.producerEpoch());
        entry.addBatch(batch.lastSequence(), batch.lastOffset(), batch.lastOffsetDelta(), batch.maxTimestamp());
        if (batch.isTransactional() && !entry.hasOpenTxn()) {
            entry.beginTxn(batch.baseOffset());
            txns.begin(batch.baseOffset(), producerId);
        }
        return null;
    }

    private @Nullable CompletedTxn foldMarker(EndTxnMarker marker, long offset, long timestamp) {
        long producerId = marker.producerId();
        ProducerEntry entry = entry(producerId);
        if (entry == null) {
            entry = new ProducerEntry(producerId);
            entries.put(producerId, entry);
            recent = entry;
        }
        long first = entry.txnFirstOffset();
        entry.endTxn(marker.producerEpoch(), marker.coordinatorEpoch(), timestamp);
        if (first == ProducerEntry.NO_OPEN_TXN) {
            return null;
        }
        long stableAfter = txns.stableAfter(producerId, offset);
        txns.complete(first, offset);
        return new CompletedTxn(producerId, first, offset, !marker.commit(), stableAfter);
    }

    /// A transactional batch has begun its transaction: the guard has served.
    public void transactionBegun(long producerId, short epoch) {
        verifications.dropUpTo(producerId, epoch);
    }

    /// A transaction has ended, whether a marker had to be appended or not. The guards of its epoch, and of those
    /// before, are void. Under version 2 its epoch is below that of the marker, which the next transaction bears
    /// already.
    public void transactionEnded(long producerId, short markerEpoch, short transactionVersion) {
        verifications.dropUpTo(producerId, transactionVersion >= 2 ? markerEpoch - 1 : markerEpoch);
    }

    /// Another leadership begins: what was asked about in one before says nothing of what has been written since.
    public void forgetVerifications() {
        verifications.forget();
    }

    /// Forgets producers that were idle for the given time, never one with an open transaction; and guards that
    /// nobody came back for. Idleness is counted from call to call. In one turn: 4 ms of the processor for the 100,000
    /// that `producer.ids.max.per.partition` allows.
    public void expire(long nowMs, long idleMs) {
        entries.values().removeIf(entry -> nowMs - entry.quietSinceMs(nowMs) >= idleMs && !entry.hasOpenTxn());
        verifications.expire(nowMs);
        recent = null;
    }

    /// Takes every open transaction for ended; gives whether there was one.
    public boolean endTransactions() {
        boolean any = false;
        for (ProducerEntry entry : entries.values()) {
            any |= entry.hasOpenTxn();
            entry.forgetTxn();
        }
        txns.clear();
        return any;
    }

    void restore(ProducerEntry entry) {
        entries.put(entry.producerId(), entry);
        if (entry.hasOpenTxn()) {
            txns.begin(entry.txnFirstOffset(), entry.producerId());
        }
    }

    void restoreUnreplicated(long firstOffset, long markerOffset) {
        txns.complete(firstOffset, markerOffset);
    }

    // ---- views

    /// By which batches and markers the producers known now can be told from the log.
    public LiveProducers live() {
        LiveProducers live = new LiveProducers();
        for (ProducerEntry e : entries.values()) {
            List<Long> lastOffsets = new ArrayList<>(ProducerEntry.WINDOW);
            for (int i = 0; i < e.batches(); i++) {
                lastOffsets.add(e.lastOffset(i));
            }
            live.add(e.producerId(), e.epoch(), lastOffsets);
        }
        return live;
    }

    /// Shows every producer, in the order in which they came.
    public void describe(Visitor visitor) {
        for (ProducerEntry e : entries.values()) {
            visitor.producer(
                    e.producerId(), e.epoch(), e.lastSequence(), e.lastTimestamp(), e.coordinatorEpoch(),
                    e.txnFirstOffset());
        }
    }

    /// Of the producer's last marker, -1 before the first.
    public int coordinatorEpoch(long producerId) {
        ProducerEntry entry = entry(producerId);
        return entry == null ? ProducerEntry.NO_COORDINATOR_EPOCH : entry.coordinatorEpoch();
    }

    public boolean hasOpenTxn(long producerId) {
        ProducerEntry entry = entry(producerId);
        return entry != null && entry.hasOpenTxn();
    }

    public boolean hasOpenTxns() {
        return !txns.undecided().isEmpty();
    }

    /// Shows every transaction without a marker, in the order of their first offsets.
    public void describeOpen(OpenVisitor visitor) {
        txns.undecided().forEach((first, producerId) -> {
            ProducerEntry e = requireNonNull(entries.get(producerId), "who has an open transaction is known");
            long last = e.batches() == 0 ? -1 : e.lastOffset(e.batches() - 1);
            visitor.open(producerId, e.epoch(), first, last, e.lastTimestamp(), e.coordinatorEpoch());
        });
    }

    @FunctionalInterface
    public interface OpenVisitor {
        void open(
                long producerId,
                short epoch,
                long firstOffset,
                long lastOffset,
                long lastTimestamp,
                int coordinatorEpoch);
    }

    @FunctionalInterface
    public interface Visitor {
        void producer(
                long producerId,
                short epoch,
                int lastSequence,
                long lastTimestamp,
                int coordinatorEpoch,
                long txnFirstOffset);
    }
}
