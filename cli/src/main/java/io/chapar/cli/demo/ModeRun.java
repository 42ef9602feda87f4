package io.chapar.cli.demo;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;

import static java.util.Objects.requireNonNull;

/// One delivery mode: the processor works through the whole input while the processes are killed at set points of the
/// way.
final class ModeRun {
    /// Who is killed, evenly spread over the input.
    static final List<Victim> PLAN =
            List.of(Victim.PROCESSOR, Victim.BROKER, Victim.PROCESSOR, Victim.BROKER, Victim.PROCESSOR);
    /// Without one more flight processed: a machine that is busy otherwise takes long and gets on.
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    /// Several brokers start, and elect, on the same processors.
    private static final Duration PATIENCE_WITH_SEVERAL = Duration.ofMinutes(2);
    private static final long VERIFY_SECONDS = 180;
    /// Work on one flight takes a little, as it would if another system were asked about it; and on all of them so long
    /// that the last kill finds work half done, also on a machine that is busy otherwise.
    private static final long ALL_WORK_MICROS = 3_000_000;
    private static final int MOST_ATTEMPTS = 4;
    private static final long STEP_MS = 5;
    /// A kill strikes after so many more flights, so that it does not always follow right upon a commit.
    private static final long FEWEST_MORE = 20;
    private static final long MOST_MORE = 500;

    enum Victim {
        PROCESSOR,
        BROKER
    }

    private final String mode;
    private final long input;
    private final Processes processes;
    private final Brokers brokers;
    private final Observer observer;
    private final Progress progress;
    private final Duration patience;
    private long mostDone;
    /// When it last became more.
    private long gotOnNanos;
    /// Null until the run begins.
    private @Nullable Child processor;
    /// Counts the flights that the present processor process says it has taken up.
    private volatile long taken;
    private int processorKills;
    private int processorKillsInFlight;
    private int brokerKills;
    private int brokerKillsInFlight;

    ModeRun(String mode, long input, Processes processes, Brokers brokers, Observer observer,
            Progress progress) {
        this.mode = mode;
        this.input = input;
        this.processes = processes;
        this.brokers = brokers;
        this.patience = brokers.areSeveral() ? PATIENCE_WITH_SEVERAL : PATIENCE;
        this.observer = observer;
        this.progress = progress;
    }

    static String lateTopic(String mode) {
        return application(mode) + "-late";
    }

    static String punctualTopic(String mode) {
        return application(mode) + "-punctual";
    }

    /// The name of the application, which is its group's too.
    static String application(String mode) {
        return "flights-" + mode.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    ModeResult run() throws InterruptedException {
        brokers.awaitReady();
        progress.event(mode);
        startProcessor();
        gotOnNanos = System.nanoTime();
        for (int i = 0; i < PLAN.size(); i++) {
            awaitDone(stage() * (i + 1));
            switch (PLAN.get(i)) {
                case PROCESSOR -> killProcessor();
                case BROKER -> killBroker();
            }
        }
        awaitDone(input);
        brokers.awaitReady(); // or the processor could not commit its last word
        if (!processor().stop()) {
            throw new DemoFailure("The processor did not stop cleanly: " + processor().lastWords());
        }
        progress.passing("  verifying ...");
        return verify();
    }

    /// So many flights lie between two kills; two stages are left after the last, so that it finds work for certain.
    private long stage() {
        return input / (PLAN.size() + 2);
    }

    private Child processor() {
        return requireNonNull(processor, "the run has begun");
    }

    private void startProcessor() {
        taken = 0;
        processor = processes.start("processor", List.of("-XX:TieredStopAtLevel=1", "-Xms32m", "-Xmx256m"),
                "io.chapar.examples.flights.FlightProcessor",
                List.of(brokers.bootstrap(), mode, application(mode), Demo.INPUT, lateTopic(mode),
                        punctualTopic(mode), Long.toString(ALL_WORK_MICROS / input)),
                line -> {
                    if (line.startsWith("taken ")) {
                        taken = Long.parseLong(line.substring("taken ".length()));
                    }
                });
    }

    /// Waits until so many inputs have been committed as processed by the group, and the processor is at work again.
    private void awaitDone(long wanted) throws InterruptedException {
        while (true) {
            long done = done();
            progress.passing(String.format(Locale.ROOT, "  %,d of %,d flights processed", done, input));
            if (done >= wanted && (taken > 0 || wanted == input)) {
                return;
            }
            checkOn();
            Thread.sleep(STEP_MS);
        }
    }

    /// Again, where the kill struck between two transactions.
    private void killProcessor() throws InterruptedException {
        boolean inFlight = false;
        for (int attempt = 0; !inFlight && attempt < MOST_ATTEMPTS; attempt++) {
            boolean working = awaitWork();
            processor().kill();
            inFlight = working && observer.hasWorkInFlight(mode, application(mode), input);
            processorKills++;
            processorKillsInFlight += inFlight ? 1 : 0;
            progress.event("  kill -9 processor, process " + processor().pid() + words(inFlight));
            startProcessor();
        }
    }

    private void killBroker() throws InterruptedException {
        boolean inFlight = awaitWork();
        Child killed = brokers.kill();
        brokerKills++;
        brokerKillsInFlight += inFlight ? 1 : 0;
        progress.event("  kill -9 broker, process " + killed.pid() + words(inFlight));
        long downNanos = System.nanoTime();
        String started = brokers.launch();
        if (brokers.areSeveral()) {
            awaitMore();
            progress.event(String.format(Locale.ROOT, "  work goes on after %d ms; the broker starts again, %s",
                    msSince(downNanos), started));
        } else {
            brokers.awaitReady();
            progress.event(String.format(Locale.ROOT, "  broker is back, %s, after %d ms", started,
                    msSince(downNanos)));
        }
    }

    /// The other brokers take over, or this one is back by then: more is done.
    private void awaitMore() throws InterruptedException {
        long before = done();
        while (before < input && done() <= before) {
            checkOn();
            Thread.sleep(STEP_MS);
        }
    }

    private static long msSince(long nanos) {
        return (System.nanoTime() - nanos) / 1_000_000;
    }

    private static String words(boolean inFlight) {
        return inFlight ? "" : " (between two pieces of work)";
    }

    /// Waits for the processor to be busy, at a random point of its work, in a transaction where the mode has any.
    /// False when it never is.
    private boolean awaitWork() throws InterruptedException {
        long wanted = taken + ThreadLocalRandom.current().nextLong(FEWEST_MORE, Math.min(MOST_MORE, stage() / 2));
        while (done() < input) {
            if (taken >= wanted && observer.hasWorkInFlight(mode, application(mode), input)) {
                return processor().isAlive();
            }
            checkOn();
            Thread.sleep(1);
        }
        return false;
    }

    private void checkOn() {
        String ended = brokers.whatOneSaidThatEnded();
        if (ended != null) {
            throw new DemoFailure("A broker ended by itself: " + ended);
        }
        if (!processor().isAlive()) {
            throw new DemoFailure("The processor ended by itself: " + processor().lastWords());
        }
        if (System.nanoTime() - gotOnNanos > patience.toNanos()) {
            throw new DemoFailure(mode + " does not get on: " + mostDone + " of " + input
                    + " flights were processed, and none in the last " + patience.toSeconds() + " s");
        }
    }

    /// Flights that the group has committed as processed.
    private long done() {
        long done = observer.committed(application(mode));
        if (done > mostDone) {
            mostDone = done;
            gotOnNanos = System.nanoTime();
        }
        return done;
    }

    private ModeResult verify() throws InterruptedException {
        ModeResult.Kills kills = new ModeResult.Kills(processorKills, processorKillsInFlight, brokerKills,
                brokerKillsInFlight);
        AtomicReference<ModeResult> found = new AtomicReference<>();
        Child verifier = processes.start("verifier", List.of("-XX:TieredStopAtLevel=1", "-Xmx256m"),
                Verifier.class.getName(),
                List.of(brokers.bootstrap(), Demo.INPUT, lateTopic(mode), punctualTopic(mode)),
                line -> {
                    ModeResult result = ModeResult.read(line, mode, kills);
                    if (result != null) {
                        found.set(result);
                    }
                });
        int exitCode = verifier.ended(VERIFY_SECONDS);
        ModeResult result = found.get();
        if (exitCode != 0 || result == null) {
            throw new DemoFailure("The verifier came to no result: " + verifier.lastWords());
        }
        progress.event(String.format(Locale.ROOT, "  verified: %,d in, %,d out, %,d lost, %,d duplicated",
                result.input(), result.output(), result.lost(), result.duplicated()));
        return result;
    }
}
