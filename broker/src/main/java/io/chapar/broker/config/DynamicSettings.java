package io.chapar.broker.config;

import org.jspecify.annotations.Nullable;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/// The settings of brokers that can change while they run, for one of them or for all. What they were started with
/// holds where nothing else is said.
public final class DynamicSettings {
    /// What the controller goes by, which is one for all, and what would be promised or not by who happens to lead.
    private static final Set<String> OF_ALL = Set.of(
            "min.insync.replicas", "unclean.leader.election.enable", "reassign.concurrent",
            "log.flush.acks");

    /// Kafka's, that no file of settings has. Those of replication count for replicas that their topics name; the last
    /// is kept, and shown.
    private static final Set<String> RATES = Set.of("leader.replication.throttled.rate",
            "follower.replication.throttled.rate", "replica.alter.log.dirs.io.max.bytes.per.second");

    /// Kafka's (KIP-1066), of one broker alone, that no file of settings has either: it gets no new replicas.
    public static final String CORDONED = "cordoned.log.dirs";
    /// All folders of the broker, of which there is one.
    public static final String ALL_FOLDERS = "*";

    private static final Set<String> SERVED = served();

    private DynamicSettings() {}

    private static Set<String> served() {
        Set<String> names = new LinkedHashSet<>(Set.of("producer.id.expiration.ms", "message.max.decompressed.bytes",
                "auto.create.topics.enable", "num.partitions", "default.replication.factor", "fetch.max.bytes",
                "group.consumer.assignment.interval.ms", "group.streams.assignment.interval.ms",
                "group.share.assignment.interval.ms",
                "reassign.concurrent"));
        for (TopicConfig.Setting setting : TopicConfig.all()) {
            if (setting.brokerKey() != null) {
                names.add(setting.brokerKey());
            }
        }
        return names;
    }

    /// Whether a change takes effect while the broker runs.
    public static boolean isServed(String name) {
        return SERVED.contains(name);
    }

    /// Whether it can be stated while brokers run, with effect or without.
    public static boolean isKnown(String name) {
        return isServed(name) || RATES.contains(name) || name.equals(CORDONED) || KafkaSettings.isWithoutEffect(name);
    }

    /// What one of them is for that no file of settings has.
    public static String about(String name) {
        return name.equals(CORDONED) ? "* keeps new replicas off this broker; those that it has stay."
                : RATES.contains(name) ? "Bytes a second, of the replicas that their topics name."
                : "Accepted without effect.";
    }

    /// What is wrong with these, as a sentence; null when nothing is.
    ///
    /// @param ofAll whether they are for all brokers
    public static @Nullable String problem(Map<String, String> settings, boolean ofAll) {
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            String problem = problem(setting.getKey(), setting.getValue(), ofAll);
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    private static @Nullable String problem(String name, String value, boolean ofAll) {
        if (RATES.contains(name)) {
            String problem = SettingTypes.integer(0, Long.MAX_VALUE).problem(value);
            return problem == null ? null : name + " " + problem + ".";
        }
        if (name.equals(CORDONED)) {
            return ofAll ? name + " is said of one broker: new replicas have to go somewhere."
                    : value.isEmpty() || value.equals(ALL_FOLDERS) ? null
                    : name + " is to be " + ALL_FOLDERS + ", or empty: a broker has one folder.";
        }
        if (!isKnown(name)) {
            return BrokerConfig.setting(name) != null
                    ? name + " cannot change while a broker runs; it is to be stated where the broker is started."
                    : KafkaSettings.unservedWhileRunning(name);
        }
        if (!ofAll && OF_ALL.contains(name)) {
            return name + " is the same for all brokers; it can be set for all of them alone.";
        }
        return BrokerConfig.problem(name, value);
    }
}
