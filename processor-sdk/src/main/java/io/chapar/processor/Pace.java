package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.function.Function;
import java.util.function.ToLongFunction;

/// How the instances of a [TestDriver] work beside its settings. `workMs`: how long each record takes, 0 is at once.
/// `disks`: by instance, what is left of its stores when it dies; null for nothing.
record Pace(Schedule.Choice schedule, ToLongFunction<SourceRecord> workMs,
        Function<String, @Nullable Storage> disks) {
    /// Records that are worked on at the same time take 0 to 6 ms each, seemingly without order.
    private static final long SPREAD = 7_919 * 31L;
    private static final long MAX_WORK_MS = 7;

    /// State is in memory.
    Pace(Schedule.Choice schedule, ToLongFunction<SourceRecord> workMs) {
        this(schedule, workMs, instance -> null);
    }

    static Pace of(TestDriver.Settings settings) {
        return new Pace(Schedule.Choice.byKey(settings.parallel()), settings.parallel() == 1 ? record -> 0
                : record -> Math.floorMod(record.offset() * SPREAD, MAX_WORK_MS));
    }

    Pace withDisks(Function<String, @Nullable Storage> disksOf) {
        return new Pace(schedule, workMs, disksOf);
    }

    States states(String instance, Stages stages, StoreDirectory directory) {
        StateBudget budget = new StateBudget(Long.MAX_VALUE);
        Storage disk = disks.apply(instance);
        return disk == null ? new States(stages, budget, directory) : new States(stages, budget, directory, disk);
    }
}
