package io.chapar.broker.log.model;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

import java.io.IOException;

/// A partition over a disk that fails, against a simple model: see [LogRun].
final class LogModelProperties {
    @Property(tries = 200)
    void aPartitionIsWhatWasAcknowledged(@ForAll long seed, @ForAll @IntRange(min = 5, max = 120) int steps)
            throws IOException {
        run(seed, steps);
    }

    @Property(tries = 10_000, shrinking = ShrinkingMode.OFF)
    @Tag("nightly")
    void aPartitionIsWhatWasAcknowledgedAtLength(
            @ForAll long seed, @ForAll @IntRange(min = 5, max = 120) int steps) throws IOException {
        run(seed, steps);
    }

    /// The same steps, cut off at each operation of the disk in turn.
    @Property(tries = 2, shrinking = ShrinkingMode.OFF)
    void everyOperationMayBeTheLast(@ForAll @LongRange(min = 0) long seed) throws IOException {
        cutEverywhere(seed, 20);
    }

    @Property(tries = 200, shrinking = ShrinkingMode.OFF)
    @Tag("nightly")
    void everyOperationMayBeTheLastAtLength(@ForAll @LongRange(min = 0) long seed) throws IOException {
        cutEverywhere(seed, 40);
    }

    private static void cutEverywhere(long seed, int steps) throws IOException {
        long operations = new LogRun(seed, Long.MAX_VALUE).run(steps);
        for (long at = 1; at <= operations; at++) {
            new LogRun(seed, at).run(steps);
        }
    }

    private static void run(long seed, int steps) throws IOException {
        new LogRun(seed, -1).run(steps);
    }
}
