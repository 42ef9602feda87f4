package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What windows give when they close is worked on by itself: that it fails is not the fault of the record that has
/// closed them.
class FinalResultsTest {
    private static final Serde<String> TEXT = Serdes.string();
    private static final Duration TEN = Duration.ofMillis(10);
    private static final TimeWindows TUMBLING = TimeWindows.tumbling(TEN);
    private static final SlidingWindows SLIDING = SlidingWindows.within(TEN);

    /// Of each kind: what is asked of a key's values, and what becomes of `a` and `b` at 3, of `bad` at 4, of `large`
    /// at 5 and of `later` at 60 when they have all gone out of their windows.
    private enum Kind {
        TUMBLING_WINDOWS(List.of("a:a 0-10 @3", "b:b 0-10 @3", "later:later 60-70 @60"),
                List.of("bad:bad 0-10 @4", "large:large 0-10 @5")),
        SLIDING_WINDOWS(List.of("a:a 0-10 @3", "b:b 0-10 @3", "later:later 50-60 @60"),
                List.of("bad:bad 0-10 @4", "large:large 0-10 @5")),
        SESSIONS(List.of("a:a 3-3 @3", "b:b 3-3 @3", "later:later 60-60 @60"),
                List.of("bad:bad 4-4 @4", "large:large 5-5 @5")),
        LEFT_JOIN(List.of("a:a+null @3", "b:b+null @3", "later:later+null @60"),
                List.of("bad:bad @4", "large:large @5")),
        OUTER_JOIN(List.of("a:null+a @3", "b:null+b @3", "later:null+later @60"),
                List.of("bad:bad @4", "large:large @5"));

        private final List<String> out;
        private final List<String> dead;

        Kind(List<String> out, List<String> dead) {
            this.out = out;
            this.dead = dead;
        }

        private Stream<String, String> results() {
            KeyedStream<String, String> in = Topology.from("in", TEXT, TEXT).groupByKey(TEXT);
            KeyedStream<String, String> other = Topology.from("other", TEXT, TEXT).groupByKey(TEXT);
            return switch (this) {
                case TUMBLING_WINDOWS -> shown(in.windowedBy(TUMBLING).emitFinal().reduce("step", TEXT, Kind::both));
                case SLIDING_WINDOWS -> shown(in.windowedBy(SLIDING).emitFinal().reduce("step", TEXT, Kind::both));
                case SESSIONS -> shown(in.windowedBy(SessionWindows.withGap(TEN)).emitFinal()
                        .reduce("step", TEXT, Kind::both));
                case LEFT_JOIN -> in.leftJoin("step", other, JoinWindows.within(TEN), TEXT, TEXT,
                        (left, right) -> left + "+" + right);
                case OUTER_JOIN -> other.outerJoin("step", in, JoinWindows.within(TEN), TEXT, TEXT,
                        (left, right) -> left + "+" + right);
            };
        }

        private static String both(String before, String value) {
            return before + value;
        }

        private static Stream<String, String> shown(Stream<Windowed<String>, String> windows) {
            return windows.map(record -> record.with(record.key().key(),
                    record.value() + " " + record.key().startMs() + "-" + record.key().endMs()));
        }

        private Topology topology() {
            return results().mapValues(value -> {
                if (value.contains("bad")) {
                    throw new IllegalArgumentException("not this one");
                }
                return value;
            }).to("out", TEXT, TEXT);
        }

        private String dead(StreamRecord<byte[], byte[]> letter) {
            Serde<Windowed<String>> windowed = switch (this) {
                case TUMBLING_WINDOWS -> Windowed.serde(TEXT, TUMBLING);
                case SLIDING_WINDOWS -> Windowed.serde(TEXT, SLIDING);
                case SESSIONS -> Windowed.sessionSerde(TEXT);
                case LEFT_JOIN, OUTER_JOIN -> Serdes.of(key -> new byte[0],
                        bytes -> new Windowed<>(TEXT.deserialize("", bytes), -1, -1));
            };
            Windowed<String> key = windowed.deserialize("", letter.key());
            return key.key() + ":" + TEXT.deserialize("", letter.value())
                    + (key.startMs() < 0 ? "" : " " + key.startMs() + "-" + key.endMs()) + " @" + letter.timestampMs();
        }
    }

    private static void pipe(TestDriver driver, String name, long timeMs) {
        driver.pipe("in", TEXT, TEXT, name, name, timeMs);
    }

    private static List<String> out(TestDriver driver) {
        return driver.read("out", TEXT, TEXT).stream()
                .map(record -> record.key() + ":" + record.value() + " @" + record.timestampMs()).toList();
    }

    private static void pipeAll(TestDriver driver) {
        pipe(driver, "bad", 4);
        pipe(driver, "a", 3);
        pipe(driver, "large", 5);
        pipe(driver, "b", 3);
        pipe(driver, "later", 60);
        pipe(driver, "last", 200);
    }

    private static void assertAlone(Kind kind, TestDriver driver) {
        driver.refuse(output -> output.topic().equals("out") && TEXT.deserialize("out",
                output.key()).equals("large") ? ErrorCode.MESSAGE_TOO_LARGE : null);
        pipeAll(driver);
        driver.run().assertExactlyOnce();
        assertEquals(kind.out, out(driver));
        List<StreamRecord<byte[], byte[]>> dead = driver.read("dead", Serdes.bytes(), Serdes.bytes());
        assertEquals(kind.dead, dead.stream().map(kind::dead).sorted().toList());
        assertEquals(List.of("test-step-changelog"), dead.stream().map(FinalResultsTest::topic).distinct().toList());
        assertEquals(0, driver.status().lateRecords());
    }

    private static String topic(StreamRecord<byte[], byte[]> letter) {
        return letter.headers().stream().filter(header -> header.key().equals(ErrorPolicy.HEADER_PREFIX + "topic"))
                .map(header -> StandardCharsets.UTF_8.decode(header.value().duplicate()).toString()).findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @EnumSource
    void oneThatFailsIsGivenUpAlone(Kind kind) {
        try (TestDriver driver = TestDriver.of(kind.topology(), TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(ErrorPolicy.deadLetter("dead", 1)))) {
            assertAlone(kind, driver);
        }
    }

    @ParameterizedTest
    @EnumSource
    void onDiskToo(Kind kind, @TempDir Path folder) {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(ErrorPolicy.deadLetter("dead", 0));
        DiskStorage disk = DiskStorage.open(folder, "app", 8 << 20);
        try (TestDriver driver = TestDriver.of(kind.topology(), settings, (call, instance) -> Fault.NONE,
                Pace.of(settings).withDisks(instance -> disk))) {
            assertAlone(kind, driver);
        }
        disk.close();
    }

    @ParameterizedTest
    @EnumSource
    void skippedAlone(Kind kind) {
        try (TestDriver driver = TestDriver.of(kind.topology(), TestDriver.Settings.of(Delivery.AT_LEAST_ONCE)
                .withOnError(ErrorPolicy.skip(2)))) {
            pipeAll(driver);
            List<String> large = kind.dead.subList(1, 2).stream()
                    .map(text -> kind == Kind.LEFT_JOIN ? "large:large+null @5"
                            : kind == Kind.OUTER_JOIN ? "large:null+large @5" : text).toList();
            driver.run();
            List<String> expected = new ArrayList<>(kind.out);
            expected.addAll(2, large);
            assertEquals(expected, out(driver));
            assertEquals(1, driver.status().skipped());
        }
    }

    /// Whatever call an instance dies before, each result comes once.
    @ParameterizedTest
    @EnumSource
    void aCrashLeavesWhatIsDueToBeGivenOnce(Kind kind) {
        int crashes = 0;
        for (int call = 1; call < 60; call++) {
            try (TestDriver driver = TestDriver.of(kind.topology(), TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                    .withCommitRecords(2, 1).withOnError(ErrorPolicy.deadLetter("dead", 0)))) {
                driver.crashAfter(call);
                pipeAll(driver);
                driver.run().assertExactlyOnce();
                assertEquals(4, out(driver).size(), "call " + call);
                assertEquals(1, driver.read("dead", Serdes.bytes(), Serdes.bytes()).size());
                crashes += driver.crashes();
            }
        }
        assertTrue(crashes > 20, "crashes: " + crashes);
    }

    /// Whatever part of what it had sent is written when an instance dies, each result comes at least once.
    @ParameterizedTest
    @EnumSource
    void aCrashLosesNoneAtLeastOnce(Kind kind) {
        int crashes = 0;
        for (Fault fault : List.of(Fault.CRASH_BEFORE, Fault.CRASH_BEFORE_BUT_WRITTEN,
                Fault.CRASH_BEFORE_BUT_CHANGELOGS_WRITTEN, Fault.CRASH_BEFORE_BUT_PARTLY_WRITTEN)) {
            for (int call = 1; call < 60; call++) {
                int[] left = {call};
                try (TestDriver driver = TestDriver.of(kind.topology(), TestDriver.Settings.of(Delivery.AT_LEAST_ONCE)
                        .withCommitRecords(4, 2).withOnError(ErrorPolicy.deadLetter("dead", 0)),
                        (made, instance) -> --left[0] == 0 ? fault : Fault.NONE)) {
                    pipeAll(driver);
                    driver.run();
                    assertEquals(List.of("a", "b", "large", "later"), driver.read("out", TEXT, TEXT).stream()
                            .map(StreamRecord::key).distinct().sorted().toList(), fault + " at call " + call);
                    assertFalse(driver.read("dead", Serdes.bytes(), Serdes.bytes()).isEmpty());
                    crashes += driver.crashes();
                }
            }
        }
        assertTrue(crashes > 80, "crashes: " + crashes);
    }

    /// The record that has closed a window is done, whatever becomes of the window's result.
    @Test
    void whatStopsIsTheResultAndNotItsRecord() {
        TestDriver driver = TestDriver.of(Kind.TUMBLING_WINDOWS.topology(), Delivery.EXACTLY_ONCE);
        pipe(driver, "bad", 4);
        pipe(driver, "later", 60);
        ProcessorException stopped = assertThrows(ProcessorException.class, driver::run);
        assertTrue(stopped.getMessage().contains("test-step-changelog"), stopped.getMessage());
    }

    @ParameterizedTest
    @EnumSource
    void atMostOnceGivesNone(Kind kind) {
        UsageException refused = assertThrows(UsageException.class,
                () -> TestDriver.of(kind.topology(), Delivery.AT_MOST_ONCE).close());
        assertTrue(refused.getMessage().contains("'step'"), refused.getMessage());
    }

    /// Without them it gives what it always gave.
    @Test
    void atMostOnceHasWindows() {
        Topology topology = Topology.from("in", TEXT, TEXT).groupByKey(TEXT).windowedBy(TUMBLING).count("step")
                .map(record -> record.with(record.key().key(), "" + record.value())).to("out", TEXT, TEXT);
        try (TestDriver driver = TestDriver.of(topology, Delivery.AT_MOST_ONCE)) {
            pipeAll(driver);
            driver.run();
            assertEquals(6, out(driver).size());
            assertEquals(0, driver.status().timersFired());
        }
    }

    /// Also those that are kept no longer by then: time jumps far.
    @ParameterizedTest
    @EnumSource
    void resultsComeBeforeTheNextRecord(Kind kind) {
        List<String> seen = new ArrayList<>();
        Topology topology = Topology.from("in", TEXT, TEXT).forEach(record -> seen.add(record.value()))
                .and(kind.results().filter(record -> !record.key().equals("last"))
                        .forEach(record -> seen.add("result of " + record.key())));
        try (TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withCommitRecords(10, 1))) {
            pipe(driver, "a", 3);
            pipe(driver, "b", 4);
            pipe(driver, "last", 10_000);
            pipe(driver, "last", 20_000);
            driver.run();
        }
        assertEquals(List.of("a", "b", "last", "result of a", "result of b", "last"), seen);
    }

    private static byte[] bytes(Object... parts) {
        ByteBuffer bytes = ByteBuffer.allocate(100);
        for (Object part : parts) {
            switch (part) {
                case Character letter -> bytes.put((byte) (char) letter);
                case Integer number -> bytes.putInt(number);
                case Long number -> bytes.putLong(number);
                default -> throw new IllegalArgumentException();
            }
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    /// What earlier versions had of `a` at 3, as they wrote it.
    private static void before(Kind kind, StepState state) {
        byte[] nothing = {};
        byte[] time = bytes(3L);
        switch (kind) {
            case TUMBLING_WINDOWS -> {
                state.put(nothing, time);
                state.put(bytes(0L, 'a'), bytes(3L, 'a'));
            }
            case SLIDING_WINDOWS -> {
                state.put(bytes('c'), time);
                state.put(bytes('k', 1, 'a', 0L, 0L), bytes(3L, 'a'));
                state.put(bytes('e', 0L, 0L, 'a'), nothing);
            }
            case SESSIONS -> {
                state.put(bytes('c'), time);
                state.put(bytes('k', 1, 'a', 3L, 3L), bytes('a'));
                state.put(bytes('e', 3L, 3L, 'a'), nothing);
            }
            case LEFT_JOIN, OUTER_JOIN -> {
                char side = kind == Kind.LEFT_JOIN ? 'l' : 'r';
                state.put(bytes('c', side), time);
                state.put(bytes('c', 'b'), time);
                state.put(bytes(side, 1, 'a', 3L, 0), bytes('a'));
                state.put(bytes('x', side, 3L, 1, 'a', 0), nothing);
                state.put(bytes('w', 3L, side, 1, 'a', 0), bytes('a'));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatEarlierVersionsLeftOpenCloses(Kind kind) {
        Plan plan = Plan.of(kind.topology(), "test");
        TaskState state = new States(plan.stages(), new StateBudget(Long.MAX_VALUE))
                .of(new TopicPartition("in", 0));
        Changes before = new Changes(state, () -> 0);
        before(kind, before.of("step"));
        state.apply(before);
        TimerTask task = Objects.requireNonNull(state.timed().get(new TopicPartition("test-step-changelog", 0)));
        assertFalse(task.isDue(0));
        Changes after = new Changes(state, () -> 0);
        assertEquals(List.of(), plan.process(new SourceRecord(new TopicPartition("in", 0), 1, 0, 60,
                bytes('z'), bytes('z'), List.of()), after));
        state.apply(after);
        task.read(0);
        SourceRecord due = Objects.requireNonNull(task.task().start(true)).record();
        Changes given = new Changes(state, () -> 0);
        assertEquals(kind.out.subList(0, 1), plan.process(due, given).stream().map(output ->
                TEXT.deserialize("", output.key()) + ":" + TEXT.deserialize("", output.value()) + " @"
                        + output.timestampMs()).toList());
        state.apply(given);
        assertFalse(task.isDue(0));
    }

    /// A step behind may find such a result late: what it tells of then is the result that was due, not a row.
    @Test
    void oneThatIsLateForALaterStepIsTold() {
        KeyedStream<String, String> left = Topology.from("in", TEXT, TEXT).groupByKey(TEXT);
        KeyedStream<String, String> right = Topology.from("other", TEXT, TEXT).groupByKey(TEXT);
        Topology topology = left.leftJoin("step", right, JoinWindows.within(TEN), TEXT, TEXT,
                (one, two) -> one + "+" + two).groupByKey(TEXT).windowedBy(TUMBLING).lateTo("late").count("counts")
                .map(record -> record.with(record.key().key(), "" + record.value())).to("out", TEXT, TEXT);
        try (TestDriver driver = TestDriver.of(topology, Delivery.EXACTLY_ONCE)) {
            pipe(driver, "a", 3);
            driver.pipe("other", TEXT, TEXT, "b", "b", 13);
            pipe(driver, "b", 13);
            pipe(driver, "last", 14);
            driver.run();
            assertEquals(List.of("a:a @3"), driver.read("late", TEXT, TEXT).stream().map(record ->
                    record.key() + ":" + record.value() + " @" + record.timestampMs()).toList());
        }
    }
}
