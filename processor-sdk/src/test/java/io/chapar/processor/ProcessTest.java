package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ProcessTest {
    private static final ValueState<Long> COUNT = ValueState.named("count", Serdes.int64());
    private static final MapState<String, Long> BY_VALUE = MapState.named("by-value", Serdes.string(), Serdes.int64());
    private static final ListState<String> LATEST = ListState.named("latest", Serdes.string());
    private static final KeyTimer IDLE = KeyTimer.inStreamTime("idle");
    private static final KeyTimer CLOCK = KeyTimer.onWallClock("clock");

    private static Topology topology(KeyProcess<String, String, String> process) {
        return Topology.from("in", Serdes.string(), Serdes.string()).groupByKey(Serdes.string())
                .process("p", process).to("out", Serdes.string(), Serdes.string());
    }

    private static TestDriver driver(KeyProcess<String, String, String> process) {
        return TestDriver.of(topology(process), Delivery.EXACTLY_ONCE);
    }

    private static void pipe(TestDriver driver, String key, String value, long timeMs) {
        driver.pipe("in", Serdes.string(), Serdes.string(), key, value, timeMs);
    }

    private static List<String> out(TestDriver driver) {
        return driver.read("out", Serdes.string(), Serdes.string()).stream()
                .map(record -> record.key() + "=" + record.value() + "@" + record.timestampMs()).toList();
    }

    /// Says after 10 ms of stream time how many records a key had.
    private static KeyProcess<String, String, String> idle() {
        return KeyProcess.<String, String, String>of((record, context) -> {
            Long before = context.get(COUNT);
            context.set(COUNT, before == null ? 1 : before + 1);
            context.set(IDLE, record.timestampMs() + 10);
        }).on(IDLE, (timeMs, context) -> {
            context.emit(context.get(COUNT) + " by " + context.streamTimeMs());
            context.set(COUNT, null);
        });
    }

    @Test
    void valuesMapsAndListsAreOfOneKey() {
        KeyProcess<String, String, String> process = KeyProcess.of((record, context) -> {
            MapState.Entries<String, Long> byValue = context.of(BY_VALUE);
            if (record.value() == null) {
                byValue.clear();
                context.of(LATEST).clear();
                context.set(COUNT, null);
                return;
            }
            Long before = byValue.get(record.value());
            byValue.put(record.value(), before == null ? 1 : before + 1);
            ListState.Items<String> latest = context.of(LATEST);
            latest.add(record.value());
            if (latest.all().size() > 2) {
                latest.removeFirst();
            }
            Long count = context.get(COUNT);
            context.set(COUNT, count == null ? 1 : count + 1);
            context.emit(context.get(COUNT) + " " + byValue.all() + " " + latest.all());
        });
        try (TestDriver driver = driver(process)) {
            for (String value : new String[] {"a", "b", "a"}) {
                pipe(driver, "k", value, 1);
            }
            pipe(driver, "k\0", "c", 2);
            pipe(driver, "k", null, 3);
            pipe(driver, "k", "d", 4);
            driver.crashAfter(3);
            driver.run();
            assertEquals(1, driver.crashes());
            assertEquals(List.of("k=1 {a=1} [a]@1", "k=2 {a=1, b=1} [a, b]@1", "k=3 {a=2, b=1} [b, a]@1",
                    "k\0=1 {c=1} [c]@2", "k=1 {d=1} [d]@4"), out(driver));
            driver.assertExactlyOnce();
        }
    }

    @Test
    void aTimerInStreamTimeIsDueAfterTheRecordThatBringsItsTime() {
        try (TestDriver driver = driver(idle())) {
            pipe(driver, "a", "x", 5);
            pipe(driver, "b", "x", 7);
            pipe(driver, "a", "x", 8);
            pipe(driver, "c", "x", 18);
            driver.run();
            assertEquals(List.of("b=1 by 18@17", "a=2 by 18@18"), out(driver));
            assertEquals(2, driver.status().timersFired());
            assertEquals(4, driver.status().recordsIn());
            // late: due at once
            pipe(driver, "d", "x", 1);
            driver.run();
            assertEquals("d=1 by 18@11", out(driver).getLast());
            driver.assertExactlyOnce();
        }
    }

    @Test
    void aTimerByTheClockIsDueWithoutRecords() {
        KeyProcess<String, String, String> process = KeyProcess.<String, String, String>of((record, context) ->
                context.set(CLOCK, context.wallClockMs() + 10_000)).on(CLOCK, (timeMs, context) -> {
                    context.emit("at " + (context.wallClockMs() - timeMs));
                    context.set(CLOCK, timeMs + 60_000);
                });
        try (TestDriver driver = driver(process)) {
            pipe(driver, "k", "x", 0);
            driver.run();
            driver.advance(Duration.ofSeconds(9));
            assertEquals(0, driver.status().timersFired());
            driver.advance(Duration.ofSeconds(2));
            assertEquals(1, driver.status().timersFired());
            driver.assertExactlyOnce();
            // Nothing but the changelog knows of it now, and the positions are committed.
            driver.crashAfter(1).advance(Duration.ofMinutes(1));
            assertEquals(1, driver.crashes());
            assertEquals(2, out(driver).size());
            driver.run().assertExactlyOnce();
        }
    }

    /// A member that was given up without its knowledge has a timer due at the same time as its successor.
    @Test
    void aTransactionOfTimersAloneIsFencedByTheGroup() {
        KeyProcess<String, String, String> process = KeyProcess.<String, String, String>of((record, context) ->
                context.set(CLOCK, 20_000)).on(CLOCK, (timeMs, context) -> context.emit("due"));
        for (int after = 1; after < 40; after++) {
            TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(2, 1);
            int[] calls = {Integer.MIN_VALUE};
            int at = after;
            try (TestDriver driver = TestDriver.of(topology(process), settings, (call, instance) ->
                    ++calls[0] == at ? Fault.EXPIRE : Fault.NONE)) {
                pipe(driver, "k", "x", 0);
                driver.run();
                driver.advance(Duration.ofSeconds(15));
                calls[0] = 0;
                driver.advance(Duration.ofSeconds(10)).run();
                assertEquals(List.of("k=due@20000"), out(driver), () -> "expired at call " + at);
                driver.assertExactlyOnce();
            }
        }
    }

    @Test
    void aTimerThatFailsIsGivenUpAlone() {
        KeyProcess<String, String, String> process = KeyProcess.<String, String, String>of((record, context) -> {
            context.set(COUNT, 1L);
            context.set(IDLE, record.timestampMs() + 10);
        }).on(IDLE, (timeMs, context) -> {
            context.set(COUNT, 2L);
            if (context.key().equals("bad")) {
                throw new IllegalArgumentException("not this one");
            }
            context.emit(context.key().equals("large") ? "x".repeat(2_000_000) : "fine");
        });
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(ErrorPolicy.deadLetter("dead", 1));
        try (TestDriver driver = TestDriver.of(topology(process), settings)) {
            driver.refuse(output -> output.topic().equals("out") && new String(output.key(), StandardCharsets.UTF_8)
                    .equals("refused") ? ErrorCode.INVALID_RECORD : null);
            for (String key : List.of("bad", "good", "large", "refused")) {
                pipe(driver, key, "x", 5);
            }
            pipe(driver, "end", "x", 100);
            driver.run();
            assertEquals(List.of("good=fine@15"), out(driver));
            List<StreamRecord<String, String>> dead = driver.read("dead", Serdes.string(), Serdes.string());
            assertEquals(List.of("bad", "large", "refused"), dead.stream().map(StreamRecord::key).sorted().toList());
            assertEquals(15, dead.getFirst().timestampMs());
            driver.assertExactlyOnce();
        }
    }

    @Test
    void whatHasNoKeyIsPassedOverAndCounted() {
        try (TestDriver driver = driver(idle())) {
            pipe(driver, null, "x", 5);
            driver.run();
            assertEquals(1, driver.status().passedOver());
            driver.assertExactlyOnce();
        }
    }

    @Test
    void aTimerMovesAndIsCleared() {
        KeyProcess<String, String, String> process = KeyProcess.<String, String, String>of((record, context) -> {
            switch (record.value()) {
                case "clear" -> context.clear(IDLE);
                case "look" -> context.emit("at " + context.timeOf(IDLE));
                default -> context.set(IDLE, Long.parseLong(record.value()));
            }
        }).on(IDLE, (timeMs, context) -> context.emit("due"));
        try (TestDriver driver = driver(process)) {
            int time = 0;
            for (String value : List.of("5", "50", "look", "clear", "look", "30")) {
                pipe(driver, "k", value, 10 + time++);
            }
            pipe(driver, "other", "look", 100);
            driver.run();
            assertEquals(List.of("k=due@5", "k=at 50@12", "k=at null@14", "other=at null@100", "k=due@30"),
                    out(driver));
            driver.assertExactlyOnce();
        }
    }

    @Test
    void mistakesAreNamed() {
        assertThrows(UsageException.class, () -> ValueState.named("", Serdes.string()));
        assertThrows(UsageException.class, () -> idle().on(KeyTimer.onWallClock("idle"), (time, context) -> { }));
        assertThrows(UsageException.class, () -> TestDriver.of(topology(idle()), Delivery.AT_MOST_ONCE));
        List<String> failures = new ArrayList<>();
        KeyContext<?, ?>[] kept = new KeyContext<?, ?>[1];
        KeyProcess<String, String, String> process = KeyProcess.<String, String, String>of((record, context) -> {
            kept[0] = context;
            failures.add(failure(() -> context.set(CLOCK, 1)));
            failures.add(failure(() -> context.set(IDLE, -1)));
            context.set(IDLE, 1);
        }).on(IDLE, (timeMs, context) -> failures.add(failure(() -> context.set(IDLE, timeMs))));
        try (TestDriver driver = driver(process)) {
            pipe(driver, "k", "x", 5);
            driver.run();
        }
        assertTrue(failures.get(0).contains("no function for timer clock"), failures::toString);
        assertTrue(failures.get(1).contains("before 1970"), failures::toString);
        assertTrue(failures.get(2).contains("has to be later"), failures::toString);
        assertThrows(IllegalStateException.class, () -> kept[0].get(COUNT));
    }

    private static String failure(Runnable step) {
        return assertThrows(IllegalArgumentException.class, step::run).getMessage();
    }

    /// A changed topology finds its state; what a timer was for that it has no more comes to nothing.
    @ParameterizedTest
    @EnumSource(names = "AT_MOST_ONCE", mode = EnumSource.Mode.EXCLUDE)
    void everyModeWithTimers(Delivery delivery) {
        try (TestDriver driver = TestDriver.of(topology(idle()), delivery)) {
            pipe(driver, "a", "x", 5);
            pipe(driver, "b", "x", 50);
            pipe(driver, "c", "x", 90);
            driver.run();
            assertEquals(List.of("a=1 by 50@15", "b=1 by 90@60"), out(driver));
            driver.assertExactlyOnce();
        }
    }
}
