package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Steps with state and timers of the user's own, whatever call is cut off by a crash, refused, left without an answer,
/// or met by a fence, an expired session or a rebalance.
class ProcessProperties {
    private static final int INPUTS = 30;
    private static final ValueState<Integer> SUM = ValueState.named("sum", Serdes.int32());
    private static final MapState<Integer, Integer> COUNTS = MapState.named("counts", Serdes.int32(), Serdes.int32());
    private static final ListState<Integer> LIST = ListState.named("list", Serdes.int32());
    private static final KeyTimer IDLE = KeyTimer.inStreamTime("idle");
    private static final KeyTimer CLOCK = KeyTimer.onWallClock("clock");

    /// Two steps, the second behind a topic; the first tells what it has gathered when its stream has been idle, and
    /// every 0.7 s by the clock as long as there is anything.
    private static Topology topology() {
        KeyProcess<Integer, Integer, Integer> gather = KeyProcess.<Integer, Integer, Integer>of((record, context) -> {
            int value = record.value() == null ? 0 : record.value();
            Integer sum = context.get(SUM);
            context.set(SUM, (sum == null ? 0 : sum) + value);
            Integer count = context.of(COUNTS).get(value % 3);
            context.of(COUNTS).put(value % 3, count == null ? 1 : count + 1);
            context.of(LIST).add(value);
            context.set(IDLE, record.timestampMs() + 20);
            if (context.timeOf(CLOCK) == null) {
                context.set(CLOCK, context.wallClockMs() + 700);
            }
        }).on(IDLE, (timeMs, context) -> {
            if (Integer.valueOf(7).equals(context.of(COUNTS).get(0))) {
                throw new IllegalArgumentException("seven are too many");
            }
            Integer sum = context.get(SUM);
            context.emit((sum == null ? 0 : sum) + context.of(COUNTS).all().hashCode());
            context.of(COUNTS).clear();
            context.set(SUM, null);
        }).on(CLOCK, (timeMs, context) -> {
            Integer first = context.of(LIST).removeFirst();
            if (first != null) {
                context.emit(first);
                context.set(CLOCK, timeMs + 700);
            }
        });
        return Topology.from("in", Serdes.int32(), Serdes.int32()).groupByKey(Serdes.int32()).process("gather", gather)
                .groupBy(record -> record.value() % 2, Serdes.int32(), Serdes.int32())
                .process("again", gather).to("out", Serdes.int32(), Serdes.int32());
    }

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, 500), Arbitraries.of(all)).ofMaxSize(12);
    }

    @Property(tries = 60)
    void timersAndStateAreOneWithOutputsAndPositions(@ForAll("faults") Map<Integer, Fault> faults, @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 2)
                .withCommitRecords(maxPoll, commitRecords).withOnError(ErrorPolicy.deadLetter("dead", 0));
        Random random = new Random(seed);
        try (TestDriver driver = TestDriver.of(topology(), settings, StageProperties.script(faults))) {
            driver.refuse(output -> output.topic().equals("out") && output.value() != null && output.value()[3] % 5 == 4
                    ? ErrorCode.INVALID_RECORD : null);
            for (int number = 0; number < INPUTS; number++) {
                driver.pipe("in", Serdes.int32(), Serdes.int32(), random.nextInt(9) == 0 ? null : random.nextInt(4),
                        random.nextInt(9) == 0 ? null : (Integer) random.nextInt(100),
                        Math.max(0, number * 5 - random.nextInt(30)));
                if (number % 10 == 9) {
                    driver.advance(Duration.ofMillis(random.nextInt(2_000)));
                }
            }
            driver.run().assertExactlyOnce();
            driver.advance(Duration.ofSeconds(24)).run().assertExactlyOnce();
        }
    }

    /// No timer is lost and none comes twice: each second value is told in the end, by a timer of its own.
    @Property(tries = 60)
    void everyTimerComesOnce(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        KeyProcess<Integer, Integer, Integer> process = KeyProcess.<Integer, Integer, Integer>of((record, context) ->
                context.set(record.value() % 2 == 0 ? CLOCK : IDLE, record.value() * 70L))
                .on(CLOCK, (timeMs, context) -> context.emit((int) (timeMs / 70)))
                .on(IDLE, (timeMs, context) -> context.emit((int) (timeMs / 70)));
        Topology topology = Topology.from("in", Serdes.int32(), Serdes.int32()).groupByKey(Serdes.int32())
                .process("p", process).to("out", Serdes.int32(), Serdes.int32());
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 3)
                .withCommitRecords(maxPoll, commitRecords);
        try (TestDriver driver = TestDriver.of(topology, settings, StageProperties.script(faults))) {
            for (int number = 0; number < INPUTS; number++) {
                driver.pipe("in", Serdes.int32(), Serdes.int32(), number, number, 0);
            }
            driver.run().advance(Duration.ofSeconds(18)).run();
            for (int key = 100; key < 120; key++) {
                driver.pipe("in", Serdes.int32(), Serdes.int32(), key, 0, 1_000_000);
            }
            driver.run().assertExactlyOnce();
            Map<Integer, Integer> times = new TreeMap<>();
            List<StreamRecord<Integer, Integer>> out = driver.read("out", Serdes.int32(), Serdes.int32());
            out.stream().filter(record -> record.key() < INPUTS).forEach(record ->
                    times.merge(record.value(), 1, Integer::sum));
            Map<Integer, Integer> expected = new TreeMap<>();
            for (int number = 0; number < INPUTS; number++) {
                expected.put(number, 1);
            }
            assertEquals(expected, times);
        }
    }
}
