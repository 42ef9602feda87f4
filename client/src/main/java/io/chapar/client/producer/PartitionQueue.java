package io.chapar.client.producer;

import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.Sequences;
import io.chapar.protocol.record.compress.Compression;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/// What one partition still has to deliver, in order. On the loop only.
///
/// `waiting` holds batches that never left; new records go to its last one. `outstanding` holds those that left, oldest first,
/// which with idempotence is the order of their sequences. Rules that keep order and sequences whole:
/// - a batch that must be sent again goes only when it is the oldest outstanding one;
/// - while any batch must be sent again, no new one leaves;
/// - a new one leaves only while fewer than five have left since the oldest outstanding one did, whatever became of them: the
///   broker knows the last five of a producer, and must still know the oldest when it comes again;
/// - the first one under an identity goes alone: a broker that knows nothing of a producer yet takes any sequence, so the
///   second one could come in before the first.
final class PartitionQueue {
    private final TopicPartition partition;
    private final int batchSize;
    private final int maxOutstanding;
    private final Compression compression;
    private final boolean idempotent;
    private final boolean transactional;
    private final BooleanSupplier firstIsChecked;
    private final ArrayDeque<Batch> waiting = new ArrayDeque<>();
    private final List<Batch> outstanding = new ArrayList<>();
    private Identity identity = Identity.NONE;
    private int nextSequence;
    private boolean renumber;
    private boolean established;
    private long nextOrdinal;

    /// `firstIsChecked`: whether the broker takes only sequence 0 from a producer that it does not know, as it does in
    /// transactions version 2.
    PartitionQueue(TopicPartition partition, ProducerConfig config, BooleanSupplier firstIsChecked) {
        this.partition = partition;
        batchSize = config.batchSize();
        maxOutstanding = Math.min(config.maxInFlight(), ProducerConfig.MAX_IN_FLIGHT_IDEMPOTENT);
        compression = config.compression();
        idempotent = config.idempotent();
        transactional = config.transactional();
        this.firstIsChecked = firstIsChecked;
    }

    TopicPartition partition() {
        return partition;
    }

    Identity identity() {
        return identity;
    }

    boolean isEmpty() {
        return waiting.isEmpty() && outstanding.isEmpty();
    }

    boolean hasOutstanding() {
        return !outstanding.isEmpty();
    }

    boolean hasSent() {
        return outstanding.stream().anyMatch(batch -> batch.state() == Batch.State.SENT);
    }

    List<Batch> outstanding() {
        return outstanding;
    }

    /// A batch counts as begun when its first record was accepted, however long that waited for its topic.
    void add(PendingRecord record) {
        Batch last = waiting.peekLast();
        if (last != null && last.add(record, batchSize)) {
            return;
        }
        Batch fresh = new Batch(partition, compression, transactional, record.acceptedMs());
        fresh.add(record, batchSize);
        waiting.addLast(fresh);
    }

    /// The batch to send next, or null. `lingerMs` is how long the first waiting batch is given to fill.
    Batch sendable(Identity current, long lingerMs, long nowMs) {
        if (!outstanding.isEmpty()) {
            Batch oldest = outstanding.getFirst();
            if (oldest.state() == Batch.State.RETRY) {
                return renumber || nowMs < oldest.retryAtMs() ? null : oldest;
            }
        }
        if (waiting.isEmpty() || renumber || !hasWindow() || hasRetries() || !mayNumber(current)) {
            return null;
        }
        return dueAtMs(lingerMs) <= nowMs ? waiting.peekFirst() : null;
    }

    /// When [#sendable] may change through time alone; [Long#MAX_VALUE] when only an answer can change it.
    long nextTimeMs(long lingerMs) {
        if (!outstanding.isEmpty() && outstanding.getFirst().state() == Batch.State.RETRY) {
            return outstanding.getFirst().retryAtMs();
        }
        return waiting.isEmpty() || !hasWindow() || hasRetries()
                ? Long.MAX_VALUE : dueAtMs(lingerMs);
    }

    /// The creation time of the oldest batch, [Long#MAX_VALUE] when there is none.
    long oldestMs() {
        long oldest = waiting.isEmpty() ? Long.MAX_VALUE : waiting.peekFirst().createdMs();
        for (Batch batch : outstanding) {
            oldest = Math.min(oldest, batch.createdMs());
        }
        return oldest;
    }

    /// The batch leaves: numbered on its first way out.
    void leave(Batch batch, Identity current) {
        if (batch.state() == Batch.State.FILLING) {
            waiting.removeFirst();
            outstanding.add(batch);
            batch.ordinal(nextOrdinal++);
            if (idempotent) {
                if (!identity.equals(current)) {
                    begin(current);
                }
                batch.number(identity, nextSequence);
                nextSequence = Sequences.next(nextSequence, batch.recordCount());
            }
        }
        batch.sent();
    }

    void remove(Batch batch) {
        outstanding.remove(batch);
    }

    /// The broker has written this batch, and so knows its producer.
    void written(Batch batch) {
        outstanding.remove(batch);
        established |= batch.identity().equals(identity);
    }

    void replace(Batch batch, List<Batch> pieces) {
        int at = outstanding.indexOf(batch);
        outstanding.remove(at);
        outstanding.addAll(at, pieces);
    }

    boolean isOldest(Batch batch) {
        return !outstanding.isEmpty() && outstanding.getFirst() == batch;
    }

    /// The sequence is broken: nothing leaves until [#renumberNow].
    void needsRenumbering() {
        renumber = true;
    }

    /// Numbers what is outstanding anew from 0 under the new identity, once nothing is on the way any more. The order stays.
    void renumberNow(Identity current) {
        if (!renumber || hasSent() || !current.isKnown()) {
            return;
        }
        renumber = false;
        begin(current);
        for (Batch batch : outstanding) {
            batch.number(identity, nextSequence);
            nextSequence = Sequences.next(nextSequence, batch.recordCount());
        }
    }

    /// Takes out every batch that is not on the way and is wanted out.
    List<Batch> takeUnsent(Predicate<Batch> wanted) {
        List<Batch> taken = new ArrayList<>();
        take(outstanding.iterator(), batch -> batch.state() == Batch.State.RETRY && wanted.test(batch), taken);
        take(waiting.iterator(), wanted, taken);
        return taken;
    }

    private static void take(Iterator<Batch> batches, Predicate<Batch> wanted, List<Batch> into) {
        while (batches.hasNext()) {
            Batch batch = batches.next();
            if (wanted.test(batch)) {
                batches.remove();
                into.add(batch);
            }
        }
    }

    private long dueAtMs(long lingerMs) {
        Batch first = waiting.peekFirst();
        return waiting.size() > 1 || first.isFull(batchSize) ? Long.MIN_VALUE : first.createdMs() + lingerMs;
    }

    private void begin(Identity current) {
        identity = current;
        nextSequence = 0;
        established = false;
    }

    private boolean hasWindow() {
        return outstanding.isEmpty()
                || ((!idempotent || established || firstIsChecked.getAsBoolean())
                        && nextOrdinal - outstanding.getFirst().ordinal() < maxOutstanding);
    }

    private boolean hasRetries() {
        return outstanding.stream().anyMatch(batch -> batch.state() == Batch.State.RETRY);
    }

    private boolean mayNumber(Identity current) {
        return !idempotent || (current.isKnown() && (outstanding.isEmpty() || identity.equals(current)));
    }

    /// The sequence that the next new batch will carry; for tests.
    int nextSequence() {
        return idempotent ? nextSequence : RecordBatch.NO_SEQUENCE;
    }
}
