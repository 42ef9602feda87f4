package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

import static org.junit.jupiter.api.Assertions.assertTrue;

/// Stores that outlive their instance: whatever cuts it off, what they hold and what they read again of the changelog
/// come to what was committed. Their disk is full now and then.
class LastingStateProperties {
    private static final int INPUTS = 30;
    private static final int KEYS = 5;
    private static final int CALLS = 250;
    private static final int FULL_PER_CENT = 5;

    /// Counts, windows that close, keys that are removed, and timers that fire.
    private static Topology topology() {
        Stream<Integer, Integer> in = Topology.from("in", Serdes.int32(), Serdes.int32());
        KeyTimer idle = KeyTimer.inStreamTime("idle");
        ListState<Integer> seen = ListState.named("seen", Serdes.int32());
        KeyProcess<Integer, Integer, String> process = KeyProcess.<Integer, Integer, String>of((record, context) -> {
            context.of(seen).add(record.value());
            context.set(idle, record.timestampMs() + 3);
        }).on(idle, (timeMs, context) -> {
            context.emit(timeMs + ":" + context.of(seen).all());
            context.of(seen).removeFirst();
        });
        TimeWindows windows = TimeWindows.tumbling(Duration.ofMillis(4));
        return Topology.of(
                in.groupByKey(Serdes.int32()).count("counts").to("counts", Serdes.int32(), Serdes.int64()),
                in.groupByKey(Serdes.int32()).aggregate("lists", Serdes.string(), () -> "",
                        (key, value, list) -> value % 4 == 3 ? null : list + "," + value)
                        .to("lists", Serdes.int32(), Serdes.string()),
                in.groupByKey(Serdes.int32()).windowedBy(windows).emitFinal().count("windows")
                        .to("windows", Windowed.serde(Serdes.int32(), windows), Serdes.int64()),
                in.groupByKey(Serdes.int32()).process("watch", process)
                        .to("watch", Serdes.int32(), Serdes.string()));
    }

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, CALLS), Arbitraries.of(all)).ofMaxSize(12);
    }

    private static TestDriver driver(Topology topology, TestDriver.Settings settings, Map<Integer, Fault> faults,
            long seed) {
        int[] calls = new int[1];
        Random random = new Random(seed);
        Map<String, Storage> disks = new TreeMap<>();
        Function<String, Storage> disk = instance -> disks.computeIfAbsent(instance,
                name -> new LastingRows.Disk(() -> random.nextInt(100) < FULL_PER_CENT));
        Map<Integer, Fault> script = new TreeMap<>(faults);
        TestDriver driver = TestDriver.of(topology, settings, (call, instance) -> {
            Fault fault = script.remove(++calls[0]);
            return fault == null ? Fault.NONE : fault;
        }, Pace.of(settings).withDisks(disk::apply));
        for (int number = 0; number < INPUTS; number++) {
            driver.pipe("in", Serdes.int32(), Serdes.int32(), number % KEYS, number, number);
        }
        return driver;
    }

    @Property(tries = 1000)
    void exactlyOnceStateIsWhatEachRecordCausedOnce(@ForAll("faults") Map<Integer, Fault> faults, @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 3)
                .withCommitRecords(maxPoll, commitRecords);
        try (TestDriver driver = driver(topology(), settings, faults, seed)) {
            driver.run().assertExactlyOnce();
        }
    }

    @Property(tries = 300)
    void atLeastOnceStateHasCountedEveryRecord(@ForAll("faults") Map<Integer, Fault> faults, @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 6) int maxPoll, @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        Topology counting = Topology.from("in", Serdes.int32(), Serdes.int32()).groupByKey(Serdes.int32())
                .count("counts").to("counts", Serdes.int32(), Serdes.int64());
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.AT_LEAST_ONCE).withInstances(1, 2)
                .withCommitRecords(maxPoll, commitRecords);
        try (TestDriver driver = driver(counting, settings, faults, seed)) {
            Map<Integer, Long> highest = new TreeMap<>();
            driver.run().read("counts", Serdes.int32(), Serdes.int64())
                    .forEach(record -> highest.merge(record.key(), record.value(), Math::max));
            for (int key = 0; key < KEYS; key++) {
                assertTrue(highest.getOrDefault(key, 0L) >= INPUTS / KEYS, () -> highest.toString());
            }
        }
    }
}
