package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
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
    private static final int DISORDER_MS = 9;
    private static final Set<Fault> PARTS = EnumSet.of(Fault.CRASH_BEFORE_BUT_CHANGELOGS_WRITTEN,
            Fault.CRASH_BEFORE_BUT_PARTLY_WRITTEN);

    private StateTrial() {
    }

    /// What the first of so many trials finds that finds something; null when none does.
    public static @Nullable String firstFault(int trials) {
        for (int trial = 0; trial < trials; trial++) {
            String found = trial % 5 == 4 ? joinTrial(trial) : trial % 5 == 3 ? versionsTrial(trial)
                    : trial(trial, trial % 3 == 2);
            if (found != null) {
                return "trial " + trial + ": " + found;
            }
        }
        return null;
    }

    private static Map<Integer, Fault> faults(Random random) {
        Map<Integer, Fault> faults = new TreeMap<>();
        // Which part of a transaction is written makes no difference when it is aborted.
        List<Fault> all = Arrays.stream(Fault.values()).filter(fault -> !PARTS.contains(fault)).toList();
        for (int count = random.nextInt(MOST_FAULTS); count > 0; count--) {
            faults.put(1 + random.nextInt(CALLS), all.get(random.nextInt(all.size())));
        }
        return faults;
    }

    private static @Nullable String trial(long seed, boolean parallel) {
        Random random = new Random(seed);
        Map<Integer, Fault> faults = faults(random);
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
        Map<Integer, Fault> faults = faults(random);
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

    /// Versions that come out of order, each by up to [#DISORDER_MS]: what each record is told of the past is what was
    /// known by then. Of its rows a table has to have kept what is not older than its history alone.
    private static @Nullable String versionsTrial(long seed) {
        Random random = new Random(seed);
        Map<Integer, Fault> faults = faults(random);
        Duration history = Duration.ofMillis(DISORDER_MS);
        VersionedState<Integer> state = VersionedState.named("state", Serdes.int32(), history);
        Stream<Integer, Integer> in = Topology.from("in", Serdes.int32(), Serdes.int32());
        Topology topology = Topology.of(
                in.groupByKey(Serdes.int32()).versionedTable("table", Serdes.int32(), history).toStream()
                        .to("table", Serdes.int32(), Serdes.int32()),
                in.groupByKey(Serdes.int32()).process("versions", KeyProcess.<Integer, Integer, String>of(
                        (record, context) -> {
                            context.of(state).put(record.value(), time(record.value()));
                            context.emit(context.of(state).between(0, Long.MAX_VALUE).toString());
                        }).keeping(state)).to("versions", Serdes.int32(), Serdes.string()));
        try (TestDriver driver = driver(topology, TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withInstances(1 + random.nextInt(3), 1)
                .withCommitRecords(1 + random.nextInt(6), 1 + random.nextInt(9)), faults, seed)) {
            driver.run().assertExactlyOnce();
            return wrongVersions(driver);
        } catch (AssertionError | RuntimeException e) {
            return e.toString();
        }
    }

    private static long time(int number) {
        return number - number * 7L % DISORDER_MS + DISORDER_MS;
    }

    private static @Nullable String wrongVersions(TestDriver driver) {
        Map<Integer, TreeMap<Long, Integer>> versions = new TreeMap<>();
        long latestMs = 0;
        for (StreamRecord<Integer, String> told : driver.read("versions", Serdes.int32(), Serdes.string())) {
            int number = (int) told.timestampMs();
            latestMs = Math.max(latestMs, time(number));
            long horizonMs = latestMs - DISORDER_MS;
            TreeMap<Long, Integer> own = versions.computeIfAbsent(told.key(), key -> new TreeMap<>());
            own.put(time(number), number);
            List<Version<Integer>> expected = new ArrayList<>();
            own.forEach((from, value) -> {
                Long to = own.higherKey(from);
                if (to == null || to > horizonMs) {
                    expected.add(new Version<>(value, from, to));
                }
            });
            if (!expected.toString().equals(told.value())) {
                return "record " + number + " was told " + told.value() + ", not " + expected;
            }
        }
        return null;
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
