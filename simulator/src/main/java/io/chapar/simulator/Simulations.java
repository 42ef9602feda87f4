package io.chapar.simulator;

import org.jspecify.annotations.Nullable;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/// Runs one seed after the other, says how that goes, and stops at the first that breaks a promise.
public final class Simulations {
    private static final int TAIL = 60;
    private static final int REPORT_EVERY_MS = 5_000;

    private final PrintWriter out;
    private final LongSupplier realMs;
    private final boolean trace;
    private final FaultCount faults = new FaultCount();
    private long seeds;
    private long simulatedMs;
    private long events;
    /// What holds for all seeds so far; replaced after each, for whoever asks from another thread.
    private volatile @Nullable Progress progress;

    /// @param begunMs in real time
    /// @param next the seed that is under way
    private record Progress(long begunMs, long first, long next, long last, long simulatedMs, long faults) {}

    /// @param realMs real time, for rates alone
    /// @param trace prints everything that happens, not just the last of a seed that fails
    public Simulations(PrintWriter out, LongSupplier realMs, boolean trace) {
        this.out = out;
        this.realMs = realMs;
        this.trace = trace;
    }

    /// Runs seeds from the first to the last, or until `enough`. True when all promises held.
    public boolean run(long first, long last, BooleanSupplier enough) {
        long begunMs = realMs.getAsLong();
        long reportedMs = begunMs;
        progress = new Progress(begunMs, first, first, last, 0, 0);
        for (long seed = first; seed <= last && !enough.getAsBoolean(); seed++) {
            Simulation.Result result = Simulation.run(seed);
            seeds++;
            simulatedMs += result.simulatedMs();
            events += result.events();
            faults.add(result.faults());
            if (trace) {
                result.trace().tail(Integer.MAX_VALUE).forEach(out::println);
                out.printf(Locale.ROOT, "seed %d: trace hash %016x%n", seed, result.traceHash());
            }
            if (result.broken() != null) {
                failed(result);
                return false;
            }
            progress = new Progress(begunMs, first, seed + 1, last, simulatedMs, faults.total());
            long nowMs = realMs.getAsLong();
            if (nowMs - reportedMs >= REPORT_EVERY_MS) {
                reportedMs = nowMs;
                report(nowMs - begunMs);
            }
        }
        report(realMs.getAsLong() - begunMs);
        faults.byName().forEach((fault, count) -> out.printf(Locale.ROOT, "  %-40s %d%n", fault, count));
        out.println("All promises held.");
        out.flush();
        return true;
    }

    /// Says what was run so far, and how to go on; the seed that is under way is not waited for. From any thread.
    ///
    /// @param more options of the command line that go with the seeds that are left, or nothing
    public void interrupted(String more) {
        Progress so = progress;
        if (so == null) {
            return;
        }
        long done = so.next() - so.first();
        double seconds = Math.max(1, realMs.getAsLong() - so.begunMs()) / 1000.0;
        out.println();
        out.println(done == 0 ? "Interrupted in seed " + so.first() + ", the first one."
                : String.format(Locale.ROOT, "Interrupted. All promises held for seeds %d to %d (%.1f per second):"
                        + " %.1f simulated minutes, %d faults.", so.first(), so.next() - 1, done / seconds,
                        so.simulatedMs() / 60_000.0, so.faults()));
        if (so.next() <= so.last()) {
            String upTo = so.last() == Long.MAX_VALUE ? "" : Long.toString(so.last());
            out.println("Go on: chapar simulate --seeds " + so.next() + ".." + upTo + more);
        }
        out.flush();
    }

    private void report(long tookMs) {
        double seconds = Math.max(1, tookMs) / 1000.0;
        out.printf(Locale.ROOT,
                "%d seeds, %.1f per second; %.1f simulated minutes, %.0f per real minute; %d events, %d faults%n",
                seeds, seeds / seconds, simulatedMs / 60_000.0, simulatedMs / 1000.0 / seconds, events, faults.total());
        out.flush();
    }

    private void failed(Simulation.Result result) {
        if (!trace) {
            result.trace().tail(TAIL).forEach(out::println);
        }
        out.println();
        out.println("Seed " + result.seed() + " breaks a promise after " + result.simulatedMs() + " ms:");
        out.println("  " + result.broken());
        out.println("Its world: " + result.world());
        out.println("Again: chapar simulate --seed " + result.seed() + " --trace");
        out.flush();
    }
}
