package io.chapar.compatibility;

import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.tools.streams.StreamsGroupCommand;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Stock Kafka Streams with `exactly_once_v2` against one real broker, while the application and the broker are killed
/// with SIGKILL: what comes out is what the input comes to, each join once.
class KafkaStreamsIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final long BEGIN_MS = 1_700_000_000_000L;
    private static final long BETWEEN_MS = 700;
    private static final int PARTITIONS = 4;
    private static final String[] CUSTOMERS = {"ann", "ben", "cid", "dee", "eva", "fay", "gus", "hal"};
    private static final String[] REGIONS = {"north", "south", "west"};

    @TempDir
    Path folder;

    private ChaparProcess broker;
    private StockClients stock;
    private int fed = 0;
    private final Map<String, Long> totals = new TreeMap<>();
    private final Map<String, Integer> counts = new TreeMap<>();
    private final List<String> paid = new ArrayList<>();

    @Test
    void resultsAreTheTruth() throws Exception {
        try (ChaparProcess started = start()) {
            broker = started;
            stock = new StockClients(broker.bootstrap());
            prepare();
            try (StartedProcess only = application("one", "streams")) {
                feed(50);
                untilAllIsOut(only, only);
            }
        }
    }

    /// Kafka's tool for such groups sees one, resets it and deletes it.
    @Test
    @Tag("nightly")
    void theToolKnowsTheGroup() throws Exception {
        try (ChaparProcess started = start()) {
            broker = started;
            stock = new StockClients(broker.bootstrap());
            prepare();
            try (StartedProcess only = application("one", "streams")) {
                feed(100);
                untilAllIsOut(only, only);
                assertTrue(tool("--list").lines().anyMatch("shop"::equals));
                assertTrue(tool("--list", "--state").contains("Stable"));
                String state = tool("--describe", "--group", "shop", "--state", "--verbose");
                assertTrue(state.contains("Stable"), state);
                String members = tool("--describe", "--group", "shop", "--members", "--verbose");
                assertTrue(members.contains("ACTIVE"), members);
                String offsets = tool("--describe", "--group", "shop", "--offsets");
                assertTrue(offsets.contains(StreamsApp.ORDERS), offsets);
                // No description is kept, as at a Kafka without a plugin for it, and the tool says so.
                String[] line = {"--bootstrap-server", broker.bootstrap(), "--describe", "--group", "shop",
                    "--topology"};
                String topology = KafkaToolsIT.printed(() -> assertEquals(1, StreamsGroupCommand.execute(line)));
                assertTrue(topology.contains("opology description"), topology);
                only.terminate();
                only.exitCode();
            }
            Awaitility.await().atMost(LIMIT).until(() -> tool("--list", "--state").contains("Empty"));
            String reset = tool("--reset-offsets", "--group", "shop", "--input-topic", StreamsApp.ORDERS,
                    "--to-earliest", "--execute");
            assertTrue(reset.contains(StreamsApp.ORDERS), reset);
            String gone = tool("--delete-offsets", "--group", "shop", "--input-topic", StreamsApp.PAYMENTS);
            assertTrue(gone.contains("uccessful"), gone);
            String deleted = tool("--delete", "--group", "shop");
            assertTrue(deleted.contains("uccessful"), deleted);
            assertFalse(tool("--list").contains("shop"));
        }
    }

    private String tool(String... words) throws Exception {
        String[] line = new String[words.length + 2];
        line[0] = "--bootstrap-server";
        line[1] = broker.bootstrap();
        System.arraycopy(words, 0, line, 2, words.length);
        return KafkaToolsIT.printed(() -> assertEquals(0, StreamsGroupCommand.execute(line)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"streams", "classic"})
    @Tag("nightly")
    void resultsAreTheTruthThroughKillsOfTheApplicationAndOfTheBroker(String protocol) throws Exception {
        run(protocol, 4);
    }

    private ChaparProcess start() {
        return ChaparProcess.start(folder.resolve("data"),
                "group.streams.min.session.timeout.ms=1000", "group.streams.session.timeout.ms=3000",
                "group.streams.min.heartbeat.interval.ms=50", "group.streams.heartbeat.interval.ms=200",
                "group.streams.initial.rebalance.delay.ms=500", "group.streams.min.task.offset.interval.ms=100",
                "group.streams.task.offset.interval.ms=500");
    }

    private void run(String protocol, int rounds) throws Exception {
        try (ChaparProcess started = start()) {
            broker = started;
            stock = new StockClients(broker.bootstrap());
            prepare();
            StartedProcess first = application("one", protocol);
            try (StartedProcess second = application("two", protocol)) {
                feed(100);
                for (int round = 0; round < rounds; round++) {
                    untilSomethingIsOut();
                    first.close();
                    feed(100);
                    first = application("one", protocol);
                    feed(100);
                    broker.kill();
                    broker.start();
                    feed(100);
                }
                untilAllIsOut(first, second);
            } finally {
                first.close();
            }
        }
    }

    private void prepare() throws Exception {
        try (Admin admin = stock.admin()) {
            List<NewTopic> topics = new ArrayList<>();
            for (String name : List.of(StreamsApp.REGIONS, StreamsApp.ORDERS, StreamsApp.PAYMENTS, StreamsApp.TOTALS,
                    StreamsApp.COUNTS, StreamsApp.PAID)) {
                topics.add(new NewTopic(name, PARTITIONS, (short) 1));
            }
            admin.createTopics(topics).all().get();
        }
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int i = 0; i < CUSTOMERS.length; i++) {
                var _ = producer.send(new ProducerRecord<>(StreamsApp.REGIONS, null, 1L, CUSTOMERS[i], region(i)));
            }
        }
    }

    private static String region(int customer) {
        return REGIONS[customer % REGIONS.length];
    }

    private StartedProcess application(String name, String protocol) {
        return StartedProcess.startJava(folder, "256m", StreamsApp.class.getName(), List.of(
                "", "bootstrap.servers=" + broker.bootstrap(), "application.id=shop", "group.protocol=" + protocol,
                "state.dir=" + folder.resolve("state-" + name), "num.stream.threads=2", "commit.interval.ms=100",
                "enable.transactional.statestores=true", "producer.transaction.timeout.ms=4000",
                "auto.offset.reset=earliest",
                "classic".equals(protocol) ? "consumer.session.timeout.ms=6000" : "client.id=shop-" + name));
    }

    private void feed(int orders) {
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int i = 0; i < orders; i++) {
                int order = fed++;
                int customer = order * 7 % CUSTOMERS.length;
                long atMs = BEGIN_MS + order * BETWEEN_MS;
                int amount = order % 13;
                var _ = producer.send(new ProducerRecord<>(
                        StreamsApp.ORDERS, null, atMs, CUSTOMERS[customer], order + ":" + amount));
                totals.merge(region(customer), (long) amount, Long::sum);
                long window = atMs - atMs % StreamsApp.WINDOW.toMillis();
                counts.merge(CUSTOMERS[customer] + "@" + window, 1, Integer::sum);
                if (order % 2 == 0) {
                    var _ = producer.send(new ProducerRecord<>(
                            StreamsApp.PAYMENTS, null, atMs, Integer.toString(order), "p" + order));
                    paid.add(order + ":" + amount + "=p" + order);
                }
            }
        }
    }

    // ---- what comes out

    private void untilSomethingIsOut() {
        int had = values(StreamsApp.PAID).size();
        Awaitility.await().atMost(LIMIT).until(() -> values(StreamsApp.PAID).size() > had
                || values(StreamsApp.PAID).size() == paid.size());
    }

    private void untilAllIsOut(StartedProcess first, StartedProcess second) {
        try {
            Awaitility.await().atMost(LIMIT).until(() -> latest(StreamsApp.TOTALS).equals(text(totals))
                    && latest(StreamsApp.COUNTS).equals(text(counts))
                    && values(StreamsApp.PAID).size() >= paid.size());
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            System.err.println(first.output() + first.errors() + second.output() + second.errors());
        }
        assertEquals(text(totals), latest(StreamsApp.TOTALS));
        assertEquals(text(counts), latest(StreamsApp.COUNTS));
        assertEquals(paid.stream().sorted().toList(), values(StreamsApp.PAID));
    }

    private static Map<String, String> text(Map<String, ?> numbers) {
        Map<String, String> all = new TreeMap<>();
        numbers.forEach((name, number) -> all.put(name, number.toString()));
        return all;
    }

    private Map<String, String> latest(String topic) {
        Map<String, String> all = new TreeMap<>();
        for (ConsumerRecord<String, String> one : stock.records(topic, StockClients.READ_COMMITTED)) {
            all.put(one.key(), one.value());
        }
        return all;
    }

    private List<String> values(String topic) {
        return stock.values(topic, StockClients.READ_COMMITTED).stream().sorted().toList();
    }
}
