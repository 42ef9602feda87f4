package io.chapar.compatibility;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ErrorPolicy;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.Topology;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Records that are tried again later, against a real broker, which is killed while they wait.
class RetryAfterIT extends SharedBroker {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Duration DELAY = Duration.ofSeconds(2);
    private static final int ROUNDING_MS = 20;
    private static final int RECORDS = 40;
    private static final int PARTITIONS = 3;

    RetryAfterIT() {
        super("group.initial.rebalance.delay.ms=0", "group.min.session.timeout.ms=500");
    }

    /// Each tenth record fails once, each twentieth always.
    private static Topology topology(String name, Map<String, Long> firstMs, Map<String, Long> lastMs) {
        return Topology.from(name + "-in", Serdes.string(), Serdes.string()).filter(record -> {
            int number = Integer.parseInt(record.value());
            long nowMs = System.nanoTime() / 1_000_000;
            boolean first = firstMs.putIfAbsent(record.value(), nowMs) == null;
            lastMs.put(record.value(), nowMs);
            if (number % 20 == 0 || (number % 10 == 0 && first)) {
                throw new IllegalStateException("not now");
            }
            return true;
        }).groupByKey(Serdes.string()).count("per-key").mapValues(String::valueOf)
                .to(name + "-out", Serdes.string(), Serdes.string());
    }

    /// Whoever takes delays away is told of what nobody reads any more.
    @Test
    void whatWaitsForADelayThatIsNotThereAnyMoreIsSaid() {
        create("fewer-in", PARTITIONS);
        create("fewer-out", PARTITIONS);
        create("fewer-dead", 1);
        try (KafkaProducer<String, String> producer = stock.producer()) {
            var _ = producer.send(new ProducerRecord<>("fewer-in", "k", "20"));
        }
        ErrorPolicy policy = ErrorPolicy.deadLetter("fewer-dead", 0);
        ProcessorConfig.Builder config = ProcessorConfig.builder(broker.bootstrap(), "fewer-app");
        Topology topology = topology("fewer", new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
        try (ProcessorApp app = ProcessorApp.start(config.onError(policy.retryAfter(Duration.ofHours(1))).build(),
                topology)) {
            // Its topics are there by then: whoever reads one before makes it.
            Awaitility.await().atMost(LIMIT).until(() -> app.status().commits() > 0);
            Awaitility.await().atMost(LIMIT).until(() -> count("fewer-app-fewer-in-retry-1") == 1);
            assertNull(app.status().lastError());
        }
        try (ProcessorApp app = ProcessorApp.start(config.onError(policy).build(), topology)) {
            Awaitility.await().atMost(LIMIT).until(() -> app.status().lastError() != null
                    && app.status().lastError().getMessage().contains("{fewer-app-fewer-in-retry-1="));
        }
    }

    private int count(String topic) {
        return stock.values(topic, StockClients.READ_COMMITTED).size();
    }

    @ParameterizedTest
    @EnumSource(names = {"EXACTLY_ONCE", "AT_LEAST_ONCE"})
    void whatFailsIsTriedAgainWhileOthersGoOn(Delivery delivery) throws Exception {
        String name = "retried-" + delivery.name().toLowerCase(Locale.ROOT).replace('_', '-');
        create(name + "-in", PARTITIONS);
        create(name + "-out", PARTITIONS);
        create(name + "-dead", 1);
        try (KafkaProducer<String, String> producer = stock.producer()) {
            IntStream.range(0, RECORDS).forEach(number -> {
                var _ = producer.send(new ProducerRecord<>(name + "-in", "k" + number % 7, "" + number));
            });
        }
        Map<String, Long> firstMs = new ConcurrentHashMap<>();
        Map<String, Long> lastMs = new ConcurrentHashMap<>();
        ProcessorConfig config = ProcessorConfig.builder(broker.bootstrap(), name + "-app").delivery(delivery)
                .commitIntervalMs(100).parallel(4)
                .onError(ErrorPolicy.deadLetter(name + "-dead", 0).retryAfter(DELAY)).build();
        try (ProcessorApp app = ProcessorApp.start(config, topology(name, firstMs, lastMs))) {
            Awaitility.await().atMost(LIMIT).until(() -> count(name + "-out") >= RECORDS - 4);
            broker.kill();
            broker.start();
            Awaitility.await().atMost(LIMIT).until(() -> count(name + "-dead") >= 2 && count(name + "-out")
                    >= RECORDS - 2);
            Awaitility.await().atMost(LIMIT).until(() -> app.status().skipped() >= 2);
        }
        for (String failed : List.of("0", "10", "20", "30")) {
            long waitedMs = lastMs.get(failed) - firstMs.get(failed);
            assertTrue(waitedMs > DELAY.toMillis() - ROUNDING_MS, () -> failed + " waited " + waitedMs + " ms");
        }
        if (delivery == Delivery.EXACTLY_ONCE) {
            assertEquals(RECORDS - 2, count(name + "-out"));
            assertEquals(List.of("0", "20"), stock.values(name + "-dead", StockClients.READ_COMMITTED).stream()
                    .sorted().toList());
        }
        try (Admin admin = stock.admin()) {
            assertEquals(PARTITIONS, admin.describeTopics(List.of(name + "-app-" + name + "-in-retry-1"))
                    .allTopicNames().get().values().iterator().next().partitions().size());
        }
    }
}
