package io.chapar.cli;

import io.chapar.broker.config.DynamicSettings;
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
import java.util.concurrent.TimeUnit;

@Command(
        name = "config",
        description = "Show, explain and change the settings of topics and brokers.")
final class ConfigCommand extends NounCommand {
    /// Whose settings: a topic's, which is the first word then, or those of brokers.
    static final class Subject {
        @Option(names = "--broker", paramLabel = "ID", description = "The number of a broker, instead of a topic.")
        @Nullable Integer broker;

        @Option(names = "--all-brokers", description = "What is set for all brokers while they run.")
        boolean allBrokers;

        @Parameters(paramLabel = "[TOPIC] ...", arity = "0..*",
                description = "The topic's name, unless brokers are meant; then what to do.")
        List<String> words = new ArrayList<>();

        boolean isBrokers() {
            return broker != null || allBrokers;
        }

        /// The words behind the topic's name.
        List<String> rest() {
            return isBrokers() ? words : words.subList(Math.min(1, words.size()), words.size());
        }

        private String topic() {
            return words.getFirst();
        }

        String what() {
            return allBrokers ? "all brokers" : broker != null ? "broker " + broker : "topic " + topic();
        }

        void check(ClusterCommand command) {
            if (broker != null && allBrokers) {
                throw command.usage("--broker means one of them, --all-brokers all.");
            }
            if (!isBrokers() && words.isEmpty()) {
                throw command.usage("Name a topic, or a broker with --broker.");
            }
        }

        List<ConfigEntry> settings(Cluster cluster) {
            return allBrokers ? cluster.brokersConfig()
                    : broker != null ? cluster.config(broker) : cluster.config(topic());
        }

        void change(Cluster cluster, Map<String, String> set, List<String> unset) {
            if (isBrokers()) {
                cluster.changeBroker(broker, set, unset);
            } else {
                cluster.change(topic(), set, unset);
            }
        }
    }

    /// A list of settings of one topic, of one broker, or of all.
    abstract static class ListSettings extends ListCommand {
        @Mixin
        Subject subject = new Subject();

        @Override
        void check() {
            subject.check(this);
            if (!subject.rest().isEmpty()) {
                throw usage("Name a topic, or a broker with --broker.");
            }
        }
    }

    /// Does something with settings that are named behind whose they are.
    abstract static class NamedSettings extends ClusterCommand {
        @Mixin
        Subject subject = new Subject();

        @Override
        public final Integer call() {
            subject.check(this);
            if (subject.rest().isEmpty()) {
                throw usage("Name the settings" + howToName() + ".");
            }
            run(subject.rest());
            return DONE;
        }

        /// Ends the sentence that asks for them.
        String howToName() {
            return "";
        }

        abstract void run(List<String> named);

        final CommandFailure unknown(String name, List<ConfigEntry> all) {
            String near = Words.nearest(name, all.stream().map(ConfigEntry::name).toList());
            return new CommandFailure("There is no setting '" + name + "' of " + subject.what()
                    + (near == null ? "" : ". Did you mean " + near + "?"));
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
    static final class Describe extends ListSettings {
        @Override
        Listing list(Cluster cluster) {
            Table table = new Table("name", "value", "from");
            subject.settings(cluster).forEach(one -> table.row(one.name(), one.value(), from(one.source())));
            return new Listing(table);
        }
    }

    @Command(
            name = "explain",
            description = "Say what a setting means, what it is, who says so, and what that hides.",
            footer = {"", "Examples:", "  chapar config explain flights retention.ms",
                "  chapar config explain --broker 1 log.retention.ms"})
    static final class Explain extends NamedSettings {
        @Override
        String howToName() {
            return " to explain";
        }

        @Override
        void run(List<String> named) {
            try (Cluster cluster = connect()) {
                List<ConfigEntry> all = subject.settings(cluster);
                for (String name : named) {
                    explain(all.stream().filter(one -> one.name().equals(name)).findFirst()
                            .orElseThrow(() -> unknown(name, all)));
                }
            }
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
    static final class Diff extends ListSettings {
        @Override
        Listing list(Cluster cluster) {
            Table table = new Table("name", "value", "from", "default");
            for (ConfigEntry one : subject.settings(cluster)) {
                String byDefault = byDefault(one);
                if (one.source() != Source.DEFAULT && !Objects.equals(byDefault, one.value())) {
                    table.row(one.name(), one.value(), from(one.source()), byDefault);
                }
            }
            Listing listing = new Listing(table);
            return table.isEmpty()
                    ? listing.line("Everything about " + subject.what() + " is as it is by default.") : listing;
        }

        /// In the setting's own unit.
        static @Nullable String byDefault(ConfigEntry one) {
            for (Synonym each : one.synonyms()) {
                if (each.source() == Source.DEFAULT && each.value() != null) {
                    return one.name().endsWith(".ms") && each.name().endsWith(".hours")
                            ? Long.toString(TimeUnit.HOURS.toMillis(Long.parseLong(each.value()))) : each.value();
                }
            }
            return null;
        }
    }

    @Command(
            name = "set",
            description = "Give a topic settings of its own, or brokers while they run; all of them or, when one makes"
                    + " no sense, none.",
            footer = {"", "Examples:", "  chapar config set flights retention.ms=3600000 cleanup.policy=compact,delete",
                "  chapar config set --all-brokers log.retention.ms=3600000"})
    static final class Change extends NamedSettings {
        @Override
        String howToName() {
            return ", as KEY=VALUE";
        }

        @Override
        void run(List<String> named) {
            Map<String, String> settings = new LinkedHashMap<>();
            for (String word : named) {
                int at = word.indexOf('=');
                if (at < 1) {
                    throw usage("A setting is given as KEY=VALUE, not '" + word + "'.");
                }
                settings.put(word.substring(0, at), word.substring(at + 1));
            }
            try (Cluster cluster = connect()) {
                subject.change(cluster, settings, List.of());
                settings.forEach((name, value) ->
                        said("Set " + name + "=" + value + " on " + subject.what() + "."));
            }
        }
    }

    @Command(
            name = "unset",
            description = "Take settings of its own from a topic, or from brokers what they were given while they run.",
            footer = {"", "Example:", "  chapar config unset flights retention.ms"})
    static final class Unset extends NamedSettings {
        @Override
        void run(List<String> named) {
            try (Cluster cluster = connect()) {
                requireKnown(cluster, named);
                subject.change(cluster, Map.of(), named);
                named.forEach(name -> said("Unset " + name + " on " + subject.what() + "."));
            }
        }

        /// A broker unsets whatever it is told to, and nothing under a name that is mistyped. Of all brokers together
        /// only what is set can be listed.
        private void requireKnown(Cluster cluster, List<String> named) {
            List<ConfigEntry> all = subject.settings(cluster);
            for (String name : named) {
                boolean listed = all.stream().anyMatch(one -> one.name().equals(name));
                if (!listed && !(subject.allBrokers && DynamicSettings.isKnown(name))) {
                    throw unknown(name, all);
                }
            }
        }
    }
}
