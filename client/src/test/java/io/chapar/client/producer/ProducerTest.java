package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.RetriableException;
import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The public API's own part, with no broker to reach.
class ProducerTest {
    private static Producer<String, String> unreachable(ProducerConfig.Builder config) {
        return Producer.open(config.maxBlockMs(200).build(), Serdes.string(), Serdes.string());
    }

    private static ProducerConfig.Builder config() {
        return ProducerConfig.builder("127.0.0.1:1");
    }

    private static ChaparException failure(CompletableFuture<?> future) throws InterruptedException {
        return (ChaparException) assertThrows(ExecutionException.class, future::get).getCause();
    }

    @Test
    void aFullBufferBlocksForMaxBlockAndThenSaysSo() throws Exception {
        try (Producer<String, String> producer = unreachable(config().bufferMemory(1_000).maxRequestSize(900))) {
            // The first one's own time ends about when the second one's does, and may just make room for it.
            Awaitility.await().until(() -> {
                var first = producer.send(new ProducerRecord<>("t", "x".repeat(600)));
                ChaparException full = failure(producer.send(new ProducerRecord<>("t", "x".repeat(600))));
                assertInstanceOf(RetriableException.class, full);
                assertInstanceOf(RetriableException.class, failure(first));
                return full.getMessage().contains("buffer.memory");
            });
            Awaitility.await().until(() ->
                    failure(producer.send(new ProducerRecord<>("t", "y"))).getMessage().contains("Topic t"));
        }
    }

    @Test
    void aWaiterGetsTheRoomThatComesFree() throws Exception {
        try (Producer<String, String> producer = Producer.open(config().bufferMemory(1_000).maxRequestSize(900)
                .maxBlockMs(400).build(), Serdes.string(), Serdes.string())) {
            var first = producer.send(new ProducerRecord<>("t", "x".repeat(600)));
            CompletableFuture<ChaparException> second = new CompletableFuture<>();
            Thread.startVirtualThread(() -> {
                try {
                    second.complete(failure(producer.send(new ProducerRecord<>("t", "x".repeat(600)))));
                } catch (InterruptedException e) {
                    second.completeExceptionally(e);
                }
            });
            assertInstanceOf(RetriableException.class, failure(first));
            assertInstanceOf(RetriableException.class, second.get());
        }
    }

    @Test
    void aRecordLargerThanARequestIsRefused() throws Exception {
        try (Producer<String, String> producer = unreachable(config().maxRequestSize(1_000))) {
            assertInstanceOf(FatalException.class,
                    failure(producer.send(new ProducerRecord<>("t", "x".repeat(2_000)))));
        }
    }

    @Test
    void callsThatWaitAreRefusedInCallbacks() throws Exception {
        try (Producer<String, String> producer = unreachable(config())) {
            var sent = producer.send(new ProducerRecord<>("t", "x")).handle((metadata, failure) -> {
                producer.flush();
                return null;
            });
            assertInstanceOf(UsageException.class, assertThrows(ExecutionException.class, sent::get).getCause());
        }
    }

    @Test
    void initialisingWithoutABrokerEndsInTime() {
        try (Producer<String, String> producer = unreachable(config().transactionalId("t"))) {
            RetriableException late = assertThrows(RetriableException.class, producer::initTransactions);
            assertTrue(late.getMessage().contains("200 ms"), late.getMessage());
            assertThrows(UsageException.class, producer::beginTransaction);
            assertThrows(UsageException.class, () -> unused(producer.send(new ProducerRecord<>("t", "x"))));
        }
    }

    @Test
    void withoutAnIdThereAreNoTransactions() {
        try (Producer<String, String> producer = unreachable(config())) {
            assertTrue(assertThrows(UsageException.class, producer::initTransactions).getMessage()
                    .contains(KafkaConfigNames.TRANSACTIONAL_ID));
        }
    }

    @Test
    void aClosedProducerSaysSo() throws Exception {
        Producer<String, String> producer = unreachable(config());
        var sent = producer.send(new ProducerRecord<>("t", "x"));
        producer.close();
        producer.close();
        assertInstanceOf(RetriableException.class, failure(sent));
        assertThrows(UsageException.class, () -> unused(producer.send(new ProducerRecord<>("t", "x"))));
        assertThrows(UsageException.class, producer::flush);
    }

    /// An interrupt ends waiting; where there is nothing to wait for, it ends nothing.
    @Test
    void anInterruptedThreadCanSendWhileThereIsRoom() throws Exception {
        try (Producer<String, String> producer = unreachable(config())) {
            Thread.currentThread().interrupt();
            CompletableFuture<RecordMetadata> sent;
            try {
                sent = producer.send(new ProducerRecord<>("t", "x"));
            } finally {
                assertTrue(Thread.interrupted());
            }
            String told = failure(sent).getMessage();
            assertTrue(told.contains("Topic t"), told);
        }
    }

    @Test
    void whoWaitsForRoomIsToldThatTheProducerIsClosed() {
        Producer<String, String> producer = Producer.open(config().bufferMemory(1_000).maxRequestSize(900)
                .maxBlockMs(600_000).build(), Serdes.string(), Serdes.string());
        CompletableFuture<RecordMetadata> first = producer.send(new ProducerRecord<>("t", "x".repeat(600)));
        List<Thread> waiting = new ArrayList<>();
        List<CompletableFuture<RecordMetadata>> told = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            CompletableFuture<RecordMetadata> one = new CompletableFuture<>();
            told.add(one);
            waiting.add(Thread.ofPlatform().daemon().start(() -> {
                try {
                    one.complete(producer.send(new ProducerRecord<>("t", "x".repeat(600))).join());
                } catch (RuntimeException e) {
                    one.completeExceptionally(e);
                }
            }));
        }
        Awaitility.await().until(() ->
                waiting.stream().allMatch(thread -> thread.getState() == Thread.State.TIMED_WAITING));
        Thread.ofPlatform().daemon().start(() -> {
            Thread.currentThread().interrupt();
            producer.close();
        });
        Awaitility.await().until(() -> first.isDone() && told.stream().allMatch(CompletableFuture::isDone));
    }

    private static void unused(CompletableFuture<?> future) {
        assertEquals(null, future);
    }
}
