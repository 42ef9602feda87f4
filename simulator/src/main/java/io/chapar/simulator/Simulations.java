package io.chapar.simulator;

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
