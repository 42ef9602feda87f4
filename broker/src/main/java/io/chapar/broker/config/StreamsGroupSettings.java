package io.chapar.broker.config;

import io.chapar.broker.config.BrokerConfig.Setting;
import io.chapar.broker.config.SettingTypes.Check;
import io.chapar.broker.config.SettingTypes.Kind;
import io.chapar.broker.group.streams.TaskAssignor;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.function.ToLongFunction;

/// Settings of streams groups (KIP-1071), by Kafka's names and with its defaults; `max.internal.partitions` is not of
/// Kafka's.
final class StreamsGroupSettings {
    private static final String PREFIX = "group.streams.";
    private static final String STANDBYS = "num.standby.replicas";
    private static final String WARMUPS = "num.warmup.replicas";
    private static final String OFFSETS = "task.offset.interval.ms";

    private StreamsGroupSettings() {}

    static void addTo(Map<String, Setting> all) {
        Check positive = SettingTypes.integer(1, Integer.MAX_VALUE);
        Check anyInt = SettingTypes.integer(0, Integer.MAX_VALUE);
        ConsumerGroupSettings.addTimes(all, PREFIX, "streams groups");
        add(all, "max.size", Kind.INT, Integer.toString(Integer.MAX_VALUE), positive, "Members of one such group.");
        add(all, "max.internal.partitions", Kind.INT, "50000", positive,
                "Partitions that the topics which one application has for itself may have together; one that needs"
                        + " more is told so by status.");
        add(all, "initial.rebalance.delay.ms", Kind.INT, "3000", anyInt,
                "How long the first member of such a group waits for more before tasks are shared out.");
        add(all, STANDBYS, Kind.INT, "0", anyInt, "Copies of the state of each task of such a group.");
        add(all, "max.standby.replicas", Kind.INT, "2", anyInt, "Highest " + PREFIX + STANDBYS + " of one group.");
        add(all, WARMUPS, Kind.INT, "2", anyInt,
                "Tasks of such a group whose state is warmed up at a time, before they move to it.");
        add(all, "max.warmup.replicas", Kind.INT, "20", anyInt, "Highest " + PREFIX + WARMUPS + " of one group.");
        add(all, "acceptable.recovery.lag", Kind.LONG, "10000", SettingTypes.integer(0, Long.MAX_VALUE),
                "Lag of a copy that a task moves to at once, in records.");
        add(all, OFFSETS, Kind.INT, "60000", positive, "How often members say how far their tasks are.");
        add(all, "min.task.offset.interval.ms", Kind.INT, "15000", positive,
                "Lowest " + PREFIX + OFFSETS + " of the broker or of one group.");
        add(all, "rack.aware.assignment.tags", Kind.LIST, "", SettingTypes.any(),
                "Tags of clients over whose values standby tasks are spread.");
        add(all, "assignors", Kind.LIST, TaskAssignor.NAME, StreamsGroupSettings::assignorProblem,
                "Assignors of such groups; there is one.");
    }

    private static void add(
            Map<String, Setting> all, String name, Kind kind, String byDefault, Check check, String about) {
        all.put(PREFIX + name, new Setting(PREFIX + name, kind, byDefault, check, about));
    }

    private static @Nullable String assignorProblem(String value) {
        return value.strip().equals(TaskAssignor.NAME) ? null
                : "must be " + TaskAssignor.NAME + ", not '" + value + "'";
    }

    /// What is wrong with all of them together, as a sentence; null when nothing is.
    static @Nullable String problem(ToLongFunction<String> settings) {
        String problem = ConsumerGroupSettings.problem(PREFIX, settings);
        if (problem != null) {
            return problem;
        }
        for (String[] pair : new String[][] {{STANDBYS, "max.standby.replicas"}, {WARMUPS, "max.warmup.replicas"},
                {"min." + OFFSETS, OFFSETS}}) {
            long value = settings.applyAsLong(PREFIX + pair[0]);
            long highest = settings.applyAsLong(PREFIX + pair[1]);
            if (value > highest) {
                return PREFIX + pair[0] + " is " + value + ", which is more than " + PREFIX + pair[1] + " ("
                        + highest + ").";
            }
        }
        return null;
    }
}
