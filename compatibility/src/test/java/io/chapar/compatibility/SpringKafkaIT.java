package io.chapar.compatibility;

import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.kafka.core.KafkaTemplate;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Spring's listeners and templates (`spring-kafka`), as an application has them, in both protocols of groups.
@Tag("nightly")
class SpringKafkaIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int RECORDS = 600;

    @TempDir
    Path folder;

    /// What is tried again goes from topic to topic, each of which Spring makes, and in the end to the one for what
    /// cannot be done.
    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void failedRecordsAreTriedAgainAndGivenUp(String protocol) {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"))) {
            StockClients stock = new StockClients(broker.bootstrap());
            List<String> orders = IntStream.range(0, 40).mapToObj(i -> "o" + i + ":" + i % (SpringRetries.ATTEMPTS + 1))
                    .toList();
            produce(stock, SpringRetries.TOPIC, orders);
            try (AnnotationConfigApplicationContext application = application(broker, protocol, SpringRetries.class)) {
                SpringRetries listener = application.getBean(SpringRetries.class);
                Awaitility.await().atMost(LIMIT).until(() -> listener.given.size() >= 10
                        && listener.tried.size() >= 90);
                assertEquals(orders.stream().filter(one -> one.endsWith(":3")).sorted().toList(),
                        listener.given.stream().sorted().toList());
                assertEquals(orders.stream().sorted().toList(), listener.triedIn(SpringRetries.TOPIC));
                assertEquals(orders.stream().filter(one -> !one.endsWith(":0")).sorted().toList(),
                        listener.triedIn(SpringRetries.TOPIC + "-retry-0"));
                assertEquals(orders.stream().filter(one -> one.endsWith(":2") || one.endsWith(":3")).sorted().toList(),
                        listener.triedIn(SpringRetries.TOPIC + "-retry-1"));
            }
        }
    }

    /// Each record is copied once, though the listener fails at some after it has written, the application stops and
    /// starts again, and the broker is killed.
    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void transactionsCopyEachRecordOnce(String protocol) {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"), "num.partitions=3")) {
            StockClients stock = new StockClients(broker.bootstrap());
            List<String> all = IntStream.range(0, RECORDS).mapToObj(i -> "r" + i).toList();
            produce(stock, SpringTransactions.IN, all.subList(0, RECORDS / 2));
            try (AnnotationConfigApplicationContext first =
                    application(broker, protocol, SpringTransactions.class)) {
                await(stock, RECORDS / 4);
                broker.kill();
                broker.start();
                await(stock, RECORDS / 2);
                assertFalse(first.getBean(SpringTransactions.class).failed.isEmpty());
            }
            produce(stock, SpringTransactions.IN, all.subList(RECORDS / 2, RECORDS));
            try (AnnotationConfigApplicationContext second =
                    application(broker, protocol, SpringTransactions.class)) {
                await(stock, RECORDS);
                assertFalse(second.getBean(SpringTransactions.class).failed.isEmpty());
                assertEquals(all.stream().sorted().toList(), copied(stock));
                assertLocalTransactions(stock, second.getBean(SpringTransactions.class).template());
            }
        }
    }

    private static void assertLocalTransactions(StockClients stock, KafkaTemplate<String, String> template) {
        boolean done = Boolean.TRUE.equals(template.executeInTransaction(operations -> {
            var _ = operations.send("spring-local", "kept-1");
            var _ = operations.send("spring-local", "kept-2");
            return true;
        }));
        assertTrue(done);
        assertThrows(IllegalStateException.class, () -> template.executeInTransaction(operations -> {
            operations.send("spring-local", "dropped").join();
            throw new IllegalStateException("no");
        }));
        assertEquals(List.of("kept-1", "kept-2"),
                stock.values("spring-local", StockClients.READ_COMMITTED).stream().sorted().toList());
        assertEquals(3, stock.values("spring-local", StockClients.READ_UNCOMMITTED).size());
    }

    private static AnnotationConfigApplicationContext application(
            ChaparProcess broker, String protocol, Class<?> configuration) {
        AnnotationConfigApplicationContext application = new AnnotationConfigApplicationContext();
        application.getEnvironment().getPropertySources().addFirst(new MapPropertySource(
                "here", Map.of("bootstrap", broker.bootstrap(), "protocol", protocol)));
        application.register(configuration);
        application.refresh();
        return application;
    }

    private static void produce(StockClients stock, String topic, List<String> values) {
        try (KafkaProducer<String, String> producer = stock.producer()) {
            values.forEach(value -> producer.send(new ProducerRecord<>(topic, value, value)));
        }
    }

    private static List<String> copied(StockClients stock) {
        return stock.values(SpringTransactions.OUT, StockClients.READ_COMMITTED).stream().sorted().toList();
    }

    private static void await(StockClients stock, int records) {
        Awaitility.await().atMost(LIMIT).until(() -> copied(stock).size() >= records);
    }
}
