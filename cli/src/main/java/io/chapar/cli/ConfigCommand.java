package io.chapar.cli;

import io.chapar.client.admin.ConfigEntry;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import static java.util.Objects.requireNonNull;

@Command(
        name = "config",
        description = "Show and change the settings of topics.",
        subcommands = {ConfigCommand.Describe.class, ConfigCommand.Change.class, ConfigCommand.Unset.class})
final class ConfigCommand extends NounCommand {
    @Command(
            name = "describe",
            description = "Show the settings in force of a topic, or of a broker.",
            footer = {"",
                "FROM says whose word it is: the topic's own, the broker's as it was started, or the default.",
                "", "Examples:", "  chapar config describe flights", "  chapar config describe --broker 1"})
    static final class Describe extends ClusterCommand {
        @Parameters(paramLabel = "TOPIC", arity = "0..1", description = "The topic's name.")
        @Nullable String topic;

        @Option(names = "--broker", paramLabel = "ID", description = "The number of a broker, instead of a topic.")
        @Nullable Integer broker;

        @Override
        public Integer call() {
            if ((topic == null) == (broker == null)) {
                throw usage("Name a topic, or a broker with --broker.");
            }
            try (Cluster cluster = connect()) {
                Table table = new Table("name", "value", "from");
                for (ConfigEntry one : broker != null ? cluster.config(broker)
                        : cluster.config(requireNonNull(topic, "one of the two"))) {
                    table.row(one.name(), one.value(), one.source().name().toLowerCase(Locale.ROOT));
                }
                table.print(format(), out());
            }
            return DONE;
        }
    }

    /// Settings that a topic has of its own.
    abstract static class OfTopic extends ClusterCommand {
        @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic's name.")
        String topic;
    }

    @Command(
            name = "set",
            description = "Give a topic settings of its own; all of them or, when one makes no sense, none.",
            footer = {"", "Example:", "  chapar config set flights retention.ms=3600000 cleanup.policy=compact,delete"})
    static final class Change extends OfTopic {
        @Parameters(index = "1..*", arity = "1..*", paramLabel = "KEY=VALUE",
                description = "Settings, by Kafka's names.")
        Map<String, String> settings = new LinkedHashMap<>();

        @Override
        public Integer call() {
            try (Cluster cluster = connect()) {
                cluster.change(topic, settings, List.of());
                settings.forEach((name, value) -> said("Set " + name + "=" + value + " on topic " + topic + "."));
            }
            return DONE;
        }
    }

    @Command(
            name = "unset",
            description = "Take settings of its own from a topic; the broker's defaults hold then.",
            footer = {"", "Example:", "  chapar config unset flights retention.ms"})
    static final class Unset extends OfTopic {
        @Parameters(index = "1..*", arity = "1..*", paramLabel = "KEY", description = "Settings, by Kafka's names.")
        List<String> names;

        @Override
        public Integer call() {
            try (Cluster cluster = connect()) {
                cluster.change(topic, Map.of(), names);
                names.forEach(name -> said("Unset " + name + " on topic " + topic + "."));
            }
            return DONE;
        }
    }
}
