package io.chapar.cli;

import io.chapar.client.admin.ConfigEntry;
import io.chapar.client.admin.ConfigEntry.Source;
import io.chapar.client.admin.ConfigEntry.Synonym;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

@Command(
        name = "config",
        description = "Show, explain and change the settings of topics and brokers.")
final class ConfigCommand extends NounCommand {
    /// Whose settings: a topic's, which is the first word then, or those of brokers.
    static final class Whose {
        @Option(names = "--broker", paramLabel = "ID", description = "The number of a broker, instead of a topic.")
        @Nullable Integer broker;

        @Option(names = "--all-brokers", description = "What is set for all brokers while they run.")
        boolean allBrokers;

        boolean isBrokers() {
            return broker != null || allBrokers;
        }

        String name() {
            return allBrokers ? "all brokers" : "broker " + broker;
        }
    }

    /// Of something that is named by the first word, unless brokers are.
    abstract static class OfSomething extends ClusterCommand {
        @Mixin
        Whose whose = new Whose();

        @Parameters(paramLabel = "[TOPIC] ...", arity = "0..*",
                description = "The topic's name, unless brokers are meant; then what to do.")
        List<String> words = new ArrayList<>();

        /// The words behind the topic's name.
        List<String> rest() {
            return whose.isBrokers() ? words : words.subList(Math.min(1, words.size()), words.size());
        }

        String topic() {
            return words.getFirst();
        }

        String what() {
            return whose.isBrokers() ? whose.name() : "topic " + topic();
        }

        void check() {
            if (whose.broker != null && whose.allBrokers) {
                throw usage("--broker means one of them, --all-brokers all.");
            }
            if (!whose.isBrokers() && words.isEmpty()) {
                throw usage("Name a topic, or a broker with --broker.");
            }
        }

        List<ConfigEntry> settings(Cluster cluster) {
            return whose.allBrokers ? cluster.brokersConfig()
                    : whose.broker != null ? cluster.config(whose.broker) : cluster.config(topic());
        }

        void change(Cluster cluster, Map<String, String> set, List<String> unset) {
            if (whose.isBrokers()) {
                cluster.changeBroker(whose.broker, set, unset);
            } else {
                cluster.change(topic(), set, unset);
            }
        }
    }

    private static String from(Source source) {
        return switch (source) {
            case TOPIC -> "topic";
            case BROKER_WHILE_RUNNING -> "broker, while it runs";
            case ALL_BROKERS -> "all brokers";
            case BROKER -> "broker";
            case DEFAULT -> "default";
        };
    }

    @Command(
            name = "describe",
            description = "Show the settings in force of a topic, or of a broker.",
            footer = {"", "FROM says whose word it is: the topic's own, what a broker or all brokers were given while",
                "they run, what the broker was started with, or the default.",
                "", "Examples:", "  chapar config describe flights", "  chapar config describe --broker 1"})
    static final class Describe extends OfSomething {
        @Override
        public Integer call() {
            check();
            if (!rest().isEmpty()) {
                throw usage("Name a topic, or a broker with --broker.");
            }
            try (Cluster cluster = connect()) {
                Table table = new Table("name", "value", "from");
                settings(cluster).forEach(one -> table.row(one.name(), one.value(), from(one.source())));
                table.print(format(), out());
            }
            return DONE;
        }
    }

    @Command(
            name = "explain",
            description = "Say what a setting means, what it is, who says so, and what that hides.",
            footer = {"", "Examples:", "  chapar config explain flights retention.ms",
                "  chapar config explain --broker 1 log.retention.ms"})
    static final class Explain extends OfSomething {
        @Override
        public Integer call() {
            check();
            if (rest().isEmpty()) {
                throw usage("Name the settings to explain.");
            }
            try (Cluster cluster = connect()) {
                List<ConfigEntry> all = settings(cluster);
                for (String name : rest()) {
                    explain(all.stream().filter(one -> one.name().equals(name)).findFirst()
                            .orElseThrow(() -> unknown(name, all)));
                }
            }
            return DONE;
        }

        private CommandFailure unknown(String name, List<ConfigEntry> all) {
            String near = Words.nearest(name, all.stream().map(ConfigEntry::name).toList());
            return new CommandFailure("There is no setting '" + name + "' of " + what()
                    + (near == null ? "" : ". Did you mean " + near + "?"));
        }

        private void explain(ConfigEntry one) {
            if (structured()) {
                Map<String, Object> object = new LinkedHashMap<>();
                object.put("name", one.name());
                object.put("value", one.value());
                object.put("from", from(one.source()));
                object.put("about", one.about());
                object.put("readOnly", one.readOnly());
                Table synonyms = new Table("name", "value", "from");
                one.synonyms().forEach(each -> synonyms.row(each.name(), each.value(), from(each.source())));
                object.put("saidBy", synonyms.objects());
                show(object);
                return;
            }
            out().println(one.name() + " = " + one.value() + ", from " + from(one.source()));
            if (!one.about().isEmpty()) {
                out().println("  " + one.about());
            }
            for (Synonym hidden : one.synonyms().subList(Math.min(1, one.synonyms().size()), one.synonyms().size())) {
                out().println("  hides " + hidden.name() + " = " + hidden.value() + ", from " + from(hidden.source()));
            }
            if (one.readOnly()) {
                out().println("  It is stated where the broker is started, and changes with its next start.");
            }
        }
    }

    @Command(
            name = "diff",
            description = "Show what differs from the defaults, and who set it.",
            footer = {"", "Examples:", "  chapar config diff flights", "  chapar config diff --broker 1"})
    static final class Diff extends OfSomething {
        @Override
        public Integer call() {
            check();
            if (!rest().isEmpty()) {
                throw usage("Name a topic, or a broker with --broker.");
            }
            try (Cluster cluster = connect()) {
                Table table = new Table("name", "value", "from", "default");
                for (ConfigEntry one : settings(cluster)) {
                    String byDefault = byDefault(one);
                    if (one.source() != Source.DEFAULT && !Objects.equals(byDefault, one.value())) {
                        table.row(one.name(), one.value(), from(one.source()), byDefault);
                    }
                }
                if (table.isEmpty() && !structured()) {
                    out().println("Everything about " + what() + " is as it is by default.");
                } else {
                    table.print(format(), out());
                }
            }
            return DONE;
        }

        private static @Nullable String byDefault(ConfigEntry one) {
            return one.synonyms().stream().filter(each -> each.source() == Source.DEFAULT).map(Synonym::value)
                    .filter(Objects::nonNull).findFirst().orElse(null);
        }
    }

    @Command(
            name = "set",
            description = "Give a topic settings of its own, or brokers while they run; all of them or, when one makes"
                    + " no sense, none.",
            footer = {"", "Examples:", "  chapar config set flights retention.ms=3600000 cleanup.policy=compact,delete",
                "  chapar config set --all-brokers log.retention.ms=3600000"})
    static final class Change extends OfSomething {
        @Override
        public Integer call() {
            check();
            Map<String, String> settings = new LinkedHashMap<>();
            for (String word : rest()) {
                int at = word.indexOf('=');
                if (at < 1) {
                    throw usage("A setting is given as KEY=VALUE, not '" + word + "'.");
                }
                settings.put(word.substring(0, at), word.substring(at + 1));
            }
            if (settings.isEmpty()) {
                throw usage("Name the settings, as KEY=VALUE.");
            }
            try (Cluster cluster = connect()) {
                change(cluster, settings, List.of());
                settings.forEach((name, value) -> said("Set " + name + "=" + value + " on " + what() + "."));
            }
            return DONE;
        }
    }

    @Command(
            name = "unset",
            description = "Take settings of its own from a topic, or from brokers what they were given while they run.",
            footer = {"", "Example:", "  chapar config unset flights retention.ms"})
    static final class Unset extends OfSomething {
        @Override
        public Integer call() {
            check();
            if (rest().isEmpty()) {
                throw usage("Name the settings.");
            }
            try (Cluster cluster = connect()) {
                change(cluster, Map.of(), rest());
                rest().forEach(name -> said("Unset " + name + " on " + what() + "."));
            }
            return DONE;
        }
    }
}
