package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class WindowTest {
    private static final TimeWindows TEN = TimeWindows.tumbling(Duration.ofMillis(10)).grace(Duration.ofMillis(5));

    private static WindowedStream<String, String> in() {
        return Topology.from("in", Serdes.string(), Serdes.string()).groupByKey(Serdes.string()).windowedBy(TEN);
    }

    private static Topology out(Stream<Windowed<String>, Long> counts) {
        return counts.to("out", Windowed.serde(Serdes.string(), TEN), Serdes.int64());
    }

    private static TestDriver pipe(TestDriver driver, long... times) {
        for (long time : times) {
            driver.pipe("in", Serdes.string(), Serdes.string(), "k", "at " + time, time);
        }
        return driver.run();
    }

    private static List<String> counts(TestDriver driver) {
        return driver.read("out", Windowed.serde(Serdes.string(), TEN), Serdes.int64()).stream()
                .map(record -> record.key().key() + record.key().startMs() + "-" + record.key().endMs() + ":"
                        + record.value() + "@" + record.timestampMs()).toList();
    }

    @Test
    void aWindowTakesRecordsUntilItsGraceIsOver() {
        try (TestDriver driver = TestDriver.of(out(in().count("c")), Delivery.EXACTLY_ONCE)) {
            // 14: the window from 0 to 10 is open, 15: closed
            pipe(driver, 3, 14, 7, 15, 9);
            assertEquals(List.of("k0-10:1@3", "k10-20:1@14", "k0-10:2@7", "k10-20:2@15"), counts(driver));
            assertEquals(1, driver.status().lateRecords());
            driver.assertExactlyOnce();
        }
    }

    /// The instance dies when all that is left of the time is in the state.
    @Test
    void aRestartDoesNotTakeStreamTimeBack() {
        try (TestDriver driver = TestDriver.of(out(in().count("c")), Delivery.EXACTLY_ONCE)) {
            pipe(driver, 3, 40);
            driver.crashAfter(1);
            pipe(driver, 4);
            assertEquals(1, driver.crashes());
            assertEquals(List.of("k0-10:1@3", "k40-50:1@40"), counts(driver));
            assertEquals(1, driver.status().lateRecords());
            driver.assertExactlyOnce();
        }
    }

    @Test
    void theLastResultAloneComesWhenTheWindowCloses() {
        try (TestDriver driver = TestDriver.of(out(in().emitFinal().count("c")), Delivery.EXACTLY_ONCE)) {
            pipe(driver, 3, 12, 7);
            assertEquals(List.of(), counts(driver));
            pipe(driver, 15);
            assertEquals(List.of("k0-10:2@7"), counts(driver));
            pipe(driver, 1_000);
            assertEquals(List.of("k0-10:2@7", "k10-20:2@15"), counts(driver));
            driver.assertExactlyOnce();
        }
    }

    @Test
    void whatIsLateGoesWhereItIsTold() {
        try (TestDriver driver = TestDriver.of(out(in().lateTo("late").count("c")), Delivery.EXACTLY_ONCE)) {
            pipe(driver, 3, 100, 4);
            List<StreamRecord<String, String>> late = driver.read("late", Serdes.string(), Serdes.string());
            assertEquals(List.of("at 4"), late.stream().map(StreamRecord::value).toList());
            String error = StandardCharsets.UTF_8.decode(late.getFirst().headers().getLast().value().duplicate())
                    .toString();
            assertTrue(error.contains("step c has closed every window that ends at 95"), error);
            driver.assertExactlyOnce();
        }
    }

    @Test
    void aRecordWithoutATimeIsAFailureOfThatRecord() {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(ErrorPolicy.deadLetter("dead", 0));
        try (TestDriver driver = TestDriver.of(out(in().count("c")), settings)) {
            pipe(driver, -1, 5);
            assertEquals(List.of("k0-10:1@5"), counts(driver));
            assertEquals(1, driver.status().skipped());
        }
    }

    @Test
    void windowsHaveABound() {
        assertThrows(UsageException.class, () -> TimeWindows.hopping(Duration.ofDays(1), Duration.ofMillis(1)));
        assertThrows(UsageException.class, () -> TimeWindows.tumbling(Duration.ZERO));
        assertThrows(UsageException.class,
                () -> TimeWindows.hopping(Duration.ofMillis(5), Duration.ofMillis(6)));
        assertEquals(List.of(0L, 5L), TimeWindows.hopping(Duration.ofMillis(10), Duration.ofMillis(5)).startsOf(7));
        assertEquals(List.of(0L), TimeWindows.hopping(Duration.ofMillis(10), Duration.ofMillis(5)).startsOf(4));
    }

    @Test
    void aRecordBetweenTwoSessionsMakesThemOne() {
        SessionWindows windows = SessionWindows.withGap(Duration.ofMillis(5)).grace(Duration.ofMillis(10));
        Topology topology = Topology.from("in", Serdes.string(), Serdes.string()).groupByKey(Serdes.string())
                .windowedBy(windows).count("c")
                .to("out", Windowed.sessionSerde(Serdes.string()), Serdes.int64());
        try (TestDriver driver = TestDriver.of(topology, Delivery.EXACTLY_ONCE)) {
            pipe(driver, 10, 18, 14, 60, 40);
            assertEquals(List.of("10-10:1@10", "18-18:1@18", "10-10:null@10", "18-18:null@18", "10-18:3@18",
                    "60-60:1@60"), driver.read("out", Windowed.sessionSerde(Serdes.string()), Serdes.int64()).stream()
                    .map(record -> record.key().startMs() + "-" + record.key().endMs() + ":" + record.value() + "@"
                            + record.timestampMs()).toList());
            assertEquals(1, driver.status().lateRecords());
            driver.assertExactlyOnce();
        }
        assertThrows(UsageException.class, () -> SessionWindows.withGap(Duration.ZERO));
        assertThrows(UsageException.class, () -> SlidingWindows.within(Duration.ofMillis(-1)));
        assertThrows(UsageException.class, () -> new JoinWindows(5, -6, 0));
    }

    @Test
    void sumsDoNotOverflowInSilence() {
        Topology topology = Topology.from("in", Serdes.string(), Serdes.int64()).groupByKey(Serdes.string())
                .sum("s", value -> value).to("out", Serdes.string(), Serdes.int64());
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(ErrorPolicy.skip(0));
        try (TestDriver driver = TestDriver.of(topology, settings)) {
            for (long value : new long[] {Long.MAX_VALUE, 1, -2}) {
                driver.pipe("in", Serdes.string(), Serdes.int64(), "k", value);
            }
            driver.run();
            assertEquals(List.of(Long.MAX_VALUE, Long.MAX_VALUE - 2), driver
                    .read("out", Serdes.string(), Serdes.int64()).stream().map(StreamRecord::value).toList());
        }
    }

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, 300), Arbitraries.of(all)).ofMaxSize(12);
    }

    /// Sessions and sliding windows, out of order, late, without values, with outputs that are refused, whatever call
    /// fails.
    @Property(tries = 100)
    void everySessionHasCountedEachRecordOnce(@ForAll("faults") Map<Integer, Fault> faults, @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords, @ForAll boolean emitFinal) {
        Random random = new Random(seed);
        KeyedStream<String, String> in = Topology.from("in", Serdes.string(), Serdes.string())
                .groupByKey(Serdes.string());
        SessionStream<String, String> sessions = in.windowedBy(SessionWindows.withGap(Duration.ofMillis(4))
                .grace(Duration.ofMillis(6))).lateTo("late");
        WindowedStream<String, String> sliding = in.windowedBy(SlidingWindows.within(Duration.ofMillis(7))
                .grace(Duration.ofMillis(3))).lateTo("late");
        Topology topology = (emitFinal ? sessions.emitFinal() : sessions).count("sessions")
                .to("a", Windowed.sessionSerde(Serdes.string()), Serdes.int64())
                .and((emitFinal ? sliding.emitFinal() : sliding).count("sliding").to("b",
                        Windowed.serde(Serdes.string(), SlidingWindows.within(Duration.ofMillis(7))), Serdes.int64()));
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 2)
                .withCommitRecords(maxPoll, commitRecords).withOnError(ErrorPolicy.deadLetter("dead", 1));
        try (TestDriver driver = TestDriver.of(topology, settings, StageProperties.script(faults))) {
            driver.refuse(output -> output.topic().equals("b") && output.key()[output.key().length - 1] % 11 == 10
                    ? ErrorCode.MESSAGE_TOO_LARGE : null);
            for (int number = 0; number < 30; number++) {
                driver.pipe("in", Serdes.string(), Serdes.string(), "k" + random.nextInt(3),
                        random.nextInt(9) == 0 ? null : "v", Math.max(0, number * 3 - random.nextInt(30)));
            }
            driver.run().assertExactlyOnce();
        }
    }

    /// Out of order, late, without values, by another key, through two stages of windows, with outputs that are
    /// refused, whatever call fails.
    @Property(tries = 300)
    void everyWindowHasCountedEachRecordOnce(@ForAll("faults") Map<Integer, Fault> faults, @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        Random random = new Random(seed);
        Topology topology = Topology.from("in", Serdes.string(), Serdes.string())
                .groupBy(record -> record.value() == null ? "none" : record.value(), Serdes.string(), Serdes.string())
                .windowedBy(TimeWindows.hopping(Duration.ofMillis(10), Duration.ofMillis(4))).lateTo("late")
                .count("hopping")
                .groupBy(record -> record.key().key().substring(0, 1), Serdes.string(), Serdes.int64())
                .windowedBy(TEN).lateTo("later").emitFinal().sum("sums", count -> count)
                .to("out", Windowed.serde(Serdes.string(), TEN), Serdes.int64());
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 2)
                .withCommitRecords(maxPoll, commitRecords).withOnError(ErrorPolicy.deadLetter("dead", 1));
        try (TestDriver driver = TestDriver.of(topology, settings, StageProperties.script(faults))) {
            driver.refuse(output -> output.topic().equals("test-hopping-changelog")
                    && output.value() != null && output.value()[7] % 11 == 10 ? ErrorCode.MESSAGE_TOO_LARGE : null);
            for (int number = 0; number < 30; number++) {
                driver.pipe("in", Serdes.string(), Serdes.string(), "k" + random.nextInt(3),
                        random.nextInt(9) == 0 ? null : "v" + random.nextInt(3),
                        Math.max(0, number * 3 - random.nextInt(30)));
            }
            driver.run().assertExactlyOnce();
        }
    }
}
