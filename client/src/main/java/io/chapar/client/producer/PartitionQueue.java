package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.Sequences;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/// What one partition still has to deliver, in order. On the loop only.
///
/// `waiting` holds batches that never left; new records go to its last one. `outstanding` holds those that left, oldest
/// first, which with idempotence is the order of their sequences. Rules that keep order and sequences whole:
/// - a batch that must be sent again goes only when it is the oldest outstanding one;
/// - while any batch must be sent again, no new one leaves;
/// - a new one leaves only while fewer than five have left since the oldest outstanding one did, whatever became of
///   them: the broker knows the last five of a producer, and must still know the oldest when it comes again;
/// - the first one under an identity goes alone: a broker that knows nothing of a producer yet takes any sequence, so
///   the second one could come in before the first.
///
/// Outside of transactions a sequence can break: a number in it will not be written, or the broker does not go on from
/// where we are. Then the next epoch begins, but never for a batch that may stand in the log already, or may still come
/// to stand there: under new numbers it would stand there twice. A batch is known not to be written, and to stay so, in
/// two cases:
/// - each of its attempts was answered, and refused;
/// - it stands behind a batch of which that is known and which will not go out under its number again. The broker takes
///   numbers without gaps only, so nothing behind that one can be written, not even a request that lingers somewhere.
///
/// An answer "out of order" alone is no such knowledge: an earlier attempt of the batch, and of the one before it, may
/// only be late. So once the sequence is broken:
/// - what is not in doubt waits, and nothing new leaves;
/// - what is in doubt keeps its number and goes out again, oldest first, until the broker answers or its time is over;
/// - when nothing is on its way or in doubt any more, the rest is numbered from 0 in the next epoch, in the same order.
///
/// A batch whose time is over while it is in doubt stays in its place, given up, as long as the one behind it is in
/// doubt too: without it that one could never be written, and nobody could tell whether it was. The callers of the one
/// given up know that it may be written or not; both stay true.
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
    private final int firstSequence;
    private Identity identity = Identity.NONE;
    private int nextSequence;
    /// Numbers are missing: nothing new leaves before [#beginAnew].
    private boolean broken;
    private boolean hasGivenUp;
    private boolean established;
    private long nextOrdinal;

    /// `firstIsChecked`: whether the broker takes only sequence 0 from a producer that it does not know, as it does in
    /// transactions version 2.
    ///
    /// @param firstSequence of the first batch; under a later identity that is 0
    PartitionQueue(TopicPartition partition, ProducerConfig config, BooleanSupplier firstIsChecked, int firstSequence) {
        this.partition = partition;
        this.firstSequence = firstSequence;
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
    @Nullable Batch sendable(Identity current, long lingerMs, long nowMs) {
        if (!outstanding.isEmpty()) {
            Batch oldest = outstanding.getFirst();
            if (oldest.state() == Batch.State.RETRY) {
                return nowMs < oldest.retryAtMs() || (broken && !oldest.mayBeWritten()) ? null : oldest;
            }
        }
        if (waiting.isEmpty() || broken || !hasWindow() || hasRetries() || !mayNumber(current)) {
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

    /// The creation time of the oldest batch that somebody waits for, [Long#MAX_VALUE] when there is none.
    long oldestMs() {
        long oldest = waiting.isEmpty() ? Long.MAX_VALUE : waiting.peekFirst().createdMs();
        for (Batch batch : outstanding) {
            if (!batch.isGivenUp()) {
                oldest = Math.min(oldest, batch.createdMs());
            }
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

    /// A numbered batch leaves without success. `notWritten`: it is not in the log, and no attempt of it is on its way.
    void leaveGap(Batch batch, boolean notWritten) {
        int at = outstanding.indexOf(batch);
        outstanding.remove(at);
        broken = true;
        if (notWritten) {
            outstanding.subList(at, outstanding.size()).forEach(Batch::cutOff);
        }
    }

    /// The broker does not go on from where we are.
    void breakSequence() {
        broken = true;
    }

    /// The batch's time is over while it is in doubt. It stays until [#takeSpent] finds that nothing needs it.
    void giveUp(Batch batch, ChaparException cause) {
        batch.giveUp(cause);
        hasGivenUp = true;
    }

    /// Whether [#takeSpent] and [#isSettled] have something to say.
    boolean isDisturbed() {
        return broken || hasGivenUp;
    }

    /// Takes out what was given up and is not needed any more to find out what became of a later batch.
    List<Batch> takeSpent() {
        List<Batch> spent = new ArrayList<>();
        cutOff();
        dropUnneeded(spent);
        if (!spent.isEmpty()) {
            broken = true;
            cutOff();
            dropUnneeded(spent);
        }
        return spent;
    }

    /// What stands behind a batch that waits for a new number can never be written under its own.
    private void cutOff() {
        boolean behind = false;
        for (Batch batch : outstanding) {
            if (behind) {
                batch.cutOff();
            }
            behind |= broken && batch.state() == Batch.State.RETRY && !batch.mayBeWritten();
        }
    }

    private void dropUnneeded(List<Batch> into) {
        boolean needed = false;
        hasGivenUp = false;
        for (int i = outstanding.size() - 1; i >= 0; i--) {
            Batch batch = outstanding.get(i);
            if (!batch.isGivenUp()) {
                needed = batch.isOpen();
            } else if (needed) {
                hasGivenUp = true;
            } else {
                into.add(outstanding.remove(i));
            }
        }
    }

    /// Whether the sequence is broken and all that is left is known not to be written.
    boolean isSettled() {
        return broken && outstanding.stream().noneMatch(batch -> batch.state() == Batch.State.SENT || batch.isOpen());
    }

    /// Numbers what is outstanding from 0 under the new identity. The order stays.
    void beginAnew(Identity next) {
        broken = false;
        begin(next);
        for (Batch batch : outstanding) {
            batch.number(identity, nextSequence);
            nextSequence = Sequences.next(nextSequence, batch.recordCount());
        }
    }

    /// Takes out every batch that is not on the way and is wanted out.
    List<Batch> takeUnsent(Predicate<Batch> wanted) {
        List<Batch> taken = new ArrayList<>();
        take(outstanding.iterator(), batch -> batch.state() == Batch.State.RETRY && wanted.test(batch), taken);
        broken |= !taken.isEmpty() && idempotent && !transactional;
        taken.addAll(takeWaiting(wanted));
        return taken;
    }

    /// Takes out every batch that never left and is wanted out.
    List<Batch> takeWaiting(Predicate<Batch> wanted) {
        List<Batch> taken = new ArrayList<>();
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
        nextSequence = identity.isKnown() ? 0 : firstSequence;
        identity = current;
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
