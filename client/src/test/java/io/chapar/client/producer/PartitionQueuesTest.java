package io.chapar.client.producer;

import io.chapar.client.KafkaConfigNames;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.List;

import static io.chapar.client.producer.CorePieces.T0;
import static io.chapar.client.producer.CorePieces.T1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PartitionQueuesTest {
    private final CorePieces it = CorePieces.with(KafkaConfigNames.LINGER_MS, 20,
            KafkaConfigNames.DELIVERY_TIMEOUT_MS, 40_000);
    private final PartitionQueues queues = it.queues;

    private void add(TopicPartition partition) {
        assertFalse(it.add(partition).isDone());
    }

    @Test
    void activeIsWhatHasSomethingToDeliver() {
        assertTrue(queues.of(T0).isEmpty());
        assertTrue(queues.isEmpty(), "to be asked for makes no queue active");
        add(T0);
        assertTrue(queues.isActive("t"));
        assertFalse(queues.isActive("other"));
        queues.taken(queues.of(T0));
        assertFalse(queues.isEmpty(), "something is left");
        assertEquals(1, queues.of(T0).takeWaiting(any -> true).size());
        queues.taken(queues.of(T0));
        assertTrue(queues.isEmpty());
    }

    @Test
    void whoHadItsTurnGoesToTheEnd() {
        add(T0);
        add(T1);
        queues.next(queues.of(T0));
        assertEquals(List.of(queues.of(T1), queues.of(T0)), queues.active());
        add(T1);
        assertEquals(List.of(queues.of(T1), queues.of(T0)), queues.active(), "one more record is no turn");
    }

    @Test
    void theOldestBatchSaysWhenSomethingChangesByItself() {
        assertEquals(Long.MAX_VALUE, queues.oldestMs());
        assertEquals(Long.MAX_VALUE, queues.nextTimeMs(20, it.nowMs()));
        long beganMs = it.nowMs();
        add(T0);
        it.bench.loop.advance(5);
        add(T1);
        assertEquals(beganMs, queues.oldestMs());
        assertEquals(beganMs + 20, queues.nextTimeMs(20, it.nowMs()));
        it.numbering.identity(new Identity(1, (short) 0));
        assertFalse(queues.hasSent());
        Batch first = it.leave(T0);
        Batch second = it.leave(T1);
        assertSame(first, queues.of(T0).outstanding().getFirst());
        assertEquals(Batch.State.SENT, second.state());
        assertTrue(queues.hasSent());
        assertEquals(beganMs + 40_000, queues.nextTimeMs(20, it.nowMs()), "only when the time is over");
    }
}
