package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.client.UsageException;
import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// Records of one thread that are handed over together ([LoopProducer#send(Parcel)]), which costs little more than one
/// alone does. They are in the thread's order, and count as accepted when the first of them was put in. Used once.
public final class Parcel {
    /// Room for as many as there often are: growing by and by costs more.
    private static final int MANY = 128;

    private final ProducerParts parts;
    private final List<PendingRecord> records = new ArrayList<>(MANY);
    private final long acceptedMs;
    private int bytes;

    Parcel(ProducerParts parts, long nowMs) {
        this.parts = parts;
        acceptedMs = nowMs;
    }

    /// One that cannot be sent at all is refused here. `partition` null: chosen by the key, or in turn. The arrays are
    /// not to be changed any more.
    public void add(String topic, @Nullable Integer partition, long timestampMs, byte @Nullable [] key,
            byte @Nullable [] value, List<Header> headers, Receipt receipt) {
        if ((partition != null && partition < 0) || timestampMs < 0) {
            parts.refuse(receipt, new UsageException("Neither partition nor timestamp is negative: " + partition + ", "
                    + timestampMs));
            return;
        }
        ByteBuffer keyBuffer = ProducerParts.buffer(key);
        ByteBuffer valueBuffer = ProducerParts.buffer(value);
        int size = ProducerParts.sizeOf(keyBuffer, valueBuffer, headers);
        ChaparException tooLarge = parts.tooLarge(size);
        if (tooLarge != null) {
            parts.refuse(receipt, tooLarge);
            return;
        }
        records.add(new PendingRecord(topic, partition == null ? PendingRecord.ANY_PARTITION : partition, timestampMs,
                keyBuffer, valueBuffer, List.copyOf(headers), size, acceptedMs, receipt));
        bytes = Math.addExact(bytes, size);
    }

    public boolean isEmpty() {
        return records.isEmpty();
    }

    /// What its records take of the buffer.
    public int bytes() {
        return bytes;
    }

    List<PendingRecord> records() {
        return records;
    }

    void fail(ChaparException cause) {
        records.forEach(record -> record.receipt().failed(cause));
    }
}
