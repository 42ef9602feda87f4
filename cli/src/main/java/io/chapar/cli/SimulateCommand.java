package io.chapar.cli;

import io.chapar.simulator.Simulations;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

@Command(
        name = "simulate",
        description = "Check the guarantees: whole clusters on virtual time, with faults, from seeds.",
        footer = {"",
            "Each seed is a small world in one thread: real broker, client and processor code on a simulated network,",
            "simulated disks and clocks, with faults that the seed draws. The same seed goes the same way every time.",
            "", "Exit code 0: every promise held. 1: a seed broke one; it is named, with the last events before it.",
            "130: Ctrl-C; what was run so far is said, and how to go on.",
            "", "Examples:", "  chapar simulate", "  chapar simulate --seed 42 --trace",
            "  chapar simulate --seeds 1..1000", "  chapar simulate --minutes 10"})
final class SimulateCommand implements Callable<Integer> {
    private static final long USUAL_SEEDS = 100;

    @Spec
    CommandSpec spec;

    @Option(names = "--seed", paramLabel = "N", description = "Run this seed.")
    @Nullable Long seed;

    @Option(names = "--seeds", paramLabel = "A..B",
        description = "Run these seeds (default: 1.." + USUAL_SEEDS + "); A.. for all from A on, until Ctrl-C.")
    @Nullable String seeds;

    @Option(names = "--minutes", paramLabel = "M", description = "Run seeds from 1, or from A, on for this long.")
    @Nullable Integer minutes;

    @Option(names = "--trace", description = "Print everything that happens.")
    boolean trace;

    @Override
    public Integer call() {
        if (seed != null && (seeds != null || minutes != null)) {
            throw usage("--seed goes with neither --seeds nor --minutes.");
        }
        if (minutes != null && minutes < 1) {
            throw usage("--minutes is at least 1.");
        }
        long first = seed == null ? 1 : seed;
        long last = seed != null ? seed : minutes == null ? USUAL_SEEDS : Long.MAX_VALUE;
        if (seeds != null) {
            int dots = seeds.indexOf("..");
            try {
                String upTo = seeds.substring(dots + 2);
                first = Long.parseLong(seeds.substring(0, Math.max(0, dots)));
                last = upTo.isEmpty() ? Long.MAX_VALUE : Long.parseLong(upTo);
            } catch (RuntimeException e) {
                throw usage("--seeds is two numbers, as in 1..1000, or one, as in 1.., not '" + seeds + "'.");
            }
            if (first > last) {
                throw usage("--seeds begins with the smaller number.");
            }
        }
        // What brokers log when their simulated disks fail is no news of this machine.
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "off");
        long endNs = minutes == null ? 0 : System.nanoTime() + TimeUnit.MINUTES.toNanos(minutes);
        Simulations all =
                new Simulations(spec.commandLine().getOut(), () -> System.nanoTime() / 1_000_000, trace);
        String more = (minutes == null ? "" : " --minutes " + minutes) + (trace ? " --trace" : "");
        Thread onInterrupt = new Thread(() -> all.interrupted(more), "interrupted");
        Runtime.getRuntime().addShutdownHook(onInterrupt);
        try {
            return all.run(first, last, () -> minutes != null && System.nanoTime() - endNs >= 0) ? 0 : Failures.FAILED;
        } finally {
            forget(onInterrupt);
        }
    }

    private static void forget(Thread onInterrupt) {
        try {
            Runtime.getRuntime().removeShutdownHook(onInterrupt);
        } catch (IllegalStateException endingAlready) {
            return;
        }
    }

    private CommandLine.ParameterException usage(String text) {
        return new CommandLine.ParameterException(spec.commandLine(), text);
    }
}
