package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.RetriableException;
import io.chapar.client.UsageException;
import io.chapar.client.scripted.ScriptedTransport;
import io.chapar.client.scripted.ScriptedTransport.Fault;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;
import io.chapar.transport.VirtualLoop;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A producer that is closed in the middle of something.
class CloseScenarios {
    private final ProducerBench bench = ProducerBench.plain(KafkaConfigNames.MAX_BLOCK_MS, 5_000).topic("t", 1);

    private CompletableFuture<Void> closingAfter(CompletableFuture<RecordMetadata> sent) {
        return sent.handle((metadata, failure) -> {
            bench.core.stop();
            return null;
        });
    }

    private void expectAllToldOnce() {
        bench.futures.forEach(future -> assertInstanceOf(RetriableException.class, bench.failure(future)));
        assertEquals(bench.memory.total(), bench.memory.freeBytes());
        assertTrue(bench.core.isQuiet());
    }

    @Test
    void whoClosesWhenATopicIsNotFoundEndsTheOthersToo() {
        CompletableFuture<Void> closed = closingAfter(bench.send("nowhere", -1, "v0"));
        bench.put("nowhere", -1, "v1");
        bench.put("z", -1, "v2");
        bench.loop.advance(6_000);
        assertTrue(closed.isDone());
        expectAllToldOnce();
    }

    @Test
    void whoClosesWhenAPartitionIsNotThereEndsTheOthersToo() {
        CompletableFuture<Void> closed = closingAfter(bench.send("t", 7, "v0"));
        bench.put("t", 0, "v1");
        bench.put("z", 0, "v2");
        bench.loop.advance(6_000);
        assertTrue(closed.isDone());
        expectAllToldOnce();
    }

    @Test
    void whoClosesWhenClosingTellsOfARecordChangesNothing() {
        CompletableFuture<Void> closed = closingAfter(bench.send("nowhere", -1, "v0"));
        bench.put("nowhere", -1, "v1");
        bench.put("z", -1, "v2");
        bench.core.stop();
        assertTrue(closed.isDone());
        expectAllToldOnce();
    }

    @Test
    void whoClosesWhenARecordIsAcknowledgedEndsTheOthersToo() {
        CompletableFuture<Void> closed = closingAfter(bench.send("t", 0, "v0"));
        bench.put("t", 0, "v1");
        bench.put("t", 1, "v2");
        bench.put("nowhere", 0, "v3");
        bench.loop.advance(4_000);
        assertTrue(closed.isDone());
        assertEquals(0, ProducerBench.result(bench.futures.getFirst()).offset());
        bench.futures.removeFirst();
        assertEquals(1, ProducerBench.result(bench.futures.getFirst()).offset(), "in the same batch");
        bench.futures.removeFirst();
        expectAllToldOnce();
    }

    @Test
    void whoClosesWhenRecordsAreGivenUpEndsTheOthersToo() {
        ProducerBench cut = ProducerBench.plain(KafkaConfigNames.DELIVERY_TIMEOUT_MS, 40_000,
                KafkaConfigNames.BATCH_SIZE, 0).topic("t", 2);
        cut.transport.always = api -> api == ApiKey.PRODUCE ? new Fault.LoseAnswer() : null;
        CompletableFuture<Void> closed = cut.send("t", 0, "v0").handle((metadata, failure) -> {
            cut.core.stop();
            return null;
        });
        cut.put("t", 0, "v1");
        cut.put("t", 1, "v2");
        cut.loop.advance(41_000);
        assertTrue(closed.isDone());
        cut.futures.forEach(future -> assertTrue(future.isCompletedExceptionally()));
        assertEquals(cut.memory.total(), cut.memory.freeBytes());
        assertTrue(cut.core.isQuiet());
    }

    private LoopProducer producer(VirtualLoop loop) {
        return producer(loop, loop);
    }

    private LoopProducer producer(ClientLoop loop, VirtualLoop time) {
        return new LoopProducer(bench.config, new ClientRuntime(loop, new ScriptedTransport(time, bench.broker),
                new Random(1), listener -> { }, () -> { }));
    }

    @Test
    void whoseLoopStopsWhileItWaitsForRoomIsToldThatItIsClosed() {
        LoopProducer producer = producer(new VirtualLoop());
        assertThrows(UsageException.class, () -> {
            var _ = producer.send(new ProducerRecord<>("t", new byte[1]), null, null, bytes -> {
                throw new RejectedExecutionException("the loop has stopped");
            });
        });
    }

    @Test
    void aFaultOfTheProgramIsToldAlsoToWhoseRecordIsStillOnItsWay() {
        VirtualLoop loop = new VirtualLoop();
        LoopProducer producer = producer(loop);
        CompletableFuture<RecordMetadata> sent = producer.send(new ProducerRecord<>("t", new byte[1]));
        producer.broken(new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR, "as the test wants it"));
        assertTrue(sent.isCompletedExceptionally());
        assertEquals(producer.memory().total(), producer.memory().freeBytes());
    }

    /// Each of a parcel's receipts is told what became of its record, also of what never leaves.
    @Test
    void aParcelsRecordsAreWrittenInTheirOrderOrRefusedOneByOne() {
        VirtualLoop loop = new VirtualLoop();
        LoopProducer producer = producer(loop);
        List<String> told = new ArrayList<>();
        Parcel parcel = producer.parcel();
        parcel.add("t", 0, 5, null, new byte[1], List.of(), receipt("first", told));
        parcel.add("t", null, 5, new byte[1], new byte[2_000_000], List.of(), receipt("large", told));
        parcel.add("t", null, 5, new byte[1], new byte[0], List.of(), receipt("second", told));
        producer.send(parcel);
        loop.advance(1_000);
        assertEquals(List.of("large MESSAGE_TOO_LARGE", "first 0", "second 1"), told);
        assertEquals(producer.memory().total(), producer.memory().freeBytes());
        Parcel late = producer.parcel();
        late.add("t", 0, 5, null, new byte[1], List.of(), receipt("late", told));
        producer.close();
        producer.send(late);
        assertEquals("late NONE", told.getLast());
    }

    /// One that may stop.
    private static final class Stopping implements ClientLoop {
        private final VirtualLoop loop = new VirtualLoop();
        private boolean stopped;

        @Override
        public void execute(Runnable task) {
            if (stopped) {
                throw new RejectedExecutionException("as the test wants it");
            }
            loop.execute(task);
        }

        @Override
        public boolean inLoop() {
            return false;
        }

        @Override
        public Timer schedule(long delayMs, Runnable task) {
            return loop.schedule(delayMs, task);
        }

        @Override
        public long nowMs() {
            return loop.nowMs();
        }

        @Override
        public long wallClockMs() {
            return loop.wallClockMs();
        }
    }

    @Test
    void aParcelForWhichThereIsNoRoomIsToldAlsoWhenTheLoopHasStopped() {
        Stopping loop = new Stopping();
        LoopProducer producer = producer(loop, loop.loop);
        assertTrue(producer.memory().tryTake(producer.memory().total()));
        List<String> told = new ArrayList<>();
        Parcel parcel = producer.parcel();
        parcel.add("t", 0, 5, null, new byte[1], List.of(), receipt("first", told));
        parcel.add("t", 0, 5, null, new byte[1], List.of(), receipt("second", told));
        loop.stopped = true;
        producer.send(parcel);
        assertEquals(List.of("first NONE", "second NONE"), told);
    }

    /// The producer's loop would break at what no partition can have.
    @Test
    void aParcelTakesNothingThatNoRecordMayHave() {
        Parcel parcel = producer(new VirtualLoop()).parcel();
        List<String> told = new ArrayList<>();
        parcel.add("t", -5, 5, null, null, List.of(), receipt("nowhere", told));
        parcel.add("t", 0, -5, null, null, List.of(), receipt("never", told));
        assertEquals(List.of("nowhere NONE", "never NONE"), told);
        assertTrue(parcel.isEmpty());
    }

    private static Receipt receipt(String name, List<String> told) {
        return new Receipt() {
            @Override
            public void written(TopicPartition partition, long offset, long appendTimeMs) {
                told.add(name + " " + offset);
            }

            @Override
            public void failed(ChaparException cause) {
                told.add(name + " " + cause.errorCode());
            }
        };
    }

    @Test
    void aFlushThatComesAfterTheEndHasNothingToWaitFor() {
        bench.put("nowhere", -1, "v0");
        bench.core.stop();
        assertTrue(bench.core.flush(bench.loop.nowMs()).isDone());
    }
}
