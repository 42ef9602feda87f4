package io.chapar.bench;

import io.chapar.bench.apps.AppKind;
import io.chapar.bench.apps.AppProbe;
import io.chapar.bench.apps.AppSettings;
import io.chapar.bench.apps.KafkaStreamsApp;
import io.chapar.bench.apps.Numbered;
import io.chapar.bench.apps.SdkApp;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// Applications that process a stream exactly once, of the processor SDK or of Kafka Streams, on brokers of Chapar.
///
/// Each is a process of its own, which finds its input written already: what is counted is the way from one number of
/// committed input records to another, the first of which are there to warm up. Then, still running, it gets records at
/// a steady rate. In the end all that it has committed is read back: each record has to have gone through once.
final class Applications {
    /// Else the heap begins with a 64th of the machine's memory, which is used up whatever an application needs.
    private static final List<String> SMALL_AT_FIRST = List.of("-Xms16M");
    private static final int PARTITIONS = 4;
    private static final int KEYS = 10_000;
    private static final int CALLED_KEYS = 1_000;
    private static final int CALL_MS = 20;
    private static final double MILLION = 1e6;
    private static final double NS_PER_SECOND = 1e9;
    private static final long LOOK_EVERY_MS = 5;
    private static final long GIVE_UP_NS = TimeUnit.SECONDS.toNanos(90);

    /// Whose applications.
    enum Library {
        SDK("the SDK", SdkApp.class), KAFKA_STREAMS("Kafka Streams", KafkaStreamsApp.class);

        private final String words;
        private final Class<?> main;

        Library(String words, Class<?> main) {
            this.words = words;
            this.main = main;
        }
    }

    private final Library library;
    private final Contender chapar;
    private final Workplace workplace;
    private final Amounts amounts;
    private final Set<Bench.Part> parts;
    private final Figures figures;
    private final Consumer<String> progress;
    private final Clients clients;
    /// Null until the round begins.
    private @Nullable Brokers brokers;

    /// @param chapar the brokers, whosever applications they are
    Applications(Library library, Contender chapar, Workplace workplace, Amounts amounts, Set<Bench.Part> parts,
            Figures figures, Consumer<String> progress) {
        this.library = library;
        this.chapar = chapar;
        this.workplace = workplace;
        this.amounts = amounts;
        this.parts = parts;
        this.figures = figures;
        this.progress = progress;
        this.clients = new Clients(workplace, amounts);
    }

    /// Whether there is anything to do for it.
    static boolean isWanted(Library library, Set<Bench.Part> parts) {
        return parts.contains(Bench.Part.apps) || (library == Library.SDK && parts.contains(Bench.Part.calls));
    }

    void run() throws InterruptedException {
        Path data = workplace.folder().resolve("applications");
        progress.accept("its broker starts");
        try (Brokers started = Brokers.start(chapar, workplace, data)) {
            brokers = started;
            if (parts.contains(Bench.Part.apps)) {
                for (AppKind kind : amounts.apps().kinds()) {
                    for (int commitMs : amounts.apps().commitMs()) {
                        measure(kind, commitMs);
                    }
                }
            }
            if (parts.contains(Bench.Part.calls) && library == Library.SDK) {
                calls();
            }
        } finally {
            workplace.delete(data);
        }
    }

    private void measure(AppKind kind, int commitMs) throws InterruptedException {
        Amounts.Apps much = amounts.apps();
        String key = "app." + kind.key() + "." + commitMs;
        String what = kind.words() + ", commit every " + commitMs + " ms";
        Numbered bulk = new Numbered("bulk-", KEYS);
        Numbered probed = new Numbered("probed-", KEYS);
        String id = "bench-" + kind.key().replace('.', '-') + "-" + commitMs;
        try (AppTopics topics = AppTopics.create(brokers(), id, PARTITIONS)) {
            progress.accept("gets " + (much.warm() + much.counted()) + " records: " + what);
            topics.fill(bulk, much.warm() + much.counted());
            try (Program app = start(topics, id, kind, commitMs, 1)) {
                progress.accept("processes them: " + what);
                Way way = way(app, topics, much.warm(), much.counted());
                figures.add(Metric.more(key + ".rate", what, "records/s"), way.perSecond());
                figures.add(Metric.less(key + ".cpu", what + ", CPU", "s/million"), way.cpuOfAMillion());
                figures.add(Metric.less(key + ".broker.cpu", what + ", broker CPU", "s/million"),
                        way.brokerCpuOfAMillion());
                progress.accept("gets " + much.rate() + " records a second: " + what);
                probe(key, what, kind, topics, probed, app);
                figures.add(Metric.less(key + ".rss.mb", what + ", resident memory", "MB"), app.residentMb());
            }
            topics.check(kind, Map.of(bulk, much.warm() + much.counted(), probed,
                    AppProbe.records(much.rate(), much.warmMs(), much.ms())), library.words);
        }
    }

    private Program start(AppTopics topics, String id, AppKind kind, int commitMs, int parallel) {
        AppSettings settings = new AppSettings(brokers().bootstrap(), id, topics.input(), topics.output(), kind,
                commitMs, parallel, CALL_MS, workplace.folder().resolve("applications/" + id).toString());
        return Program.launch(workplace, clients.command(SMALL_AT_FIRST, library.main.getName(),
                settings.arguments()),
                workplace.folder().resolve("application.txt").toFile());
    }

    /// What it took to commit some records more.
    private record Way(long records, double seconds, double cpuSeconds, double brokerCpuSeconds) {
        double perSecond() {
            return records / seconds;
        }

        double cpuOfAMillion() {
            return cpuSeconds * MILLION / records;
        }

        double brokerCpuOfAMillion() {
            return brokerCpuSeconds * MILLION / records;
        }
    }

    /// Where one commit has all records, since they are so few, it is the way from the start.
    ///
    /// @param warm after how many committed records it begins to count; it ends after `counted` further ones
    private Way way(Program app, AppTopics topics, int warm, int counted) throws InterruptedException {
        long startNs = System.nanoTime();
        long from = awaitCommitted(app, topics, warm);
        long begin = System.nanoTime();
        double cpu = app.cpuSeconds();
        double brokerCpu = brokers().cpuSeconds();
        long to = awaitCommitted(app, topics, warm + counted);
        boolean isOneCommit = from == to;
        double seconds = (System.nanoTime() - (isOneCommit ? startNs : begin)) / NS_PER_SECOND;
        return new Way(isOneCommit ? to : to - from, seconds, app.cpuSeconds() - cpu,
                brokers().cpuSeconds() - brokerCpu);
    }

    /// At least so many; how many there were.
    private long awaitCommitted(Program app, AppTopics topics, long records) throws InterruptedException {
        long last = -1;
        long lastNs = System.nanoTime();
        while (true) {
            long committed = topics.committed();
            if (committed >= records) {
                return committed;
            }
            app.requireAlive("An application of " + library.words + " ended");
            if (committed != last) {
                last = committed;
                lastNs = System.nanoTime();
            } else if (System.nanoTime() - lastNs > GIVE_UP_NS) {
                throw new BenchFailure("An application of " + library.words + " has committed " + committed + " of "
                        + records + " records and none for a while; it said: " + app.lastWords());
            }
            Thread.sleep(LOOK_EVERY_MS);
        }
    }

    private void probe(String key, String what, AppKind kind, AppTopics topics, Numbered probed, Program app)
            throws InterruptedException {
        Amounts.Apps much = amounts.apps();
        double[] cpu = {Double.NaN, Double.NaN};
        List<String> said = clients.run(AppProbe.class.getName(), List.of(brokers().bootstrap(), topics.input(),
                topics.output(), kind.name(), Integer.toString(much.rate()), Integer.toString(much.warmMs()),
                Integer.toString(much.ms()), probed.prefix(), Integer.toString(probed.keys())), line -> {
            if (line.equals(ToolOutput.BEGIN)) {
                cpu[0] = app.cpuSeconds();
            } else if (line.equals(ToolOutput.END)) {
                cpu[1] = app.cpuSeconds();
            }
        });
        Map<String, Double> told = ToolOutput.figures(said);
        for (String p : List.of("p50", "p99")) {
            figures.add(Metric.less(key + "." + p, what + ", input to committed output, " + p, "ms"),
                    requireNonNull(told.get(p), p));
        }
        figures.add(Metric.less(key + ".steady.cpu",
                what + ", CPU per second at %,d records/s".formatted(much.rate()), "ms"),
                (cpu[1] - cpu[0]) * 1e6 / much.ms());
    }

    /// The same calls one after the other and many at once, on one partition.
    private void calls() throws InterruptedException {
        Amounts.Calls much = amounts.calls();
        double one = calls(1, 0, much.inSequence());
        double many = calls(CALLED_KEYS, much.warm(), much.atOnce());
        figures.add(Metric.more("calls.sequential.rate", "calls of %d ms, one after the other".formatted(CALL_MS),
                "records/s"), one);
        figures.add(Metric.more("calls.parallel.rate", "calls of %d ms, %,d keys at once".formatted(CALL_MS,
                CALLED_KEYS), "records/s"), many);
        figures.add(Metric.more("calls.gain", "calls, at once to one after the other", "times"), many / one);
    }

    private double calls(int parallel, int warm, int counted) throws InterruptedException {
        String id = "bench-calls-" + parallel;
        Numbered numbered = new Numbered("called-", CALLED_KEYS);
        try (AppTopics topics = AppTopics.create(brokers(), id, 1)) {
            topics.fill(numbered, warm + counted);
            progress.accept("calls somebody for each of " + (warm + counted) + " records, at once: " + parallel);
            double perSecond;
            try (Program app = start(topics, id, AppKind.CALL, 100, parallel)) {
                // Its first commit is the beginning where nothing is to warm up.
                perSecond = way(app, topics, Math.max(warm, 1), counted - Math.max(1 - warm, 0)).perSecond();
            }
            topics.check(AppKind.CALL, Map.of(numbered, warm + counted), library.words);
            return perSecond;
        }
    }

    private Brokers brokers() {
        return requireNonNull(brokers, "the round has begun");
    }
}
