package io.chapar.broker.config;

import io.chapar.broker.config.BrokerConfig.Setting;
import io.chapar.broker.config.SettingTypes.Check;
import io.chapar.broker.config.SettingTypes.Kind;
import io.chapar.broker.pattern.NamePattern;
import io.chapar.broker.pattern.PatternFault;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// The settings that groups have, and subscriptions to clients' metrics (KIP-714), by Kafka's names.
public final class OwnedSettings {
    /// Names of metrics or beginnings of names; `*` for all.
    public static final String METRICS = "metrics";
    public static final String INTERVAL_MS = "interval.ms";
    /// Which clients: `what=pattern` for each of some of [#MATCHED].
    public static final String MATCH = "match";
    public static final Set<String> MATCHED = Set.of("client_instance_id", "client_id", "client_software_name",
            "client_software_version", "client_source_address");

    private static final OwnedSettings GROUP = ofGroups();
    private static final OwnedSettings CLIENT_METRICS = ofClientMetrics();

    private final Map<String, Setting> settings = new LinkedHashMap<>();
    private final String what;

    private OwnedSettings(String what) {
        this.what = what;
    }

    public static OwnedSettings group() {
        return GROUP;
    }

    public static OwnedSettings clientMetrics() {
        return CLIENT_METRICS;
    }

    public Collection<Setting> all() {
        return settings.values();
    }

    /// Null when there is none of that name.
    public @Nullable Setting setting(String name) {
        return settings.get(name);
    }

    /// What is wrong with these, as a sentence; null when nothing is.
    public @Nullable String problem(Map<String, String> config) {
        for (Map.Entry<String, String> entry : config.entrySet()) {
            Setting setting = settings.get(entry.getKey());
            if (setting == null) {
                return "There is no setting '" + entry.getKey() + "' of " + what
                        + SettingTypes.suggestion(entry.getKey(), settings.keySet());
            }
            String problem = setting.check().problem(entry.getValue());
            if (problem != null) {
                return entry.getKey() + " " + problem + ".";
            }
        }
        return null;
    }

    /// Whether Kafka calls the request invalid and not the settings, which it does where a subscription to clients'
    /// metrics has no setting of a name, or has them pushed too often or too rarely.
    ///
    /// @param changes of which one is wrong; a null value unsets
    public static boolean isRequestWrong(Map<String, String> changes) {
        boolean unknown = changes.entrySet().stream().anyMatch(
                one -> one.getValue() != null && CLIENT_METRICS.setting(one.getKey()) == null);
        String interval = changes.get(INTERVAL_MS);
        return unknown || (interval != null
                && SettingTypes.integer(Integer.MIN_VALUE, Integer.MAX_VALUE).problem(interval) == null
                && CLIENT_METRICS.problem(Map.of(INTERVAL_MS, interval)) != null);
    }

    private void add(String name, Kind kind, String byDefault, Check check, String about) {
        settings.put(name, new Setting(name, kind, byDefault, check, about));
    }

    private static OwnedSettings ofClientMetrics() {
        OwnedSettings all = new OwnedSettings("client metrics");
        all.add(METRICS, Kind.LIST, "", SettingTypes.any(),
                "Metrics that clients push, by the beginnings of their names; * for all, empty for none.");
        all.add(INTERVAL_MS, Kind.INT, "300000", SettingTypes.integer(100, 3_600_000),
                "Time between two pushes of a client.");
        all.add(MATCH, Kind.LIST, "", OwnedSettings::matchProblem,
                "Clients that push, as what=pattern,...; empty for all clients.");
        return all;
    }

    private static @Nullable String matchProblem(String value) {
        for (String one : value.isBlank() ? new String[0] : value.split(",", -1)) {
            int at = one.indexOf('=');
            if (at < 0 || !MATCHED.contains(one.substring(0, at).strip())) {
                return "names one of " + String.join(", ", MATCHED.stream().sorted().toList())
                        + " and a pattern, as client_id=app-.*, not '" + one + "'";
            }
            try {
                var _ = NamePattern.of(one.substring(at + 1).strip());
            } catch (PatternFault e) {
                return "has no pattern in '" + one + "': " + e.getMessage();
            }
        }
        return null;
    }

    private static OwnedSettings ofGroups() {
        OwnedSettings all = new OwnedSettings("groups");
        Check positive = SettingTypes.integer(1, Integer.MAX_VALUE);
        Check anyInt = SettingTypes.integer(0, Integer.MAX_VALUE);
        for (String kind : new String[] {"consumer", "share", "streams"}) {
            String members = "a member of this group, where it is a " + kind + " group.";
            all.add(kind + ".session.timeout.ms", Kind.INT, "45000", positive, "Session of " + members);
            all.add(kind + ".heartbeat.interval.ms", Kind.INT, "5000", positive,
                    "Time between two heartbeats of " + members);
            all.add(kind + ".assignment.interval.ms", Kind.INT, "1000", anyInt,
                    "Least time between two assignments of a " + kind + " group.");
            all.add(kind + ".assignor.offload.enable", Kind.BOOLEAN, "true", SettingTypes.bool(),
                    "Accepted without effect.");
        }
        addShare(all);
        addStreams(all, anyInt, positive);
        return all;
    }

    private static void addShare(OwnedSettings all) {
        all.add("share.record.lock.duration.ms", Kind.INT, "30000", SettingTypes.integer(1000, Integer.MAX_VALUE),
                "How long a record of a share group is locked for who acquired it.");
        all.add("share.delivery.count.limit", Kind.INT, "5", SettingTypes.integer(2, Integer.MAX_VALUE),
                "How often a record of a share group is delivered at the most.");
        all.add("share.partition.max.record.locks", Kind.INT, "2000", SettingTypes.integer(100, Integer.MAX_VALUE),
                "Locked records of a partition of a share group.");
        all.add("share.auto.offset.reset", Kind.STRING, "latest", OwnedSettings::resetProblem,
                "Where a share group begins: latest, earliest or by_duration:P...");
        all.add("share.isolation.level", Kind.STRING, "read_uncommitted",
                SettingTypes.oneOf("read_committed", "read_uncommitted"), "What a share group reads.");
        all.add("share.renew.acknowledge.enable", Kind.BOOLEAN, "true", SettingTypes.bool(),
                "Whether members of a share group may renew locks.");
        all.add("errors.deadletterqueue.topic.name", Kind.STRING, "", SettingTypes.any(),
                "Topic for records that a share group rejects.");
        all.add("errors.deadletterqueue.copy.record.enable", Kind.BOOLEAN, "false", SettingTypes.bool(),
                "Whether those records are copied there.");
    }

    private static @Nullable String resetProblem(String value) {
        if (value.equals("latest") || value.equals("earliest")) {
            return null;
        }
        if (value.startsWith("by_duration:")) {
            try {
                Duration ago = Duration.parse(value.substring("by_duration:".length()));
                if (TimeUnit.MILLISECONDS.convert(ago) == Long.MAX_VALUE) {
                    return "is longer than milliseconds can count in '" + value + "'";
                }
                if (!ago.isNegative()) {
                    return null;
                }
            } catch (DateTimeParseException e) {
                return "has no duration in '" + value + "'";
            }
        }
        return "must be latest, earliest or by_duration:PnDTnHnMn.nS, not '" + value + "'";
    }

    private static void addStreams(OwnedSettings all, Check anyInt, Check positive) {
        all.add("streams.num.standby.replicas", Kind.INT, "0", anyInt, "Standby tasks of a streams group.");
        all.add("streams.initial.rebalance.delay.ms", Kind.INT, "3000", anyInt,
                "How long a new streams group waits for more members.");
        all.add("streams.task.offset.interval.ms", Kind.INT, "60000", positive,
                "Time between two reports of how far tasks are.");
        all.add("streams.num.warmup.replicas", Kind.INT, "2", anyInt, "Warm-up tasks of a streams group.");
        all.add("streams.rack.aware.assignment.tags", Kind.LIST, "", SettingTypes.any(),
                "Tags over which standby tasks are spread.");
        all.add("streams.acceptable.recovery.lag", Kind.LONG, "10000", SettingTypes.integer(0, Long.MAX_VALUE),
                "Lag of a task that counts as caught up.");
        all.add("streams.assignor.name", Kind.STRING, "", SettingTypes.any(), "Assignor of a streams group.");
    }
}
