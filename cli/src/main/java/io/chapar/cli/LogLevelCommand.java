package io.chapar.cli;

import io.chapar.client.ChaparException;
import io.chapar.client.admin.LoggerLevel;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

@Command(
        name = "level",
        description = "Show and change how much the loggers of brokers say, while they run.",
        subcommands = {LogLevelCommand.ListAll.class, LogLevelCommand.Show.class, LogLevelCommand.Change.class,
            LogLevelCommand.Unset.class})
final class LogLevelCommand extends NounCommand {
    /// Whose loggers: those of one broker, or of all that are there.
    static final class Brokers {
        @Option(names = "--broker", paramLabel = "ID", description = "The number of one broker (default: all).")
        @Nullable Integer broker;

        List<Integer> in(Cluster cluster) {
            return broker != null ? List.of(broker)
                    : cluster.describe().nodes().stream().map(Node::id).sorted().toList();
        }
    }

    private static Listing listed(Cluster cluster, Brokers brokers, Predicate<LoggerLevel> wanted) {
        Table table = new Table("logger", "level", "from", "broker");
        for (int broker : brokers.in(cluster)) {
            cluster.loggers(broker).stream().filter(wanted)
                    .forEach(one -> table.row(one.logger(), one.level(), one.from(), broker));
        }
        return new Listing(table);
    }

    @Command(
            name = "list",
            description = "List the loggers that there are, and their packages, with what they say.",
            footer = {"", "Loggers come with what uses them. FROM is the logger whose level it is.",
                "", "Examples:", "  chapar log level list --own", "  chapar log level list --match '.*coordinator.*'"})
    static final class ListAll extends ListCommand {
        @Mixin
        Brokers brokers = new Brokers();

        @Option(names = "--match", paramLabel = "REGEX",
                description = "Only loggers that match the expression as a whole.")
        @Nullable String match;

        @Option(names = "--own", description = "Only loggers that have a level of their own.")
        boolean own;

        private Pattern pattern = Pattern.compile("");

        @Override
        void check() {
            try {
                pattern = Pattern.compile(match == null ? ".*" : match);
            } catch (PatternSyntaxException e) {
                throw usage("--match is a regular expression, not '" + match + "'.");
            }
        }

        @Override
        Listing list(Cluster cluster) {
            return listed(cluster, brokers, one -> pattern.matcher(one.logger()).matches()
                    && (!own || one.logger().equals(one.from())));
        }
    }

    @Command(
            name = "show",
            description = "Show what loggers say, and whose level it is.",
            footer = {"", "Example:", "  chapar log level show root io.chapar.broker.net"})
    static final class Show extends ListCommand {
        @Mixin
        Brokers brokers = new Brokers();

        @Parameters(paramLabel = "LOGGER", arity = "1..*", description = "The loggers' names.")
        List<String> loggers = new ArrayList<>();

        @Override
        Listing list(Cluster cluster) {
            Set<String> all = new LinkedHashSet<>();
            Listing listing = listed(cluster, brokers, one -> {
                all.add(one.logger());
                return loggers.contains(one.logger());
            });
            for (String logger : loggers) {
                if (!all.contains(logger)) {
                    String near = Words.nearest(logger, all);
                    throw new CommandFailure("There is no logger '" + logger + "'"
                            + (near == null ? "" : ". Did you mean " + near + "?"));
                }
            }
            return listing;
        }
    }

    /// Of all brokers each is told, whatever becomes of the others.
    abstract static class Changing extends ClusterCommand {
        @Mixin
        Brokers brokers = new Brokers();

        final int change(Map<String, String> set, List<String> unset, String done) {
            List<String> failures = new ArrayList<>();
            try (Cluster cluster = connect()) {
                for (int broker : brokers.in(cluster)) {
                    try {
                        cluster.changeLoggers(broker, set, unset);
                        said(done + " at broker " + broker + ".");
                    } catch (CommandFailure | ChaparException e) {
                        String which = "Broker " + broker + ": ";
                        failures.add(String.valueOf(e.getMessage()).startsWith(which) ? e.getMessage()
                                : which + e.getMessage());
                    }
                }
            }
            if (!failures.isEmpty()) {
                throw new CommandFailure(String.join(" ", failures));
            }
            return DONE;
        }
    }

    @Command(
            name = "set",
            description = "Let loggers say more or less until their brokers end; all of them or, when one makes no"
                    + " sense, none.",
            footer = {"",
                "Levels: TRACE, DEBUG, INFO, WARN, ERROR, FATAL, OFF. A package stands for all that is in it.",
                "", "Examples:", "  chapar log level set io.chapar.broker.net=DEBUG",
                "  chapar log level set --broker 1 root=INFO io.chapar.broker.coordinator=WARN"})
    static final class Change extends Changing {
        @Parameters(paramLabel = "LOGGER=LEVEL", arity = "1..*",
                description = "Loggers, and how much they are to say.")
        List<String> words = new ArrayList<>();

        @Override
        public Integer call() {
            Map<String, String> levels = new LinkedHashMap<>();
            for (String word : words) {
                int at = word.indexOf('=');
                if (at < 1 || at == word.length() - 1) {
                    throw usage("A level is given as LOGGER=LEVEL, not '" + word + "'.");
                }
                levels.put(word.substring(0, at), word.substring(at + 1).toUpperCase(Locale.ROOT));
            }
            List<String> set = levels.entrySet().stream().map(one -> one.getKey() + "=" + one.getValue()).toList();
            return change(levels, List.of(), "Set " + String.join(", ", set));
        }
    }

    @Command(
            name = "unset",
            description = "Let loggers say again what they did when their brokers were started.",
            footer = {"", "Example:", "  chapar log level unset io.chapar.broker.net"})
    static final class Unset extends Changing {
        @Parameters(paramLabel = "LOGGER", arity = "1..*", description = "The loggers' names.")
        List<String> loggers = new ArrayList<>();

        @Override
        public Integer call() {
            return change(Map.of(), loggers.stream().distinct().toList(), "Unset " + String.join(", ", loggers));
        }
    }
}
