package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// In `AT_LEAST_ONCE` nothing that a row which was due has caused is lost, whatever part of what it had sent is written
/// when a process dies.
class ChangesLastTest {
    private static final Serde<String> TEXT = Serdes.string();
    private static final int KEYS = 12;
    private static final int CALLS = 90;
    private static final List<Fault> PARTS = List.of(Fault.CRASH_BEFORE_BUT_CHANGELOGS_WRITTEN,
            Fault.CRASH_BEFORE_BUT_PARTLY_WRITTEN, Fault.CRASH_BEFORE, Fault.CRASH_BEFORE_BUT_WRITTEN,
            Fault.CRASH_AFTER, Fault.REFUSED, Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.EXPIRE, Fault.REBALANCE);

    /// A timer of `clock` gives what each key had.
    private static Stream<String, String> timers(String name) {
        KeyTimer timer = KeyTimer.onWallClock("clock");
        ValueState<String> last = ValueState.named("last", TEXT);
        return Topology.from("in", TEXT, TEXT).groupByKey(TEXT)
                .process(name, KeyProcess.<String, String, String>of((record, context) -> {
                    context.set(last, record.value());
                    context.set(timer, context.wallClockMs() + 5);
                }).on(timer, (timeMs, context) -> context.emit(context.get(last))));
    }

    private static TreeSet<String> keys(TestDriver driver) {
        TreeSet<String> keys = new TreeSet<>();
        driver.read("out", TEXT, TEXT).forEach(record -> keys.add(record.key()));
        return keys;
    }

    private static void assertNoneLost(Topology topology, Fault fault, int call, int commitRecords) {
        int[] left = {call};
        try (TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(Delivery.AT_LEAST_ONCE)
                .withCommitRecords(5, commitRecords), (made, instance) -> --left[0] == 0 ? fault : Fault.NONE)) {
            fill(driver);
            assertEquals(KEYS, keys(driver).size(), fault + " at call " + call + ": " + keys(driver));
        }
    }

    private static void fill(TestDriver driver) {
        for (int key = 0; key < KEYS; key++) {
            driver.pipe("in", TEXT, TEXT, "k" + key, "v" + key);
        }
        driver.run().advance(Duration.ofSeconds(1)).run();
    }

    @Test
    void timersAreNotLost() {
        for (Fault fault : PARTS) {
            for (int call = 1; call < CALLS; call++) {
                assertNoneLost(timers("one").to("out", TEXT, TEXT), fault, call, 3);
            }
        }
    }

    /// What the timer of one step gives is kept by another one, until a timer of its own is due.
    @Test
    void norAreThoseThatOthersHaveSet() {
        KeyTimer timer = KeyTimer.onWallClock("later");
        ValueState<String> kept = ValueState.named("kept", TEXT);
        for (String below : List.of("a", "z")) {
            Topology topology = timers("m").groupByKey(TEXT)
                    .process(below, KeyProcess.<String, String, String>of((record, context) -> {
                        context.set(kept, record.value());
                        context.set(timer, context.wallClockMs() + 5);
                    }).on(timer, (timeMs, context) -> context.emit(context.get(kept)))).to("out", TEXT, TEXT);
            for (Fault fault : PARTS.subList(0, 3)) {
                for (int call = 1; call < CALLS; call++) {
                    assertNoneLost(topology, fault, call, 3);
                }
            }
        }
    }

    /// Nor rows for a database, which are written with a flush.
    @Test
    void norAreTheirRows() {
        String sql = "INSERT INTO things VALUES (?)";
        Topology topology = timers("one").toJdbc(new JdbcDataSource(),
                JdbcStatement.of(sql, record -> JdbcStatement.values(record.key())));
        for (Fault fault : PARTS) {
            for (int call = 1; call < CALLS; call++) {
                int[] left = {call};
                try (TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(Delivery.AT_LEAST_ONCE)
                        .withCommitRecords(5, 3), (made, instance) -> --left[0] == 0 ? fault : Fault.NONE)) {
                    fill(driver);
                    assertEquals(KEYS, driver.rows(sql).stream().map(row -> row.getFirst()).distinct().count(),
                            fault + " at call " + call);
                }
            }
        }
    }

    /// Nor what a step without timers knows of them.
    @Test
    void norWhatIsCountedOfThem() {
        Topology topology = timers("one").groupByKey(TEXT).count("counts")
                .map(record -> record.with(record.key(), "" + record.value())).to("out", TEXT, TEXT);
        for (int seed = 0; seed < 400; seed++) {
            Random random = new Random(seed);
            TreeSet<Integer> at = new TreeSet<>();
            for (int count = 0; count < 4; count++) {
                at.add(1 + random.nextInt(CALLS));
            }
            int[] calls = {0};
            try (TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(Delivery.AT_LEAST_ONCE)
                    .withInstances(1 + random.nextInt(2), 2).withCommitRecords(5, 1 + random.nextInt(6)),
                    (made, instance) -> at.contains(++calls[0]) ? PARTS.get(random.nextInt(PARTS.size()))
                            : Fault.NONE)) {
                fill(driver);
                assertEquals(KEYS, keys(driver).size(), "seed " + seed);
                assertEquals(KEYS, driver.read("test-counts-changelog", Serdes.bytes(), Serdes.bytes()).stream()
                        .map(entry -> Arrays.toString(entry.key())).distinct().count(), "seed " + seed);
            }
        }
    }
}
