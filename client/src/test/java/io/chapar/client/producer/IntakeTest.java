package io.chapar.client.producer;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.RetriableException;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.Random;

import static io.chapar.client.producer.CorePieces.T1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class IntakeTest {
    private final CorePieces it = CorePieces.with(KafkaConfigNames.MAX_BLOCK_MS, 5_000);
    private final Intake intake = new Intake(it.bench.metadata, it.bench.config, it.bench.memory,
            new Partitioner(new Random(1), 1_000), it.queues, it.txn);

    private PendingRecord offer(String topic, int partition) {
        PendingRecord record = it.record(topic, partition);
        intake.offer(record, it.nowMs());
        return record;
    }

    @Test
    void aKnownTopicsRecordComesIntoItsQueueAtOnce() {
        assertFalse(CorePieces.future(offer("t", 1)).isDone());
        assertFalse(it.queues.of(T1).isEmpty());
        assertTrue(intake.isEmpty());
        assertFalse(CorePieces.future(offer("t", PendingRecord.ANY_PARTITION)).isDone());
        assertTrue(intake.isEmpty());
    }

    @Test
    void aPartitionThatIsNotThereIsRefused() {
        PendingRecord record = offer("t", 7);
        assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, it.bench.failure(CorePieces.future(record)).errorCode());
        assertTrue(it.isAllMemoryBack());
        assertTrue(it.queues.isEmpty());
    }

    @Test
    void anUnknownTopicsRecordsWaitAndThenComeInOrderOrAreRefused() {
        PendingRecord first = offer("new", 0);
        it.bench.loop.advance(1_000);
        PendingRecord second = offer("new", 0);
        assertEquals(first.acceptedMs(), intake.oldestMs());
        assertEquals(first.acceptedMs() + 5_000, intake.deadlineMs());
        intake.expire(first.acceptedMs() + 5_000);
        assertTrue(CorePieces.future(first).isCompletedExceptionally());
        assertFalse(CorePieces.future(second).isDone());
        it.bench.broker.topic("new", 1);
        it.bench.metadata.refresh();
        it.bench.loop.advance(3_000);
        intake.onMetadata(it.nowMs());
        assertTrue(intake.isEmpty());
        assertTrue(it.queues.isActive("new"));
    }

    /// Of several topics that are waited for, one with others before and behind it becomes known.
    @Test
    void theRecordsOfTheTopicThatBecameKnownComeInAndNoOthers() {
        PendingRecord first = offer("a", 0);
        PendingRecord second = offer("b", 0);
        PendingRecord third = offer("c", 0);
        it.bench.broker.topic("b", 1);
        it.bench.metadata.refresh();
        it.bench.loop.advance(3_000);
        intake.onMetadata(it.nowMs());
        assertTrue(it.queues.isActive("b"));
        assertFalse(it.queues.isActive("c"));
        intake.expire(third.acceptedMs() + 5_000);
        assertTrue(CorePieces.future(first).isCompletedExceptionally());
        assertFalse(CorePieces.future(second).isDone());
        assertTrue(CorePieces.future(third).isCompletedExceptionally());
    }

    @Test
    void allThatWaitCanBeRefused() {
        PendingRecord record = offer("new", 0);
        RetriableException cause = new RetriableException("as the test wants it");
        intake.refuseAll(cause);
        assertEquals(cause, it.bench.failure(CorePieces.future(record)));
        assertTrue(it.isAllMemoryBack());
        assertTrue(intake.isEmpty());
    }
}
