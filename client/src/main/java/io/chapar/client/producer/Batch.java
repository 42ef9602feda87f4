package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.Sequences;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.zip.CRC32C;

import static java.util.Objects.requireNonNull;

/// Records of one partition that travel together, with the callers who wait for them. On the loop only.
///
/// ```
/// FILLING -> SENT -> DONE
///             | ^
///             v |
///            RETRY            split: replaced by two in RETRY with the same sequences
/// ```
/// In SENT and RETRY a batch may be given up: its callers are told that its outcome is unknown, and nobody waits for it
/// any more.
final class Batch {
    enum State { FILLING, SENT, RETRY, DONE }

    /// Where the identity stands in a batch's header, and what its checksum covers.
    private static final int CRC_AT = 17;
    private static final int CHECKED_FROM = 21;
    private static final int PRODUCER_ID_AT = 43;
    private static final int PRODUCER_EPOCH_AT = 51;
    private static final int BASE_SEQUENCE_AT = 53;

    /// Room for about as many as a batch of the default size has of small records: growing by and by costs more.
    private static final int RECEIPTS = 100;

    private final TopicPartition partition;
    private final Compression compression;
    private final boolean transactional;
    private final long createdMs;
    private final List<Receipt> receipts = new ArrayList<>(RECEIPTS);
    /// What its records hold of the [MemoryBudget].
    private int reservedBytes;
    /// While records may be added; then `built`.
    private @Nullable RecordBatchBuilder builder;
    private @Nullable ByteBuffer built;
    private State state = State.FILLING;
    private Identity identity = Identity.NONE;
    private int baseSequence = RecordBatch.NO_SEQUENCE;
    private long ordinal;
    private int attempts;
    private long retryAtMs;
    private boolean doubtful;
    private boolean cutOff;
    private boolean givenUp;
    private @Nullable ChaparException lastFault;

    Batch(TopicPartition partition, Compression compression, boolean transactional, long createdMs) {
        this.partition = partition;
        this.compression = compression;
        this.transactional = transactional;
        this.createdMs = createdMs;
        RecordBatchBuilder empty = new RecordBatchBuilder(compression);
        builder = transactional ? empty.transactional() : empty;
    }

    /// False when the record does not fit any more. The first one always does.
    boolean add(PendingRecord record, int limitBytes) {
        if (builder == null || !builder.hasRoomFor(limitBytes, record.maxBytes())) {
            return false;
        }
        builder.append(record.timestampMs(), record.bodies(), record.body());
        receipts.add(record.receipt());
        reservedBytes += record.reservedBytes();
        return true;
    }

    boolean isFull(int limitBytes) {
        return builder == null || builder.sizeInBytes() >= limitBytes;
    }

    TopicPartition partition() {
        return partition;
    }

    State state() {
        return state;
    }

    long createdMs() {
        return createdMs;
    }

    int recordCount() {
        return receipts.size();
    }

    Identity identity() {
        return identity;
    }

    int baseSequence() {
        return baseSequence;
    }

    /// Which batch of its partition this is, counted as they leave; the pieces of a split one share it.
    long ordinal() {
        return ordinal;
    }

    void ordinal(long number) {
        ordinal = number;
    }

    int attempts() {
        return attempts;
    }

    long retryAtMs() {
        return retryAtMs;
    }

    /// Whether some attempt that is over may have been written, or may still be, although no success was heard of.
    boolean mayBeWritten() {
        return doubtful && !cutOff;
    }

    /// Whether it may be written, by the attempt on its way or by one before.
    boolean isOpen() {
        return !cutOff && (doubtful || state == State.SENT);
    }

    /// A number before this batch's will never be written, so this batch cannot be either, until it is numbered anew.
    void cutOff() {
        cutOff = true;
    }

    boolean isGivenUp() {
        return givenUp;
    }

    /// Tells the callers; the batch goes on holding its bytes and its place.
    void giveUp(ChaparException cause) {
        boolean known = givenUp;
        // Who is told may end the batch, too.
        givenUp = true;
        if (!known) {
            receipts.forEach(receipt -> receipt.failed(cause));
        }
    }

    @Nullable ChaparException lastFault() {
        return lastFault;
    }

    int sizeInBytes() {
        return built != null ? built.remaining() : filling().sizeInBytes();
    }

    /// Gives the batch its place in the sequence of its partition, or another one, which only a batch that is not
    /// written and cannot be any more may get.
    void number(Identity newIdentity, int newBaseSequence) {
        identity = newIdentity;
        baseSequence = newBaseSequence;
        doubtful = false;
        cutOff = false;
        if (built != null) {
            built.putLong(built.position() + PRODUCER_ID_AT, newIdentity.producerId());
            built.putShort(built.position() + PRODUCER_EPOCH_AT, newIdentity.epoch());
            built.putInt(built.position() + BASE_SEQUENCE_AT, newBaseSequence);
            CRC32C crc = new CRC32C();
            crc.update(built.duplicate().position(built.position() + CHECKED_FROM));
            built.putInt(built.position() + CRC_AT, (int) crc.getValue());
        }
    }

    private RecordBatchBuilder filling() {
        return requireNonNull(builder, "records are added until the batch is built");
    }

    /// The bytes to send. From here on nothing is added.
    ByteBuffer bytes() {
        ByteBuffer bytes = built;
        if (bytes == null) {
            bytes = filling().producer(identity.producerId(), identity.epoch(), baseSequence).build();
            built = bytes;
            builder = null;
        }
        return bytes.duplicate();
    }

    void sent() {
        state = State.SENT;
        attempts++;
    }

    void retryAt(long ms, boolean perhapsWritten, @Nullable ChaparException fault) {
        state = State.RETRY;
        retryAtMs = ms;
        doubtful |= perhapsWritten;
        lastFault = fault;
    }

    /// Two batches with the same records, waiters and sequences; this one is spent.
    List<Batch> split() {
        List<Batch> halves = new ArrayList<>();
        int firstCount = (recordCount() + 1) / 2;
        ByteBuffer whole = bytes();
        Iterator<Record> records = RecordBatch.at(whole, whole.position()).records().iterator();
        int from = 0;
        int reserved = 0;
        for (int count : new int[] {firstCount, recordCount() - firstCount}) {
            Batch half = new Batch(partition, compression, transactional, createdMs);
            for (int i = 0; i < count; i++) {
                Record record = records.next();
                half.filling().append(record.timestamp(), record.key(), record.value(), record.headers());
                half.reservedBytes += ProducerParts.sizeOf(record.key(), record.value(), record.headers());
            }
            half.reservedBytes = halves.isEmpty() ? Math.min(reservedBytes, half.reservedBytes)
                    : reservedBytes - reserved;
            reserved += half.reservedBytes;
            half.receipts.addAll(receipts.subList(from, from + count));
            half.state = State.RETRY;
            half.identity = identity;
            half.attempts = attempts;
            half.ordinal = ordinal;
            half.doubtful = doubtful;
            half.cutOff = cutOff;
            half.givenUp = givenUp;
            half.baseSequence = baseSequence < 0 ? baseSequence : Sequences.next(baseSequence, from);
            from += count;
            halves.add(half);
        }
        state = State.DONE;
        return halves;
    }

    /// Tells the callers where their records are; `appendTimeMs` -1 when the records keep their own time. Gives back
    /// the bytes held.
    void succeed(long baseOffset, long appendTimeMs, MemoryBudget memory) {
        abandon(memory);
        if (!givenUp) {
            for (int i = 0; i < receipts.size(); i++) {
                receipts.get(i).written(partition,
                        baseOffset < 0 ? RecordMetadata.UNKNOWN_OFFSET : baseOffset + i, appendTimeMs);
            }
        }
    }

    void fail(ChaparException cause, MemoryBudget memory) {
        tellFailed(cause);
        abandon(memory);
    }

    private void tellFailed(ChaparException cause) {
        if (!givenUp) {
            receipts.forEach(receipt -> receipt.failed(cause));
        }
    }

    /// Ends a batch whose callers know its fate.
    void abandon(MemoryBudget memory) {
        state = State.DONE;
        memory.giveBack(reservedBytes);
    }
}
