package io.chapar.compatibility;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.ProcessorState;
import io.chapar.processor.Topology;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Numbers that are written to one topic all the time, and copied from there, each exactly once, to two others: by two
/// members of a group that read, process and write in transactions with Kafka's own clients, and by an application of
/// our SDK. The topics have to be there.
final class ChaosFlow implements AutoCloseable {
    static final String SOURCE = "flow";
    static final String STOCK = "flow-stock";
    static final String SDK = "flow-sdk";
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int EVERY_MS = 10;
    private static final int MEMBERS = 2;
    private static final int LEAST = 50;

    private final StockClients clients;
    private final Thread feeder;
    private final List<ReadProcessWrite> members = new ArrayList<>();
    private final ProcessorApp app;
    private final CountDownLatch ending = new CountDownLatch(1);
    private final AtomicInteger acknowledged = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    ChaosFlow(StockClients clients) {
        this.clients = clients;
        feeder = Thread.ofPlatform().name("flow-feeder").start(this::feed);
        for (int i = 0; i < MEMBERS; i++) {
            members.add(new ReadProcessWrite(clients, SOURCE, STOCK, "flow-stock", i));
        }
        app = ProcessorApp.start(
                ProcessorConfig.builder(clients.bootstrap(), "flow-app").delivery(Delivery.EXACTLY_ONCE).threads(2)
                        .transactionTimeoutMs(10_000).build(),
                Topology.from(SOURCE, Serdes.string(), Serdes.string()).to(SDK, Serdes.string(), Serdes.string()));
    }

    /// Its client's defaults: a record that is refused for good is one that nobody has to copy.
    private void feed() {
        try (KafkaProducer<String, String> producer = clients.producer()) {
            for (int number = 0; !ending.await(EVERY_MS, TimeUnit.MILLISECONDS); number++) {
                var _ = producer.send(new ProducerRecord<>(SOURCE, "k" + number % 17, Integer.toString(number)),
                        (_, refused) -> {
                            if (refused == null) {
                                acknowledged.incrementAndGet();
                            }
                        });
            }
        } catch (InterruptedException | RuntimeException e) {
            failure.set(e);
        }
    }

    /// Ends; then both copies have what the source has, once each, and each key in its order.
    void assertAllIsCopiedOnce() throws InterruptedException {
        ending.countDown();
        feeder.join();
        Map<String, List<String>> source = byKey(SOURCE);
        long records = source.values().stream().mapToInt(List::size).sum();
        assertNull(failure.get());
        assertTrue(records >= acknowledged.get(), "all that was acknowledged is there");
        for (String copy : List.of(STOCK, SDK)) {
            Awaitility.await(copy).atMost(LIMIT).pollInterval(Duration.ofSeconds(1)).until(() ->
                    byKey(copy).values().stream().mapToInt(List::size).sum() >= records);
        }
        for (ReadProcessWrite member : members) {
            member.end();
        }
        assertNotEquals(ProcessorState.FAILED, app.state(), () -> app.status().toString());
        app.close();
        assertEquals(source, byKey(STOCK), "copied by Kafka's clients");
        assertEquals(source, byKey(SDK), "copied by the SDK");
        assertTrue(records > LEAST, "it got on: " + this);
    }

    private Map<String, List<String>> byKey(String topic) {
        Map<String, List<String>> all = new TreeMap<>();
        for (ConsumerRecord<String, String> each : clients.records(topic, StockClients.READ_COMMITTED)) {
            all.computeIfAbsent(each.key(), _ -> new ArrayList<>()).add(each.value());
        }
        return all;
    }

    @Override
    public String toString() {
        return acknowledged + " numbers copied twice, by Kafka's clients with "
                + members.stream().mapToInt(ReadProcessWrite::lives).sum() + " lives of " + MEMBERS
                + " members, and by the SDK";
    }

    @Override
    public void close() {
        ending.countDown();
        members.forEach(ReadProcessWrite::interrupt);
        app.close();
    }
}
