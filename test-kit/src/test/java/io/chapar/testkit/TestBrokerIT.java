package io.chapar.testkit;

import io.chapar.client.FencedException;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.Topology;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TestBrokerIT {
    private static final Duration LONG = Duration.ofSeconds(90);

    private static ProcessorApp doubling(TestBroker broker) {
        Topology topology = Topology.from("in", Serdes.string(), Serdes.int64()).mapValues(number -> 2 * number)
                .to("out", Serdes.string(), Serdes.int64());
        return ProcessorApp.start(ProcessorConfig.builder(broker.bootstrap(), "doubling")
                .delivery(Delivery.EXACTLY_ONCE).build(), topology);
    }

    private static List<Long> values(List<ConsumerRecord<String, Long>> records) {
        return records.stream().map(ConsumerRecord::value).toList();
    }

    private static void put(TestBroker broker, long from, long to) {
        for (long number = from; number < to; number++) {
            broker.produce("in", Serdes.string(), Serdes.int64(), "k", number);
        }
    }

    private static List<Long> doubles(long from, long to) {
        return LongStream.range(from, to).map(number -> 2 * number).boxed().toList();
    }

    @Test
    void anApplicationGoesOnExactlyOnceWhenItsBrokerCrashesAndWhenItIsFenced() {
        try (TestBroker broker = TestBroker.start()) {
            broker.createTopic("in", 1).createTopic("out", 1);
            put(broker, 0, 50);
            try (ProcessorApp app = doubling(broker)) {
                broker.await("out", Serdes.string(), Serdes.int64(), 1, LONG);
                put(broker, 50, 100);
                broker.crash();
                assertThrows(IllegalStateException.class, broker::crash);
                broker.restart();
                put(broker, 100, 150);
                broker.await("out", Serdes.string(), Serdes.int64(), 150, LONG);
                assertEquals(1, broker.fence("doubling").size());
                put(broker, 150, 200);
                broker.await("out", Serdes.string(), Serdes.int64(), 200, LONG);
                await().atMost(LONG).until(() -> app.status().commits() > 0);
            }
            assertEquals(doubles(0, 200), values(broker.read("out", Serdes.string(), Serdes.int64())));
        }
    }

    @Test
    void whatATransactionHadWrittenWhenTheBrokerCrashedIsSeenWhenItIsCommitted() {
        try (TestBroker broker = TestBroker.start()) {
            try (Producer<String, Long> producer = Producer.open(ProducerConfig.builder(broker.bootstrap())
                    .transactionalId("one").build(), Serdes.string(), Serdes.int64())) {
                producer.initTransactions();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("t", "k", 1L)).join();
                broker.crash().restart();
                producer.send(new ProducerRecord<>("t", "k", 2L)).join();
                producer.commitTransaction();
                assertEquals(List.of(1L, 2L), values(broker.read("t", Serdes.string(), Serdes.int64())));
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("t", "k", 3L)).join();
                assertEquals(List.of("one"), broker.fence("one"));
                assertThrows(FencedException.class, producer::commitTransaction);
            }
            assertEquals(List.of(1L, 2L), values(broker.read("t", Serdes.string(), Serdes.int64())));
            assertThrows(IllegalStateException.class, () -> broker.fence("nobody"));
        }
    }

    /// The system gives the port of a broker that is down to whoever asks for any.
    @Test
    void aRestartWaitsForItsPort() throws IOException {
        try (TestBroker broker = TestBroker.start()) {
            int port = Integer.parseInt(broker.bootstrap().substring("127.0.0.1:".length()));
            broker.crash();
            CompletableFuture<Void> restarted;
            try (ServerSocket other = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                restarted = CompletableFuture.runAsync(broker::restart);
                await().atMost(LONG).pollDelay(Duration.ofMillis(300)).until(other::isBound);
            }
            restarted.join();
            broker.produce("t", Serdes.string(), Serdes.int64(), "k", 1L);
        }
    }

    @Test
    void manyRestartsInOneProcessKeepTheAddressAndTheRecords() {
        try (TestBroker broker = TestBroker.start()) {
            String address = broker.bootstrap();
            for (long number = 0; number < 10; number++) {
                broker.produce("t", Serdes.string(), Serdes.int64(), "k", number);
                if (number % 2 == 0) {
                    broker.crash();
                }
                broker.restart();
                assertEquals(address, broker.bootstrap());
            }
            assertEquals(LongStream.range(0, 10).boxed().toList(),
                    values(broker.read("t", Serdes.string(), Serdes.int64())));
            assertEquals(List.of(), broker.read("nothing", Serdes.string(), Serdes.int64()));
            AssertionError missing = assertThrows(AssertionError.class, () ->
                    broker.await("t", Serdes.string(), Serdes.int64(), 11, Duration.ZERO));
            assertTrue(missing.getMessage().startsWith("Topic t has 10 records"), missing.getMessage());
        }
    }
}
