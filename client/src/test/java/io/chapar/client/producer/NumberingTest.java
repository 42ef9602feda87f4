package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.client.KafkaConfigNames;
import io.chapar.protocol.message.ApiKey;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static io.chapar.client.producer.CorePieces.T0;
import static io.chapar.client.producer.CorePieces.T1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class NumberingTest {
    private static final Identity FIRST = new Identity(1, (short) 0);

    private final CorePieces it = CorePieces.with(KafkaConfigNames.BATCH_SIZE, 0);
    private final Numbering numbering = it.numbering;

    @Test
    void anIdentityIsAskedForOnceAndOnlyWhereItIsOwn() {
        List<ChaparException> told = new ArrayList<>();
        numbering.request(told::add);
        numbering.request(told::add);
        it.bench.loop.advance(10);
        assertTrue(numbering.identity().isKnown());
        assertEquals(1, told.size());
        numbering.request(told::add);
        assertEquals(1, it.bench.transport.count(ApiKey.INIT_PRODUCER_ID));

        Numbering none = CorePieces.with(KafkaConfigNames.ENABLE_IDEMPOTENCE, false).numbering;
        assertFalse(none.isOwn());
        none.request(denied -> {
            throw new AssertionError("nobody is to be asked");
        });
    }

    @Test
    void aBrokenSequenceIsNumberedAnewOnceNothingOfItIsOpen() {
        numbering.identity(FIRST);
        assertFalse(it.add(T0).isDone());
        assertFalse(it.add(T1).isDone());
        PartitionQueue queue = it.queues.of(T0);
        Batch batch = it.leave(T0);
        queue.breakSequence();
        numbering.settle(queue);
        assertEquals(FIRST, numbering.identity(), "the batch is on its way");
        batch.retryAt(it.nowMs(), false, null);
        numbering.settle(queue);
        Identity second = new Identity(1, (short) 1);
        assertEquals(second, numbering.identity());
        assertEquals(second, batch.identity());
        assertEquals(0, batch.baseSequence());

        PartitionQueue other = it.queues.of(T1);
        Batch behind = it.leave(T1);
        other.breakSequence();
        behind.retryAt(it.nowMs(), false, null);
        numbering.identity(new Identity(1, (short) 5));
        numbering.settle(other);
        assertEquals(5, numbering.identity().epoch(), "another partition has begun the next epoch already");
        assertEquals(5, behind.identity().epoch());
    }

    @Test
    void afterTheLastEpochANewIdIsNeeded() {
        numbering.identity(new Identity(1, Short.MAX_VALUE));
        assertFalse(it.add(T0).isDone());
        Batch batch = it.leave(T0);
        it.queues.of(T0).breakSequence();
        batch.retryAt(it.nowMs(), false, null);
        numbering.settle(it.queues.of(T0));
        assertFalse(numbering.identity().isKnown());
        assertTrue(it.queues.of(T0).isDisturbed(), "still to be numbered");
    }
}
