package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.client.UsageException;
import io.chapar.protocol.record.Header;
import io.chapar.protocol.record.PackedBodies;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Records of one thread that are handed over together ([LoopProducer#send(Parcel)]), which costs little more than one
/// alone does. They are in the thread's order, and count as accepted when the first of them was put in. Used once.
///
/// Nothing of a record is an object of its own but its receipt: what one thread has written comes to the other in
/// pieces of memory, and the fewer of them there are, and the more in a row, the less that takes.
public final class Parcel {
    /// Room for as many as there often are: growing by and by costs more.
    private static final int MANY = 256;
    private static final int USUAL_BYTES = 10 * 1024;

    private final ProducerParts parts;
    private final long acceptedMs;
    private final PackedBodies bodies = new PackedBodies(MANY, USUAL_BYTES);
    /// Of each record, by its number in `bodies`.
    private final List<String> topics = new ArrayList<>(MANY);
    private final List<Receipt> receipts = new ArrayList<>(MANY);
    private int[] partitions = new int[MANY];
    private int[] keyHashes = new int[MANY];
    private int[] sizes = new int[MANY];
    private long[] timestamps = new long[MANY];
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
        int size = RecordBatch.HEADER_BYTES + RecordBatchBuilder.maxSizeOf(key == null ? 0 : key.length,
                value == null ? 0 : value.length, headers);
        ChaparException tooLarge = parts.tooLarge(size);
        if (tooLarge != null) {
            parts.refuse(receipt, tooLarge);
            return;
        }
        int number = bodies.count();
        if (number == partitions.length) {
            partitions = Arrays.copyOf(partitions, 2 * number);
            keyHashes = Arrays.copyOf(keyHashes, 2 * number);
            sizes = Arrays.copyOf(sizes, 2 * number);
            timestamps = Arrays.copyOf(timestamps, 2 * number);
        }
        bodies.add(key, value, headers);
        topics.add(topic);
        receipts.add(receipt);
        if (partition != null) {
            partitions[number] = partition;
        } else if (key != null) {
            partitions[number] = PendingRecord.BY_KEY;
            keyHashes[number] = Partitioner.murmur2(ByteBuffer.wrap(key));
        } else {
            partitions[number] = PendingRecord.ANY_PARTITION;
        }
        sizes[number] = size;
        timestamps[number] = timestampMs;
        bytes = Math.addExact(bytes, size);
    }

    public boolean isEmpty() {
        return topics.isEmpty();
    }

    /// How many records there are.
    public int size() {
        return topics.size();
    }

    /// What its records take of the buffer.
    public int bytes() {
        return bytes;
    }

    /// Each is made when it is asked for, by who takes the records over.
    List<PendingRecord> records() {
        return new AbstractList<>() {
            @Override
            public PendingRecord get(int index) {
                return new PendingRecord(topics.get(index), partitions[index], keyHashes[index], timestamps[index],
                        bodies, index, sizes[index], acceptedMs, receipts.get(index));
            }

            @Override
            public int size() {
                return topics.size();
            }
        };
    }

    /// Instead of sending it: each receipt is told.
    public void fail(ChaparException cause) {
        receipts.forEach(receipt -> receipt.failed(cause));
    }
}
