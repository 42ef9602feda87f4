package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.record.compress.Compression;
import io.chapar.transport.CallResult;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import static io.chapar.client.producer.CorePieces.T0;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

class DeliveriesTest {
    private static final short VERSION = 11;
    private final CorePieces it = CorePieces.with(KafkaConfigNames.BATCH_SIZE, 0,
            KafkaConfigNames.DELIVERY_TIMEOUT_MS, 40_000);

    DeliveriesTest() {
        it.numbering.identity(new Identity(1, (short) 0));
    }

    /// The oldest batch leaves alone, and this is what becomes of its request.
    private void send(CallResult outcome) {
        ProduceCall call = new ProduceCall(it.bench.config);
        call.add(it.leave(T0));
        it.deliveries.onOutcome(call, outcome, it.nowMs());
    }

    private static CallResult answer(ErrorCode error, long offset) {
        return new CallResult.Answered(ProduceResponse.builder().responses(List.of(
                ProduceResponse.TopicProduceResponse.builder().name("t").partitionResponses(List.of(
                        ProduceResponse.PartitionProduceResponse.builder().index(0).errorCode(error.code())
                                .baseOffset(offset).build())).build())).build(), VERSION);
    }

    private static CallResult lost() {
        return new CallResult.NoAnswer(CallResult.Reason.LOST, "as the test wants it");
    }

    private <E extends ChaparException> void expectFailure(Class<E> type, CompletableFuture<RecordMetadata> future) {
        assertTrue(future.isDone());
        assertInstanceOf(type, it.bench.failure(future));
        assertTrue(it.isAllMemoryBack());
        assertTrue(it.queues.isEmpty());
    }

    /// Whose batch was given up has been told that nothing is known of it; what comes out later is told to nobody.
    @Test
    void aReceiptIsToldOnce() {
        List<String> told = new ArrayList<>();
        Receipt receipt = new Receipt() {
            @Override
            public void written(TopicPartition partition, long offset, long appendTimeMs) {
                told.add(partition + "@" + offset);
            }

            @Override
            public void failed(ChaparException cause) {
                told.add(cause.getClass().getSimpleName());
            }
        };
        for (boolean givenUp : new boolean[] {false, true}) {
            Batch batch = new Batch(T0, Compression.NONE, false, 0);
            assertTrue(batch.add(PendingRecord.of("t", 0, 0, null, null, List.of(), 100, 0, receipt), 1_000));
            assertTrue(it.bench.memory.tryTake(100));
            if (givenUp) {
                batch.giveUp(new UnknownOutcomeException("as the test wants it"));
            }
            batch.succeed(7, -1, it.bench.memory);
            assertTrue(it.isAllMemoryBack());
        }
        assertEquals(List.of("t-0@7", "UnknownOutcomeException"), told);
    }

    /// Who hears that a batch is given up may close the producer, which ends that batch, too.
    @Test
    void aReceiptIsToldOnceAlsoWhenItClosesTheProducer() {
        List<String> told = new ArrayList<>();
        Batch batch = new Batch(T0, Compression.NONE, false, 0);
        Receipt receipt = new Receipt() {
            @Override
            public void written(TopicPartition partition, long offset, long appendTimeMs) {
                told.add("written");
            }

            @Override
            public void failed(ChaparException cause) {
                told.add(String.valueOf(cause.getMessage()));
                if (told.size() == 1) {
                    batch.fail(new RetriableException("closed"), it.bench.memory);
                }
            }
        };
        assertTrue(batch.add(PendingRecord.of("t", 0, 0, null, null, List.of(), 100, 0, receipt), 1_000));
        assertTrue(it.bench.memory.tryTake(100));
        batch.giveUp(new UnknownOutcomeException("given up"));
        assertEquals(List.of("given up"), told);
        assertTrue(it.isAllMemoryBack());
    }

    @Test
    void whatIsWrittenIsToldAndLetGo() {
        CompletableFuture<RecordMetadata> future = it.add(T0);
        send(answer(ErrorCode.NONE, 42));
        assertEquals(42, ProducerBench.result(future).offset());
        assertTrue(it.isAllMemoryBack());
        assertTrue(it.queues.isEmpty());
    }

    @Test
    void whatWasWrittenBeforeHasAnUnknownPlace() {
        CompletableFuture<RecordMetadata> future = it.add(T0);
        send(answer(ErrorCode.DUPLICATE_SEQUENCE_NUMBER, -1));
        assertEquals(RecordMetadata.UNKNOWN_OFFSET, ProducerBench.result(future).offset());
    }

    @Test
    void aRefusalIsFinalAndUnknownOnlyAfterAnAttemptThatMayHaveBeenWritten() {
        CompletableFuture<RecordMetadata> refused = it.add(T0);
        send(answer(ErrorCode.TOPIC_AUTHORIZATION_FAILED, -1));
        expectFailure(FatalException.class, refused);
        it.numbering.settle(it.queues.of(T0));
        CompletableFuture<RecordMetadata> unknown = it.add(T0);
        send(lost());
        it.bench.loop.advance(5_000);
        send(answer(ErrorCode.TOPIC_AUTHORIZATION_FAILED, -1));
        expectFailure(UnknownOutcomeException.class, unknown);
    }

    @Test
    void anAnswerThatLeavesABatchOutSaysNothingOfIt() {
        CompletableFuture<RecordMetadata> future = it.add(T0);
        send(new CallResult.Answered(ProduceResponse.builder().build(), VERSION));
        assertFalse(future.isDone());
        assertTrue(it.queues.of(T0).outstanding().getFirst().mayBeWritten());
        it.deliveries.stop();
        expectFailure(UnknownOutcomeException.class, future);
    }

    @Test
    void whatNeverLeftIsNotDoneWhenItsTimeIsOver() {
        CompletableFuture<RecordMetadata> future = it.add(T0);
        it.bench.loop.advance(39_999);
        it.deliveries.expire(it.nowMs());
        assertFalse(future.isDone());
        it.bench.loop.advance(1);
        it.deliveries.expire(it.nowMs());
        expectFailure(RetriableException.class, future);
    }

    @Test
    void whatIsInDoubtIsToldAndStaysUntilNothingNeedsIt() {
        CompletableFuture<RecordMetadata> future = it.add(T0);
        send(lost());
        it.bench.loop.advance(40_000);
        it.deliveries.expire(it.nowMs());
        assertInstanceOf(UnknownOutcomeException.class, it.bench.failure(future));
        assertFalse(it.queues.isEmpty());
        it.numbering.settle(it.queues.of(T0));
        assertTrue(it.queues.of(T0).isEmpty());
        assertTrue(it.isAllMemoryBack());
    }

    @Test
    void droppingLeavesAloneWhatIsOnItsWay() {
        CompletableFuture<RecordMetadata> onItsWay = it.add(T0);
        Batch sent = it.leave(T0);
        CompletableFuture<RecordMetadata> waiting = it.add(T0);
        assertFalse(it.deliveries.dropUnsent(new RetriableException("as the test wants it")), "none had left before");
        assertInstanceOf(RetriableException.class, it.bench.failure(waiting));
        assertFalse(onItsWay.isDone());
        sent.retryAt(it.nowMs(), true, null);
        assertTrue(it.deliveries.dropUnsent(new RetriableException("as the test wants it")));
        expectFailure(UnknownOutcomeException.class, onItsWay);
    }
}
