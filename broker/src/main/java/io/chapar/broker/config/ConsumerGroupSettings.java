package io.chapar.broker.config;

import io.chapar.broker.config.BrokerConfig.Setting;
import io.chapar.broker.config.SettingTypes.Check;
import io.chapar.broker.config.SettingTypes.Kind;
import io.chapar.broker.group.consumer.Assignors;
import io.chapar.broker.group.consumer.MigrationPolicy;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/// Settings of groups of the consumer protocol (KIP-848), by Kafka's names and with its defaults.
final class ConsumerGroupSettings {
    private static final String PREFIX = "group.consumer.";
    private static final String MAX_SIZE = PREFIX + "max.size";
    private static final String ASSIGNORS = PREFIX + "assignors";
    private static final String MIGRATION = PREFIX + "migration.policy";

    private ConsumerGroupSettings() {}

    static void addTo(Map<String, Setting> all) {
        Check positive = SettingTypes.integer(1, Integer.MAX_VALUE);
        addTimes(all, PREFIX, "groups of the consumer protocol");
        add(all, MAX_SIZE, Kind.INT, Integer.toString(Integer.MAX_VALUE), positive, "Members of one such group.");
        add(all, ASSIGNORS, Kind.LIST, String.join(",", Assignors.known()), ConsumerGroupSettings::assignorProblem,
                "Assignors that members may choose; the first where they do not.");
        add(all, MIGRATION, Kind.STRING, MigrationPolicy.BIDIRECTIONAL.kafkaName(),
                ConsumerGroupSettings::migrationProblem,
                "Which groups with members may change between the classic and the consumer protocol.");
    }

    private static @Nullable String migrationProblem(String value) {
        return MigrationPolicy.of(value) != null ? null
                : "must be disabled, upgrade, downgrade or bidirectional, not '" + value + "'";
    }

    /// Which groups have whose coordinator shares out what there is to do.
    static void addTimes(Map<String, Setting> all, String prefix, String groups) {
        Check positive = SettingTypes.integer(1, Integer.MAX_VALUE);
        Check anyInt = SettingTypes.integer(0, Integer.MAX_VALUE);
        addBounded(all, prefix, new Bounded("session.timeout.ms", 45_000, 45_000, 60_000), positive,
                "How long a member may be silent, in " + groups + ".");
        addBounded(all, prefix, new Bounded("heartbeat.interval.ms", 5_000, 5_000, 15_000), positive,
                "How often members of such a group show up.");
        addBounded(all, prefix, new Bounded("assignment.interval.ms", 1_000, 0, 15_000), anyInt,
                "Least time between two assignments of such a group.");
    }

    private record Bounded(String name, int byDefault, int lowest, int highest) {}

    private static void addBounded(
            Map<String, Setting> all, String prefix, Bounded one, Check check, String about) {
        String name = one.name();
        add(all, prefix + name, Kind.INT, Integer.toString(one.byDefault()), check, about);
        add(all, prefix + "min." + name, Kind.INT, Integer.toString(one.lowest()), check,
                "Lowest " + prefix + name + " of the broker or of one group.");
        add(all, prefix + "max." + name, Kind.INT, Integer.toString(one.highest()), check,
                "Highest " + prefix + name + " of the broker or of one group.");
    }

    private static void add(
            Map<String, Setting> all, String name, Kind kind, String byDefault, Check check, String about) {
        all.put(name, new Setting(name, kind, byDefault, check, about));
    }

    private static @Nullable String assignorProblem(String value) {
        return !names(value).isEmpty() && Assignors.known().containsAll(names(value)) ? null
                : "must name some of " + String.join(", ", Assignors.known()) + ", not '" + value + "'";
    }

    private static List<String> names(String value) {
        return Arrays.stream(value.split(",", -1)).map(String::strip).filter(one -> !one.isEmpty()).toList();
    }

    /// What is wrong with all of them together, as a sentence; null when nothing is.
    static @Nullable String problem(ToLongFunction<String> settings) {
        return problem(PREFIX, settings);
    }

    static @Nullable String problem(String prefix, ToLongFunction<String> settings) {
        for (String name : List.of("session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms")) {
            long value = settings.applyAsLong(prefix + name);
            long lowest = settings.applyAsLong(prefix + "min." + name);
            long highest = settings.applyAsLong(prefix + "max." + name);
            if (value < lowest || value > highest) {
                return prefix + name + " is " + value + ", and must be from " + prefix + "min." + name + " (" + lowest
                        + ") to " + prefix + "max." + name + " (" + highest + ").";
            }
        }
        long heartbeat = settings.applyAsLong(prefix + "heartbeat.interval.ms");
        long session = settings.applyAsLong(prefix + "session.timeout.ms");
        return heartbeat < session ? null : prefix + "heartbeat.interval.ms is " + heartbeat
                + ", which must be less than " + prefix + "session.timeout.ms (" + session + ").";
    }
}
