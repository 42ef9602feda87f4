package io.chapar.broker.config;

import io.chapar.broker.config.SettingTypes.Check;
import io.chapar.broker.config.SettingTypes.Kind;
import io.chapar.broker.log.LogConfig;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

/// The settings of a topic: their names (Kafka's), what they may be, and what they mean for the log.
///
/// A value comes from the topic itself, else from the broker's default for all topics, else from the table here.
public final class TopicConfig {
    private static final long DAY_MS = 24L * 3600 * 1000;
    private static final String MIN_IN_SYNC = "min.insync.replicas";
    /// From so many on two replicas of the coordinators' topics have to have what counts.
    private static final int REPLICAS_OF_WHICH_TWO = 3;
    /// Kafka's: what an array of Java's may have.
    private static final int LARGEST_RECORD = 2_147_483_639;

    /// @param brokerKey the broker setting that is the default for all topics; null when there is none
    /// @param about for whoever asks the broker to describe it
    public record Setting(String name, Kind kind, String byDefault, @Nullable String brokerKey, Check check,
            String about) {
        public byte wireType() {
            return kind.wire();
        }

        public boolean isList() {
            return kind == Kind.LIST;
        }
    }

    /// Kafka's settings that cannot be accepted, and why.
    private static final Map<String, String> REFUSED = Map.of(
            "internal.segment.bytes", "it is for Kafka's own tests");

    private static final Map<String, Setting> SETTINGS = settings();

    private final SortedMap<String, String> given;
    private final BrokerConfig broker;

    public TopicConfig(SortedMap<String, String> given, BrokerConfig broker) {
        this.given = given;
        this.broker = broker;
    }

    /// In the order of their names' meaning: retention, size, format, time, durability, compaction.
    public static Collection<Setting> all() {
        return SETTINGS.values();
    }

    public static @Nullable Setting setting(String name) {
        return SETTINGS.get(name);
    }

    /// What is wrong with one of the settings, as a sentence; null when they are fine.
    public static @Nullable String problem(SortedMap<String, String> config) {
        for (var entry : config.entrySet()) {
            Setting setting = SETTINGS.get(entry.getKey());
            if (setting == null) {
                return unknown(entry.getKey());
            }
            String problem = setting.check().problem(entry.getValue());
            if (problem != null) {
                return entry.getKey() + " " + problem + ".";
            }
        }
        return null;
    }

    /// Where two of the values that hold contradict each other, though nothing is wrong with either, as a sentence;
    /// else null.
    public @Nullable String contradiction() {
        long least = number("min.compaction.lag.ms");
        long most = number("max.compaction.lag.ms");
        return least <= most ? null : "min.compaction.lag.ms is " + least
                + ", which is more than max.compaction.lag.ms (" + most + ").";
    }

    /// What to say of a name that no setting has.
    private static String unknown(String name) {
        if (REFUSED.containsKey(name)) {
            return name + " is not served: " + REFUSED.get(name) + ".";
        }
        return "There is no topic setting '" + name + "'" + SettingTypes.suggestion(name, SETTINGS.keySet());
    }

    private static Setting known(String name) {
        return requireNonNull(SETTINGS.get(name), name);
    }

    public boolean isGiven(Setting setting) {
        return given.containsKey(setting.name());
    }

    public String value(Setting setting) {
        String own = given.get(setting.name());
        if (own != null) {
            return own;
        }
        return setting.brokerKey() != null ? broker.value(setting.brokerKey()) : setting.byDefault();
    }

    private String value(String name) {
        return value(known(name));
    }

    private long number(String name) {
        return Long.parseLong(value(name).strip());
    }

    public int minInSyncReplicas() {
        return (int) number(MIN_IN_SYNC);
    }

    public boolean isUncleanElectionAllowed() {
        return Boolean.parseBoolean(value("unclean.leader.election.enable").strip());
    }

    public LogConfig logConfig() {
        String policy = value("cleanup.policy");
        Compression codec = compression(value("compression.type"));
        return LogConfig.builder()
                .segmentBytes((int) number("segment.bytes"))
                .segmentMs(number("segment.ms"))
                .indexIntervalBytes((int) number("index.interval.bytes"))
                .segmentIndexBytes((int) number("segment.index.bytes"))
                .retentionMs(number("retention.ms"))
                .retentionBytes(number("retention.bytes"))
                .maxMessageBytes((int) number("max.message.bytes"))
                .maxDecompressedBytes(broker.count("message.max.decompressed.bytes"))
                .maxDecompressedRecordBytes((int) number("max.decompressed.message.bytes"))
                .compact(policy.contains("compact"))
                .delete(policy.contains("delete"))
                .logAppendTime(value("message.timestamp.type").equals("LogAppendTime"))
                .compressionType(codec)
                .compressionLevel(codec != null && hasLevels(codec) ? (int) number(level(codec)) : 0)
                .timestampBeforeMaxMs(number("message.timestamp.before.max.ms"))
                .timestampAfterMaxMs(number("message.timestamp.after.max.ms"))
                .flushMessages(number("flush.messages"))
                .flushMs(number("flush.ms"))
                .deleteRetentionMs(number("delete.retention.ms"))
                .minCleanableDirtyRatio(Double.parseDouble(value("min.cleanable.dirty.ratio").strip()))
                .minCompactionLagMs(number("min.compaction.lag.ms"))
                .maxCompactionLagMs(number("max.compaction.lag.ms"))
                .flushAcks(Boolean.parseBoolean(value("flush.acks").strip()))
                .minInSyncReplicas(minInSyncReplicas())
                .producerIdExpirationMs(broker.number("producer.id.expiration.ms"))
                .build();
    }

    private static boolean hasLevels(Compression codec) {
        return SETTINGS.containsKey(level(codec));
    }

    private static String level(Compression codec) {
        return "compression." + codec.label() + ".level";
    }

    private static @Nullable Compression compression(String name) {
        return switch (name) {
            case "producer" -> null;
            case "uncompressed" -> Compression.NONE;
            default -> Compression.valueOf(name.toUpperCase(java.util.Locale.ROOT));
        };
    }

    /// What the topics of the coordinators are created with.
    ///
    /// @param replicas of each partition
    public static SortedMap<String, String> forInternalTopic(int replicas) {
        SortedMap<String, String> config = new TreeMap<>();
        if (replicas >= REPLICAS_OF_WHICH_TWO) {
            config.put(MIN_IN_SYNC, "2");
        }
        config.put("cleanup.policy", "compact");
        config.put("compression.type", "uncompressed");
        config.put("segment.bytes", Integer.toString(100 << 20));
        return config;
    }

    /// The same of one that was created with fewer replicas, and is to have so many. What is set for it stays.
    public static SortedMap<String, String> ofInternal(
            SortedMap<String, String> config, BrokerConfig broker, int replicas) {
        SortedMap<String, String> all = new TreeMap<>(config);
        if (replicas >= REPLICAS_OF_WHICH_TWO) {
            all.putIfAbsent(MIN_IN_SYNC,
                    Integer.toString(Math.max(2, new TopicConfig(config, broker).minInSyncReplicas())));
        }
        return all;
    }

    /// What `__share_group_state` is created with: its updates go on from snapshots, so that nothing is compacted and
    /// nothing is too old; what is not needed any more is deleted by whoever keeps it.
    public static SortedMap<String, String> forShareState(int replicas) {
        SortedMap<String, String> config = forInternalTopic(replicas);
        config.put("cleanup.policy", "delete");
        config.put("retention.ms", "-1");
        config.put("retention.bytes", "-1");
        return config;
    }

    private static Map<String, Setting> settings() {
        Map<String, Setting> all = new LinkedHashMap<>();
        Check anyLong = SettingTypes.integer(0, Long.MAX_VALUE);
        Check orForever = SettingTypes.integer(-1, Long.MAX_VALUE);
        Check anyInt = SettingTypes.integer(0, Integer.MAX_VALUE);
        String never = Long.toString(Long.MAX_VALUE);
        add(all, "cleanup.policy", Kind.LIST, "delete", "log.cleanup.policy",
                SettingTypes.listOf("delete", "compact"), "What happens to old records.");
        add(all, "retention.ms", Kind.LONG, Long.toString(7 * DAY_MS), "log.retention.ms", orForever,
                "Age at which records are deleted; -1 keeps them for ever.");
        add(all, "retention.bytes", Kind.LONG, "-1", "log.retention.bytes", orForever,
                "Size of a partition above which its oldest segments are deleted; -1 is without limit.");
        add(all, "segment.bytes", Kind.INT, Integer.toString(1 << 30), "log.segment.bytes",
                SettingTypes.integer(1024, Integer.MAX_VALUE), "Size of one segment file.");
        add(all, "segment.ms", Kind.LONG, Long.toString(7 * DAY_MS), "log.roll.ms",
                SettingTypes.integer(1, Long.MAX_VALUE), "Age at which a new segment file is begun.");
        add(all, "segment.index.bytes", Kind.INT, Integer.toString(10 << 20), "log.index.size.max.bytes",
                SettingTypes.integer(4, Integer.MAX_VALUE), "Upper bound of an index file.");
        add(all, "segment.jitter.ms", Kind.LONG, "0", null, anyLong, "Accepted for compatibility; has no effect.");
        add(all, "index.interval.bytes", Kind.INT, "4096", "log.index.interval.bytes", anyInt,
                "Bytes between two entries of an index.");
        add(all, "max.message.bytes", Kind.INT, "1048588", "message.max.bytes", anyInt,
                "Size of the largest batch that is taken.");
        add(all, "max.decompressed.message.bytes", Kind.INT, Integer.toString(LARGEST_RECORD), null,
                SettingTypes.integer(1, LARGEST_RECORD),
                "Size of the largest record that is taken of a compressed batch, without compression.");
        add(all, "compression.type", Kind.STRING, "producer", "compression.type",
                SettingTypes.oneOf("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"),
                "Codec in which batches are stored; producer keeps them as sent.");
        for (Compression codec : List.of(Compression.GZIP, Compression.LZ4, Compression.ZSTD)) {
            String name = level(codec);
            add(all, name, Kind.INT, Integer.toString(codec.defaultLevel()), name,
                    SettingTypes.compressionLevel(codec), "Level of " + codec.label()
                            + " where compression.type asks for it and a batch comes in another codec.");
        }
        add(all, "message.timestamp.type", Kind.STRING, "CreateTime", "log.message.timestamp.type",
                SettingTypes.oneOf("CreateTime", "LogAppendTime"), "Whose clock a record's timestamp is.");
        add(all, "message.timestamp.before.max.ms", Kind.LONG, never, "log.message.timestamp.before.max.ms", anyLong,
                "How old a record may be when it is appended.");
        add(all, "message.timestamp.after.max.ms", Kind.LONG, "3600000", "log.message.timestamp.after.max.ms", anyLong,
                "How far in the future a record's timestamp may be.");
        add(all, "flush.messages", Kind.LONG, never, "log.flush.interval.messages",
                SettingTypes.integer(1, Long.MAX_VALUE), "Records after which the log is synced.");
        add(all, "flush.ms", Kind.LONG, never, "log.flush.interval.ms", anyLong,
                "Time after which the log is synced.");
        add(all, "flush.acks", Kind.BOOLEAN, "false", "log.flush.acks", SettingTypes.bool(),
                "Whether acks=all and readers wait until a record is synced.");
        add(all, MIN_IN_SYNC, Kind.INT, "1", MIN_IN_SYNC,
                SettingTypes.integer(1, Integer.MAX_VALUE), "Replicas in sync that a write with acks=all needs.");
        add(all, "unclean.leader.election.enable", Kind.BOOLEAN, "false",
                "unclean.leader.election.enable", SettingTypes.bool(),
                "Whether a replica that is behind may lead; without effect while there is one replica.");
        add(all, "delete.retention.ms", Kind.LONG, Long.toString(DAY_MS), "log.cleaner.delete.retention.ms", anyLong,
                "How long compaction keeps tombstones.");
        add(all, "file.delete.delay.ms", Kind.LONG, "60000", null, anyLong,
                "Accepted for compatibility; files go at once, and whoever reads one reads on.");
        add(all, "min.cleanable.dirty.ratio", Kind.DOUBLE, "0.5", "log.cleaner.min.cleanable.ratio",
                SettingTypes.fraction(), "Share of uncompacted bytes that makes a log worth compacting.");
        add(all, "min.compaction.lag.ms", Kind.LONG, "0", "log.cleaner.min.compaction.lag.ms", anyLong,
                "Age below which nothing is compacted.");
        add(all, "max.compaction.lag.ms", Kind.LONG, never, "log.cleaner.max.compaction.lag.ms",
                SettingTypes.integer(1, Long.MAX_VALUE), "Age at which a record is compacted at the latest.");
        add(all, "preallocate", Kind.BOOLEAN, "false", null, SettingTypes.bool(),
                "Accepted for compatibility; has no effect.");
        add(all, "leader.replication.throttled.replicas", Kind.LIST, "", null, SettingTypes.throttledReplicas(),
                "Whose leaders send those that are not in sync no more than the leader's"
                        + " leader.replication.throttled.rate: * or partition:broker,...");
        add(all, "follower.replication.throttled.replicas", Kind.LIST, "", null, SettingTypes.throttledReplicas(),
                "Which replicas, while they are not in sync, are sent no more than their broker's"
                        + " follower.replication.throttled.rate: * or partition:broker,...");
        addWithoutEffect(all);
        return all;
    }

    /// Kafka's settings that tools and older configurations may state.
    private static void addWithoutEffect(Map<String, Setting> all) {
        String local = "Accepted for compatibility; there is no tiered storage, and all segments are local.";
        Check orAsMuch = SettingTypes.integer(-2, Long.MAX_VALUE);
        add(all, "local.retention.ms", Kind.LONG, "-2", null, orAsMuch, local);
        add(all, "local.retention.bytes", Kind.LONG, "-2", null, orAsMuch, local);
        add(all, "remote.copy.lag.ms", Kind.LONG, "0", null, SettingTypes.integer(-1, Long.MAX_VALUE), local);
        add(all, "remote.copy.lag.bytes", Kind.LONG, "-1", null, SettingTypes.integer(-1, Long.MAX_VALUE), local);
        add(all, "remote.log.copy.disable", Kind.BOOLEAN, "false", null, SettingTypes.bool(), local);
        add(all, "remote.log.delete.on.disable", Kind.BOOLEAN, "false", null, SettingTypes.bool(), local);
        add(all, "remote.storage.enable", Kind.BOOLEAN, "false", null,
                SettingTypes.only("false", "there is no tiered storage"), local);
        add(all, "errors.deadletterqueue.group.enable", Kind.BOOLEAN, "false", null,
                SettingTypes.only("false", "share groups have no dead letter queues"),
                "Accepted for compatibility; share groups have no dead letter queues.");
    }

    private static void add(Map<String, Setting> all, String name, Kind kind, String byDefault,
            @Nullable String brokerKey, Check check, String about) {
        all.put(name, new Setting(name, kind, byDefault, brokerKey, check, about));
    }
}
