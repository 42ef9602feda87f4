package io.chapar.bench;

import io.chapar.bench.plots.Plots;
import io.chapar.bench.recording.Recording;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/// `chapar bench`: the same stock clients against Chapar and against Apache Kafka, in turn, on this machine.
///
/// Standard output carries the result alone, everything else goes to standard error. Exit codes as everywhere: 0 done,
/// 1 failed, 2 the command line makes no sense.
@Command(
        name = "chapar bench",
        description = "Measure Chapar side by side with Apache Kafka, with Kafka's own clients and tools.",
        footer = {"",
            "Both systems are started fresh in turn, in every round, as users start them. The table shows the median",
            "of the rounds; a ratio is Chapar's figure divided by Kafka's. Nothing else should run meanwhile.",
            "Takes about eight minutes a round, two with --quick, and up to 4 GB of disk; leaves nothing behind.",
            "", "apps and calls, which have to be named, are applications that process a stream exactly once: those of",
            "Chapar's processor SDK in the one column, those of Kafka Streams in the other, all on Chapar's broker.",
            "They take about nine minutes a round, four with --quick.",
            "", "With --brokers 3 each system is three brokers on this machine, all of them voters, and each partition",
            "has three replicas, of which two have to be in sync. Processor time, memory and threads are those of all",
            "brokers together. With three or more, leaders are killed as well (failover). Takes about thirteen minutes",
            "a round, and up to 11 GB of disk.",
            "", "Examples:", "  chapar bench",
            "  chapar bench --brokers 3 --rounds 1",
            "  chapar bench --quick --only produce,fetch",
            "  chapar bench --rounds 5 --json result.json",
            "  chapar bench --only apps,calls            the processor SDK beside Kafka Streams",
            "  chapar bench plot result.json pictures    draws what --json has written, as SVG",
            "  chapar bench record terminal.svg          films a terminal with chapar demo and chapar status",
            "  chapar bench jmh -h                       the benchmarks of the parts: JMH's own command line"})
public final class Bench implements Callable<Integer> {
    /// As many voters as Chapar's metadata quorum may have.
    private static final int MOST_BROKERS = 5;

    enum SystemName { chapar, kafka }

    enum Part {
        idle, produce, fetch, latency, txn, share, groups, failover,
        /// Applications of the SDK and of Kafka Streams, both on Chapar's brokers.
        apps,
        /// Applications of the SDK that call somebody.
        calls;

        private static final Set<Part> OF_APPLICATIONS = EnumSet.of(apps, calls);
    }

    @Spec
    CommandSpec spec;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "3",
        description = "How often each system is started and measured (default: ${DEFAULT-VALUE}).")
    int rounds;

    @Option(names = "--brokers", paramLabel = "N", defaultValue = "1",
        description = "How many brokers each system consists of, 1 to 5 (default: ${DEFAULT-VALUE}).")
    int brokers;

    @Option(names = "--only", paramLabel = "PART", split = ",",
        description = "What to measure: ${COMPLETION-CANDIDATES} (default: all but apps and calls).")
    Set<Part> only = EnumSet.complementOf(EnumSet.copyOf(Part.OF_APPLICATIONS));

    @Option(names = "--systems", paramLabel = "SYSTEM", split = ",",
        description = "What to measure it with: ${COMPLETION-CANDIDATES} (default: both).")
    Set<SystemName> systems = EnumSet.allOf(SystemName.class);

    @Option(names = "--quick", description = "A quarter of the records and of the time: a first impression.")
    boolean quick;

    @Option(names = "--tiny", hidden = true, description = "Hardly anything: whether it works at all.")
    boolean tiny;

    @Option(names = {"-o", "--output"}, paramLabel = "FORMAT", defaultValue = "table",
        description = "How to print the result: ${COMPLETION-CANDIDATES} (default: table).")
    Output output;

    @Option(names = "--json", paramLabel = "FILE",
            description = "Write the result to this file as JSON, too; after every round.")
    @Nullable Path json;

    @Option(names = "--dir", paramLabel = "FOLDER",
        description = "Where the brokers keep their data meanwhile (default: the system's temporary folder).")
    @Nullable Path dir;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    boolean help;

    enum Output { table, json }

    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length > 0 && args[0].equals("jmh")) {
            org.openjdk.jmh.Main.main(Arrays.copyOfRange(args, 1, args.length));
            return;
        }
        if (args.length > 0 && args[0].equals("plot")) {
            System.exit(Plots.run(List.of(args).subList(1, args.length), System.out, System.err));
        }
        if (args.length > 0 && args[0].equals("record")) {
            Path home = Path.of(System.getProperty("chapar.home", "."));
            System.exit(Recording.run(List.of(args).subList(1, args.length), home, System.err));
        }
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Bench())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(116)
                .setParameterExceptionHandler((e, _) -> {
                    PrintWriter err = e.getCommandLine().getErr();
                    err.println("chapar: " + e.getMessage());
                    err.println("See 'chapar bench --help'.");
                    return 2;
                })
                .setExecutionExceptionHandler((e, command, _) -> {
                    command.getErr().println("chapar: " + e.getMessage());
                    if (!(e instanceof BenchFailure)) {
                        e.printStackTrace(command.getErr());
                    }
                    return 1;
                });
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (rounds < 1 || rounds > 100) {
            throw new ParameterException(spec.commandLine(), "--rounds is between 1 and 100.");
        }
        if (brokers < 1 || brokers > MOST_BROKERS) {
            throw new ParameterException(spec.commandLine(), "--brokers is between 1 and " + MOST_BROKERS + ".");
        }
        if (only.equals(EnumSet.of(Part.failover)) && brokers < Failover.FEWEST_BROKERS) {
            throw new ParameterException(spec.commandLine(),
                    "failover takes --brokers " + Failover.FEWEST_BROKERS + " or more.");
        }
        if (only.equals(EnumSet.of(Part.calls)) && !systems.contains(SystemName.chapar)) {
            throw new ParameterException(spec.commandLine(), "calls are of Chapar's processor SDK alone.");
        }
        Amounts amounts = tiny ? Amounts.TINY : quick ? Amounts.QUICK : Amounts.FULL;
        PrintWriter err = spec.commandLine().getErr();
        Result result = new Result(Machine.describe(), brokers, rounds, amounts.name());
        List<Contender> contenders = new ArrayList<>();
        if (systems.contains(SystemName.chapar)) {
            contenders.add(Contender.chapar(brokers));
        }
        if (systems.contains(SystemName.kafka)) {
            contenders.add(Contender.kafka(brokers));
        }
        try (Workplace workplace = Workplace.open(
                dir, amounts.diskBytes(contenders.getFirst().replicas()))) {
            for (int round = 1; round <= rounds; round++) {
                for (Contender contender : round % 2 == 1 ? contenders : contenders.reversed()) {
                    String where = "round " + round + " of " + rounds + ", " + contender.name() + ": ";
                    measure(contender, workplace, amounts, new Figures(result, contender.name()), what -> {
                        err.println(where + what);
                        err.flush();
                    });
                }
                writeJson(result);
            }
        }
        print(result);
        return 0;
    }

    private void measure(Contender contender, Workplace workplace, Amounts amounts, Figures figures,
            Consumer<String> progress) throws InterruptedException {
        if (!Part.OF_APPLICATIONS.containsAll(only)) {
            new Round(contender, workplace, amounts, only, figures, progress).run();
        }
        Applications.Library library = contender.name().equals(SystemName.chapar.name()) ? Applications.Library.SDK
                : Applications.Library.KAFKA_STREAMS;
        if (Applications.isWanted(library, only)) {
            new Applications(library, Contender.chapar(brokers), workplace, amounts, only, figures, progress).run();
        }
    }

    private void print(Result result) {
        PrintWriter out = spec.commandLine().getOut();
        switch (output) {
            case table -> result.printTable(out);
            case json -> out.println(result.json());
        }
        out.flush();
    }

    /// After every round, so that an interrupted run leaves the rounds that it has finished.
    private void writeJson(Result result) {
        if (json != null) {
            try {
                Files.writeString(json, result.json() + "\n");
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot write " + json, e);
            }
        }
    }
}
