package io.chapar.cli;

import io.chapar.cli.ProfileCommand.Talk;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/// The `chapar` command. Nouns are its subcommands, verbs are theirs.
///
/// Exit codes: 0 done, 1 it could not be done (one sentence on standard error), 2 the command line makes no sense.
/// Standard output carries results alone; everything else goes to standard error.
@Command(
    name = "chapar",
    description = "A transactional, exactly-once event platform that speaks Kafka's wire protocol.",
    version = "chapar 0.1.0",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
        "",
        "Exit codes: 0 done, 1 failed, 2 the command line makes no sense.",
        "",
        "Examples:",
        "  chapar demo",
        "  chapar broker --data /var/lib/chapar",
        "  echo hello | chapar produce greetings",
        "  chapar consume greetings --from earliest --count 1",
        "  chapar txn list",
        "  chapar bench --quick       (side by side with Apache Kafka; 'chapar bench --help')",
    })
public final class Chapar implements Runnable {
    static final String BOOTSTRAP_VARIABLE = "CHAPAR_BOOTSTRAP";
    static final String DEFAULT_BOOTSTRAP = "127.0.0.1:9092";

    /// These talk to no broker that is already there, and have no table to show.
    private static final Set<String> ALONE = Set.of("broker", "demo", "simulate", "cheat", "completion");

    final Instant begun = Instant.now();

    InputStream stdin = System.in;
    /// For records, which are bytes and not text.
    OutputStream stdout = new FileOutputStream(FileDescriptor.out);

    @Spec
    CommandSpec spec;

    @Option(
        names = "--bootstrap", scope = ScopeType.INHERIT, paramLabel = "HOST:PORT[,...]",
        description = "Brokers to ask first (default: CHAPAR_BOOTSTRAP, else the profile in use, else "
            + DEFAULT_BOOTSTRAP + ").")
    @Nullable String given;

    @Option(
        names = {"-o", "--output"}, scope = ScopeType.INHERIT, paramLabel = "FORMAT", defaultValue = "table",
        description = "How to print results: ${COMPLETION-CANDIDATES} (default: table).")
    OutputFormat output;

    @Option(
        names = "--verbose", scope = ScopeType.INHERIT,
        description = "Show the whole cause of a failure (also CHAPAR_DEBUG=1).")
    boolean verbose;

    @Option(
        names = {"-h", "--help"}, scope = ScopeType.INHERIT, usageHelp = true,
        description = "Show this help.")
    boolean help;

    @Option(names = {"-V", "--version"}, versionHelp = true, description = "Show the version.")
    boolean version;

    public static void main(String[] args) {
        NativeLibraries.use();
        LoggingBackend.choose(args);
        CommandLine commands = commandLine(args);
        Chapar chapar = commands.getCommand();
        WatchedOutput out = new WatchedOutput(chapar.stdout);
        chapar.stdout = out;
        commands.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
        int code = commands.execute(args);
        commands.getOut().flush();
        if (code == ClusterCommand.DONE && out.problem() != null) {
            commands.getErr().println("chapar: " + out.problem());
            code = Failures.FAILED;
        }
        System.exit(code);
    }

    /// Whom commands talk to, and who says so.
    Talk talk() {
        if (given != null) {
            return new Talk(given, "--bootstrap");
        }
        String said = saidByVariable();
        if (!said.isEmpty()) {
            return new Talk(said, BOOTSTRAP_VARIABLE);
        }
        Profiles profiles = Profiles.read();
        String inUse = profiles.inUse();
        return inUse == null ? new Talk(DEFAULT_BOOTSTRAP, "default")
                : new Talk(profiles.require(inUse), "profile " + inUse);
    }

    /// Empty where it says nothing, set or not.
    static String saidByVariable() {
        return Objects.requireNonNullElse(System.getenv(BOOTSTRAP_VARIABLE), "").strip();
    }

    static CommandLine commandLine() {
        return commandLine(Nouns::addAll);
    }

    /// For this line alone.
    static CommandLine commandLine(String[] args) {
        boolean asksForTheVersion = args.length == 1 && (args[0].equals("-V") || args[0].equals("--version"));
        return asksForTheVersion || args.length == 0 ? commandLine(_ -> { })
                : commandLine(chapar -> Nouns.addNamed(chapar, args));
    }

    private static CommandLine commandLine(Consumer<CommandLine> adding) {
        Chapar chapar = new Chapar();
        CommandLine commands = new CommandLine(chapar);
        adding.accept(commands);
        commands.setCaseInsensitiveEnumValuesAllowed(true);
        commands.setUsageHelpAutoWidth(false);
        commands.setUsageHelpWidth(116);
        commands.setUsageHelpLongOptionsMaxWidth(34);
        commands.setAbbreviatedOptionsAllowed(false);
        commands.setParameterExceptionHandler(Failures::usage);
        commands.setExecutionExceptionHandler(new Failures(chapar));
        commands.getSubcommands().forEach((name, noun) -> {
            if (ALONE.contains(name)) {
                without(noun, "--bootstrap");
                without(noun, "--output");
            }
            noun.getSubcommands().values().stream().filter(verb -> verb.getCommand() instanceof FolderCommand
                            || verb.getCommand() instanceof BackupCommand.OfBackup)
                    .forEach(verb -> without(verb, "--bootstrap"));
        });
        return commands;
    }

    private static void without(CommandLine command, String option) {
        CommandSpec spec = command.getCommandSpec();
        spec.remove(spec.findOption(option));
    }

    /// Called when no subcommand is named: what there is, rather than a complaint.
    @Override
    public void run() {
        spec.commandLine().getOut().print(Overview.TEXT);
    }
}
