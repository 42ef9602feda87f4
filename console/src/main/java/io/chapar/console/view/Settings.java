package io.chapar.console.view;

import io.chapar.client.admin.ConfigEntry;
import io.chapar.console.web.Query;
import io.chapar.console.web.Refusal;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Locale;

/// The settings that are in force for a topic or a broker, and which are not as they are by default.
final class Settings {
    record Page(String what, String name, List<Row> settings) {
    }

    /// @param value null where the broker keeps it to itself
    /// @param differs whether somebody said so
    /// @param said what was said of it where, the one in force first
    record Row(String name, @Nullable String value, boolean differs, String source, boolean readOnly, String about,
            List<Said> said) {
    }

    record Said(String name, @Nullable String value, String source) {
    }

    private final ClusterLink cluster;

    Settings(ClusterLink cluster) {
        this.cluster = cluster;
    }

    Page page(Query query) {
        String name = query.text("name");
        return switch (query.text("what")) {
            case "topic" -> new Page("topic", name,
                    rows(ClusterLink.value(cluster.admin().describeTopicConfig(name), "topic", name)));
            case "broker" -> new Page("broker", name, rows(ClusterLink.value(
                    cluster.admin().describeBrokerConfig(query.count("name", 0, 0, Integer.MAX_VALUE)), "broker",
                    name)));
            default -> throw Refusal.badRequest("There are settings of a topic or a broker");
        };
    }

    private static List<Row> rows(List<ConfigEntry> entries) {
        return entries.stream().map(one -> new Row(one.name(), one.value(),
                one.source() != ConfigEntry.Source.DEFAULT, word(one.source()), one.readOnly(), one.about(),
                one.synonyms().stream().map(said -> new Said(said.name(), said.value(), word(said.source()))).toList()))
                .toList();
    }

    private static String word(ConfigEntry.Source source) {
        return source.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
