package io.chapar.broker.shard;

import io.chapar.broker.partition.AppendOutcome;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;

class RefusedWritesTest {
    private static final UUID TOPIC = new UUID(1, 2);

    private final RefusedWrites<UUID> writes = new RefusedWrites<>();

    private static RecordBatch batch(long producerId, int sequence) {
        return RecordBatch.at(new RecordBatchBuilder(Compression.NONE).producer(producerId, (short) 0, sequence)
                .append(0, null, ByteBuffer.allocate(1)).build(), 0);
    }

    private int first(long producerId) {
        return writes.first(TOPIC, 0, batch(producerId, 7));
    }

    @Test
    void theLowestThatWasRefusedComesFirstUntilItIsThere() {
        writes.refused(TOPIC, 0, batch(5, 16));
        writes.refused(TOPIC, 0, batch(5, 0));
        writes.refused(TOPIC, 0, batch(5, 32));
        assertEquals(0, first(5));
        assertEquals(RefusedWrites.NONE, writes.first(TOPIC, 1, batch(5, 7)), "of another partition");
        assertEquals(RefusedWrites.NONE, writes.first(new UUID(1, 3), 0, batch(5, 7)), "of a namesake");
        writes.appended(TOPIC, 0, batch(5, 0), new AppendOutcome.WrittenBefore(0));
        assertEquals(RefusedWrites.NONE, first(5));
    }

    @Test
    void whatIsRefusedForGoodIsForItsProducerToDecide() {
        writes.appended(TOPIC, 0, batch(5, 0), new AppendOutcome.Rejected(ErrorCode.MESSAGE_TOO_LARGE, "too large"));
        writes.appended(TOPIC, 0, batch(5, 0),
                new AppendOutcome.Rejected(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, "a gap"));
        assertEquals(RefusedWrites.NONE, first(5));
        writes.appended(TOPIC, 0, batch(5, 0), new AppendOutcome.Rejected(ErrorCode.NOT_ENOUGH_REPLICAS, "too few"));
        assertEquals(0, first(5));
    }

    @Test
    void theOldestAreForgotten() {
        for (int producer = 0; producer <= RefusedWrites.MOST; producer++) {
            writes.refused(TOPIC, 0, batch(producer, 3));
        }
        assertEquals(RefusedWrites.NONE, first(0));
        assertEquals(3, first(1));
        assertEquals(3, first(RefusedWrites.MOST));
    }
}
