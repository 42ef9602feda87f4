package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Kafka Connect, two distributed workers with exactly-once sources: a source of numbers, and a sink that writes what
/// it gets to files, while workers and brokers are killed with SIGKILL, a worker leaves, and the source is given
/// another number of tasks, whose forerunners Connect fences. Every number is in the topic once and in order, and every
/// record of the topic in the files.
@Tag("nightly")
class ConnectIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int SERIES = 6;
    private static final int MORE = 500;
    private static final int PARTITIONS = 4;

    @TempDir
    Path folder;

    private SomeBrokers brokers;
    private StockClients stock;

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void everyNumberIsThereOnceThroughKills(int count) throws Exception {
        Path lines = Files.createDirectory(folder.resolve("lines"));
        try (SomeBrokers started = SomeBrokers.start(folder, count, Map.of())) {
            brokers = started;
            stock = new StockClients(brokers.bootstrap());
            try (Admin admin = stock.admin()) {
                admin.createTopics(List.of(new NewTopic("numbers", PARTITIONS, brokers.count()))).all().get();
            }
            ConnectWorker first = worker();
            ConnectWorker second = worker();
            try {
                source(first, 3, Integer.MAX_VALUE);
                first.put("lines", Map.of("connector.class", LinesSink.class.getName(), "topics", "numbers",
                        "tasks.max", "2", LinesSink.FOLDER, lines.toString(),
                        "consumer.override.isolation.level", "read_committed"));
                untilMore(second);
                first.close();
                untilMore(second);
                first = worker();
                brokers.killOne();
                untilMore(second);
                source(second, 2, Integer.MAX_VALUE);
                untilMore(second);
                second.close();
                brokers.killOne();
                second = worker();
                untilMore(second);
                first.stop();
                untilMore(second);
                int limit = longest() + MORE;
                source(second, 4, limit);
                first = worker();
                untilAllIsThere(lines, second, limit);
            } finally {
                first.close();
                second.close();
            }
        }
    }

    private ConnectWorker worker() throws IOException {
        return new ConnectWorker(folder, brokers);
    }

    /// @param limit numbers of each series
    private static void source(ConnectWorker worker, int tasks, int limit) {
        worker.put("numbers", Map.of("connector.class", NumbersSource.class.getName(), NumbersSource.TOPIC, "numbers",
                NumbersSource.SERIES, Integer.toString(SERIES), NumbersSource.LIMIT, Integer.toString(limit),
                "tasks.max", Integer.toString(tasks), "exactly.once.support", "required"));
    }

    private void untilMore(ConnectWorker worker) {
        int had = stock.values("numbers", StockClients.READ_COMMITTED).size();
        await(worker, () -> stock.values("numbers", StockClients.READ_COMMITTED).size() >= had + MORE);
    }

    /// Numbers of the series that has most.
    private int longest() {
        return stock.records("numbers", StockClients.READ_COMMITTED).stream()
                .mapToInt(number -> Integer.parseInt(number.value()) + 1).max().orElseThrow();
    }

    private void untilAllIsThere(Path lines, ConnectWorker worker, int limit) throws IOException {
        await(worker, () -> stock.values("numbers", StockClients.READ_COMMITTED).size() >= SERIES * limit);
        Map<String, List<String>> found = new TreeMap<>();
        Map<Integer, List<String>> wanted = new TreeMap<>();
        for (ConsumerRecord<String, String> each : stock.records("numbers", StockClients.READ_COMMITTED)) {
            found.computeIfAbsent(each.key(), _ -> new ArrayList<>()).add(each.value());
            wanted.computeIfAbsent(each.partition(), _ -> new ArrayList<>())
                    .add(each.offset() + " " + each.key() + " " + each.value());
        }
        List<String> all = IntStream.range(0, limit).mapToObj(Integer::toString).toList();
        assertEquals(SERIES, found.size());
        found.forEach((series, numbers) -> assertEquals(all, numbers, series));
        await(worker, () -> written(lines, wanted).equals(wanted));
        assertEquals(wanted, written(lines, wanted));
    }

    private static Map<Integer, List<String>> written(Path lines, Map<Integer, List<String>> wanted)
            throws IOException {
        Map<Integer, List<String>> written = new TreeMap<>();
        for (int partition : wanted.keySet()) {
            Path file = LinesSink.file(lines, partition);
            written.put(partition, Files.exists(file) ? Files.readAllLines(file) : List.of());
        }
        return written;
    }

    private static void await(ConnectWorker worker, Callable<Boolean> done) {
        try {
            Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(500)).until(done);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(worker.status("numbers") + worker.status("lines") + worker.said(), e);
        }
    }
}
