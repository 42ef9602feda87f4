package io.chapar.broker.config;

import io.chapar.broker.config.BrokerConfig.Setting;
import io.chapar.broker.config.SettingTypes.Check;
import io.chapar.broker.config.SettingTypes.Kind;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/// Settings of share groups (KIP-932), by Kafka's names and with its defaults.
final class ShareGroupSettings {
    private static final String PREFIX = "group.share.";
    private static final List<String> BOUNDED = List.of("session.timeout.ms", "heartbeat.interval.ms",
            "assignment.interval.ms", "record.lock.duration.ms", "delivery.count.limit", "partition.max.record.locks");

    private ShareGroupSettings() {}

    static void addTo(Map<String, Setting> all) {
        Check positive = SettingTypes.integer(1, Integer.MAX_VALUE);
        Check anyInt = SettingTypes.integer(0, Integer.MAX_VALUE);
        addBounded(all, "session.timeout.ms", 45_000, 45_000, 60_000, positive,
                "How long a member of a share group may be silent.");
        addBounded(all, "heartbeat.interval.ms", 5_000, 5_000, 15_000, positive,
                "How often members of a share group show up.");
        addBounded(all, "assignment.interval.ms", 1_000, 0, 15_000, anyInt,
                "Least time between two assignments of a share group.");
        addBounded(all, "record.lock.duration.ms", 30_000, 15_000, 60_000, SettingTypes.integer(1_000, 3_600_000),
                "How long a record is locked for the member that acquired it.");
        addBounded(all, "delivery.count.limit", 5, 2, 10, SettingTypes.integer(2, 1_000),
                "How often a record is delivered at the most.");
        addBounded(all, "partition.max.record.locks", 2_000, 100, 4_000, SettingTypes.integer(100, 20_000),
                "Records of a partition that members of a share group may have at one time.");
        add(all, PREFIX + "max.size", "200", SettingTypes.integer(1, 1_000), "Members of one share group.");
        add(all, PREFIX + "max.share.sessions", "2000", positive,
                "Members of share groups that may read from this broker at one time.");
        add(all, "share.coordinator.state.topic.num.partitions", "50", SettingTypes.integer(1, 10_000),
                "Partitions of the topic of share groups' states; read when it is created.");
        add(all, "share.coordinator.state.topic.replication.factor", "3", SettingTypes.integer(1, Short.MAX_VALUE),
                "Replicas of __share_group_state when it is created; never more than there are brokers.");
        add(all, "share.coordinator.snapshot.update.records.per.snapshot", "500", anyInt,
                "Changes of a partition of a share group that are written before all of its state is.");
        add(all, "share.coordinator.state.topic.prune.interval.ms", "300000", positive,
                "Time between two looks for what can be deleted from __share_group_state.");
        add(all, "share.coordinator.write.timeout.ms", "5000", positive,
                "How long a change of a share group's state may take.");
    }

    private static void addBounded(
            Map<String, Setting> all, String name, int byDefault, int lowest, int highest, Check check, String about) {
        add(all, PREFIX + name, Integer.toString(byDefault), check, about);
        add(all, PREFIX + "min." + name, Integer.toString(lowest), check,
                "Lowest " + PREFIX + name + " of the broker or of one group.");
        add(all, PREFIX + "max." + name, Integer.toString(highest), check,
                "Highest " + PREFIX + name + " of the broker or of one group.");
    }

    private static void add(Map<String, Setting> all, String name, String byDefault, Check check, String about) {
        all.put(name, new Setting(name, Kind.INT, byDefault, check, about));
    }

    /// What is wrong with all of them together, as a sentence; null when nothing is.
    static @Nullable String problem(ToLongFunction<String> settings) {
        for (String name : BOUNDED) {
            long value = settings.applyAsLong(PREFIX + name);
            long lowest = settings.applyAsLong(PREFIX + "min." + name);
            long highest = settings.applyAsLong(PREFIX + "max." + name);
            if (value < lowest || value > highest) {
                return PREFIX + name + " is " + value + ", and must be from " + PREFIX + "min." + name + " (" + lowest
                        + ") to " + PREFIX + "max." + name + " (" + highest + ").";
            }
        }
        long heartbeat = settings.applyAsLong(PREFIX + "heartbeat.interval.ms");
        long session = settings.applyAsLong(PREFIX + "session.timeout.ms");
        return heartbeat < session ? null : PREFIX + "heartbeat.interval.ms is " + heartbeat
                + ", which must be less than " + PREFIX + "session.timeout.ms (" + session + ").";
    }
}
