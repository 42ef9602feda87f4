package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/// An application with state on disks, through faults that come by a number; and what is wrong afterwards, by
/// recomputation and by counting what its windows have to come to.
public final class StateTrial {
    static final int INPUTS = 30;
    static final int KEYS = 5;
    private static final int PARTITIONS = 3;
    private static final int CALLS = 250;
    private static final int MOST_FAULTS = 10;
    private static final int FULL_PER_CENT = 5;
    private static final int WINDOW_MS = 12;

    private StateTrial() {
    }

    /// What the first of so many trials finds that finds something; null when none does.
    public static @Nullable String firstFault(int trials) {
        for (int trial = 0; trial < trials; trial++) {
            String found = trial % 5 == 4 ? joinTrial(trial) : trial(trial, trial % 3 == 2);
            if (found != null) {
                return "trial " + trial + ": " + found;
            }
        }
        return null;
    }

    private static @Nullable String trial(long seed, boolean parallel) {
        Random random = new Random(seed);
        Map<Integer, Fault> faults = new TreeMap<>();
        Fault[] all = Fault.values();
        for (int count = random.nextInt(MOST_FAULTS); count > 0; count--) {
            faults.put(1 + random.nextInt(CALLS), all[random.nextInt(all.length)]);
        }
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withInstances(1 + random.nextInt(3), PARTITIONS)
                .withCommitRecords(1 + random.nextInt(6), 1 + random.nextInt(9)).withParallel(parallel ? 4 : 1);
        try (TestDriver driver = driver(parallel ? counts() : topology(), settings, faults, seed)) {
            driver.run().assertExactlyOnce();
            return parallel ? null : wrongWindow(driver);
        } catch (AssertionError | RuntimeException e) {
            return e.toString();
        }
    }

    /// A left join: each record meets the one beside it, or comes without when its window has closed, once.
    private static @Nullable String joinTrial(long seed) {
        Random random = new Random(seed);
        Map<Integer, Fault> faults = new TreeMap<>();
        Fault[] all = Fault.values();
        for (int count = random.nextInt(MOST_FAULTS); count > 0; count--) {
            faults.put(1 + random.nextInt(CALLS), all[random.nextInt(all.length)]);
        }
        KeyedStream<Integer, Integer> in = Topology.from("in", Serdes.int32(), Serdes.int32())
                .groupByKey(Serdes.int32());
        Topology topology = in.leftJoin("join", Topology.from("in", Serdes.int32(), Serdes.int32())
                .filter(record -> record.value() % 2 == 0).groupByKey(Serdes.int32()),
                JoinWindows.within(Duration.ofMillis(KEYS)), Serdes.int32(), Serdes.int32(),
                (left, right) -> left + "+" + right).to("joined", Serdes.int32(), Serdes.string());
        try (TestDriver driver = driver(topology, TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withInstances(1 + random.nextInt(3), PARTITIONS)
                .withCommitRecords(1 + random.nextInt(6), 1 + random.nextInt(9)), faults, seed)) {
            driver.run().assertExactlyOnce();
            return null;
        } catch (AssertionError | RuntimeException e) {
            return e.toString();
        }
    }

    /// Inputs come in the order of their times, so that none is late.
    private static @Nullable String wrongWindow(TestDriver driver) {
        TimeWindows windows = TimeWindows.tumbling(Duration.ofMillis(WINDOW_MS));
        Map<String, Long> expected = new HashMap<>();
        for (int number = 0; number < INPUTS; number++) {
            expected.merge(number % KEYS + "@" + number / WINDOW_MS * WINDOW_MS, 1L, Long::sum);
        }
        List<String> seen = new ArrayList<>();
        for (StreamRecord<Windowed<Integer>, Long> window : driver.read("windows",
                Windowed.serde(Serdes.int32(), windows), Serdes.int64())) {
            String name = window.key().key() + "@" + window.key().startMs();
            if (seen.contains(name) || !window.value().equals(expected.get(name))) {
                return "window " + name + " has " + window.value() + " of " + expected.get(name);
            }
            seen.add(name);
        }
        return null;
    }

    private static Topology counts() {
        return Topology.from("in", Serdes.int32(), Serdes.int32()).groupByKey(Serdes.int32()).count("counts")
                .to("counts", Serdes.int32(), Serdes.int64());
    }

    /// Counts, windows that close, keys that are removed, and timers that fire.
    static Topology topology() {
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
        TimeWindows windows = TimeWindows.tumbling(Duration.ofMillis(WINDOW_MS));
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

    /// Each instance has a disk, which is full now and then; `seed` says when.
    static TestDriver driver(Topology topology, TestDriver.Settings settings, Map<Integer, Fault> faults, long seed) {
        int[] calls = new int[1];
        Random random = new Random(seed);
        Map<String, Storage> disks = new TreeMap<>();
        Map<Integer, Fault> script = new TreeMap<>(faults);
        TestDriver driver = TestDriver.of(topology, settings, (call, instance) -> {
            Fault fault = script.remove(++calls[0]);
            return fault == null ? Fault.NONE : fault;
        }, Pace.of(settings).withDisks(instance -> disks.computeIfAbsent(instance,
                name -> new LastingRows.Disk(() -> random.nextInt(100) < FULL_PER_CENT))));
        for (int number = 0; number < INPUTS; number++) {
            driver.pipe("in", Serdes.int32(), Serdes.int32(), number % KEYS, number, number);
        }
        return driver;
    }
}
