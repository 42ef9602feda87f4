package io.chapar.broker.config;

import io.chapar.broker.config.SettingTypes.Check;
import io.chapar.broker.config.SettingTypes.Kind;
import io.chapar.broker.group.GroupLimits;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

import static java.util.Objects.requireNonNull;

/// The settings of a broker, checked once. Names and meaning are Kafka's. Of some ([DynamicSettings]) the metadata log
/// may have others, which hold instead: then there is another object of this type.
///
/// @param given the settings that were stated, by name; all others are at their defaults
public record BrokerConfig(SortedMap<String, String> given) {

    /// @param byDefault never null; an empty text stands for "derived"
    public record Setting(String name, Kind kind, String byDefault, Check check, String about) {
        public byte wireType() {
            return kind.wire();
        }

        public boolean isList() {
            return kind == Kind.LIST;
        }
    }

    private static final String SELECTOR = "replica.selector.class";
    private static final String BY_RACK = "org.apache.kafka.common.replica.RackAwareReplicaSelector";
    private static final String LEADERS = "org.apache.kafka.common.replica.LeaderSelector";
    private static final Map<String, Setting> SETTINGS = settings();

    /// Throws [BrokerStartException.BadConfig] when a name is unknown or a value makes no sense.
    public BrokerConfig {
        SortedMap<String, String> served = KafkaSettings.served(given);
        for (Map.Entry<String, String> setting : given.entrySet()) {
            String problem = problem(setting.getKey(), served.getOrDefault(setting.getKey(), setting.getValue()));
            if (problem != null) {
                throw new BrokerStartException.BadConfig(problem);
            }
        }
        given = Collections.unmodifiableSortedMap(served);
        requireReportsInSession(given);
        long lowest = number(given, "group.min.session.timeout.ms");
        long highest = number(given, "group.max.session.timeout.ms");
        if (lowest > highest) {
            throw new BrokerStartException.BadConfig("group.min.session.timeout.ms is " + lowest
                    + ", which is more than group.max.session.timeout.ms (" + highest + ").");
        }
        SortedMap<String, String> all = given;
        Stream.<Supplier<@Nullable String>>of(() -> ConsumerGroupSettings.problem(name -> number(all, name)),
                () -> StreamsGroupSettings.problem(name -> number(all, name)),
                () -> ShareGroupSettings.problem(name -> number(all, name)),
                () -> QuorumVoters.problem(value(all, "quorum"), all, number(all, "node.id")),
                () -> LogSettings.problem(name -> value(all, name))).map(Supplier::get).filter(Objects::nonNull)
                .findFirst().ifPresent(problem -> {
                    throw new BrokerStartException.BadConfig(problem);
                });
    }

    /// One report may be lost, or late.
    private static void requireReportsInSession(Map<String, String> given) {
        long intervalMs = number(given, "broker.heartbeat.interval.ms");
        long sessionMs = number(given, "broker.session.timeout.ms");
        if (2 * intervalMs >= sessionMs) {
            throw new BrokerStartException.BadConfig("broker.heartbeat.interval.ms is " + intervalMs
                    + ", of which broker.session.timeout.ms (" + sessionMs + ") has to be more than twice as much.");
        }
    }

    /// What is wrong with one of these settings, as a sentence; null when it is known and its value is fine.
    public static @Nullable String problem(String name, Map<String, String> settings) {
        return problem(name, KafkaSettings.served(settings).getOrDefault(name, settings.getOrDefault(name, "")));
    }

    /// What is wrong with a setting by itself.
    public static @Nullable String problem(String name, String value) {
        Setting setting = SETTINGS.get(name);
        if (setting == null) {
            return KafkaSettings.problem(name, value);
        }
        String problem = setting.check().problem(value);
        return problem == null ? null : name + " " + problem + ".";
    }

    public static BrokerConfig of(Map<String, String> settings) {
        return new BrokerConfig(new TreeMap<>(settings));
    }

    public static BrokerConfig defaults() {
        return of(Map.of());
    }

    public static Collection<Setting> all() {
        return SETTINGS.values();
    }

    public static @Nullable Setting setting(String name) {
        return SETTINGS.get(name);
    }

    /// The same, but for what these say.
    public BrokerConfig under(Map<String, String> dynamic) {
        TreeMap<String, String> both = new TreeMap<>(given);
        dynamic.forEach((name, value) -> {
            if (DynamicSettings.isServed(name)) {
                both.put(name, value);
            }
        });
        return new BrokerConfig(both);
    }

    /// The same with one setting changed.
    public BrokerConfig with(String name, String value) {
        TreeMap<String, String> changed = new TreeMap<>(given);
        changed.put(name, value);
        return new BrokerConfig(changed);
    }

    public boolean isGiven(String name) {
        return given.containsKey(name);
    }

    public String value(String name) {
        return value(given, name);
    }

    public long number(String name) {
        return number(given, name);
    }

    public int count(String name) {
        return Math.toIntExact(number(name));
    }

    public boolean flag(String name) {
        return value(name).equals("true");
    }

    private static String value(Map<String, String> given, String name) {
        String own = given.get(name);
        if (own != null) {
            return own;
        }
        Setting setting = SETTINGS.get(name);
        if (setting == null) {
            throw new IllegalArgumentException("no setting " + name);
        }
        return setting.byDefault();
    }

    private static long number(Map<String, String> given, String name) {
        return Long.parseLong(value(given, name).strip());
    }

    public int nodeId() {
        return count("node.id");
    }

    public Path dataFolder() {
        return Path.of(value("log.dirs"));
    }

    /// Where to listen; port 0 takes a free one.
    public InetSocketAddress listen() {
        HostPort at = HostPort.parse(value("listeners"));
        return at.host().isEmpty() ? new InetSocketAddress(at.port()) : new InetSocketAddress(at.host(), at.port());
    }

    /// Whether clients of the whole network may connect, as far as the machine's address lets them.
    public boolean listensEverywhere() {
        InetSocketAddress at = listen();
        return at.getAddress() != null && at.getAddress().isAnyLocalAddress();
    }

    /// Where Prometheus reads; null for nowhere. Without a host, on this machine alone.
    public @Nullable HostPort metricsListener() {
        String value = value("metrics.listener");
        if (value.isEmpty()) {
            return null;
        }
        HostPort at = HostPort.parse(value);
        return at.host().isEmpty() ? new HostPort("127.0.0.1", at.port()) : at;
    }

    /// What clients are told to dial; null tells each the address it dialled. A name that was given to listen on is
    /// told as it is; its port 0 stands for the one that was free.
    public @Nullable HostPort advertised() {
        String value = value("advertised.listeners");
        if (!value.isEmpty()) {
            return HostPort.parse(value);
        }
        HostPort listener = HostPort.parse(value("listeners"));
        return listener.isNamed() ? listener : null;
    }

    /// Who votes on the cluster's metadata, by node, with the address at which the quorum's library listens. Empty for
    /// a broker that has no others.
    public SortedMap<Integer, HostPort> voters() {
        return QuorumVoters.parse(value("quorum"));
    }

    /// What other brokers tell clients of this one's address.
    public HostPort clients() {
        String stated = value("advertised.listeners");
        return HostPort.parse(stated.isEmpty() ? value("listeners") : stated);
    }

    /// Whether this broker is one of the voters of its cluster.
    public boolean votes() {
        return voters().containsKey(nodeId());
    }

    /// Where other brokers link with this one of a cluster.
    public HostPort peers() {
        HostPort listed = QuorumVoters.peers(voters()).get(nodeId());
        return listed == null ? HostPort.parse(value("peer.listener")) : listed;
    }

    /// Where this broker takes links of others: beside its quorum's port, where nothing else is said.
    public HostPort peerListener() {
        String stated = value("peer.listener");
        return stated.isEmpty() ? peers() : HostPort.parse(stated);
    }

    /// Null where nobody said where this broker stands.
    public @Nullable String rack() {
        String rack = value("broker.rack");
        return rack.isEmpty() ? null : rack;
    }

    /// Whether consumers are sent to the replica of their rack.
    public boolean selectsByRack() {
        return value(SELECTOR).equals(BY_RACK);
    }

    /// Event loops; each owns its share of connections and partitions.
    public int loops() {
        int stated = count("num.network.threads");
        return stated > 0 ? stated : Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    }

    /// What may be kept under a budget: as stated, or where 0 is, what fits into a part of the heap.
    ///
    /// @param part of the heap, by which it is divided
    /// @param each bytes of one thing
    public long budget(String name, int part, int each) {
        long stated = number(name);
        return stated > 0 ? stated : Runtime.getRuntime().maxMemory() / part / each;
    }

    private static Map<String, Setting> settings() {
        Map<String, Setting> all = new LinkedHashMap<>();
        Check positive = SettingTypes.integer(1, Integer.MAX_VALUE);
        Check anyInt = SettingTypes.integer(0, Integer.MAX_VALUE);
        Check positiveLong = SettingTypes.integer(1, Long.MAX_VALUE);
        add(all, "node.id", Kind.INT, "1", anyInt, "Number of this broker.");
        add(all, "listeners", Kind.LIST, "127.0.0.1:9092", HostPort::problem, "Address to listen on.");
        add(all, "advertised.listeners", Kind.LIST, "", v -> v.isEmpty() ? null : HostPort.problem(v),
                "Address that clients are told; empty tells the name in listeners, or else the address dialled.");
        add(all, "metrics.listener", Kind.STRING, "", v -> v.isEmpty() ? null : HostPort.problem(v),
                "Address of the pages for Prometheus and for health: /metrics, /live, /ready; empty for none.");
        add(all, "metrics.hosts", Kind.LIST, "", KnownHosts::problem,
                "Names by which the pages of metrics.listener may be asked for, beside addresses, localhost, and the"
                        + " names in metrics.listener and advertised.listeners.");
        add(all, "metrics.max.named", Kind.INT, "2000", anyInt,
                "Topics, partitions, groups, and partitions of groups, so many each, that have metrics of their own.");
        add(all, "metrics.otlp.endpoint", Kind.STRING, "", SettingTypes.httpAddress(),
                "Where metrics are sent to as OTLP, protobuf over HTTP, as http://HOST:4318; without a path to"
                        + " /v1/metrics there. Empty sends none.");
        add(all, "console.access", Kind.STRING, "auto", SettingTypes.oneOf("auto", "off", "read", "write"),
                "The web console at /console/ of metrics.listener: off, read, or write where it may also change things."
                        + " auto is read where only this machine reaches that address, else off.");
        LogSettings.addTo(all);
        add(all, "quorum", Kind.LIST, "", QuorumVoters::problem,
                "Who votes on the cluster's metadata, as ID@HOST:PORT,...; the same on all brokers; empty for a broker"
                        + " that has no others.");
        add(all, "peer.listener", Kind.STRING, "", v -> v.isEmpty() ? null : HostPort.problem(v),
                "Address at which other brokers link with this one; its port is the one behind that of the quorum, and"
                        + " empty takes the host of the quorum, too. Where this broker does not vote, what others"
                        + " dial.");
        add(all, "cluster.secret.file", Kind.STRING, "", v -> null,
                "File with the secret that brokers of the cluster prove to each other; empty for none.");
        add(all, "peer.insecure", Kind.BOOLEAN, "false", SettingTypes.bool(),
                "Whether peer.listener may be reached from other machines without a secret and without certificates.");
        add(all, "listener.name.peer.ssl.keystore.location", Kind.STRING, "", v -> null,
                "File, PEM, with this broker's private key and certificates, for links between brokers; empty for links"
                        + " that are not encrypted.");
        add(all, "listener.name.peer.ssl.truststore.location", Kind.STRING, "", v -> null,
                "File, PEM, with the certificates that those of other brokers have to lead to.");
        add(all, "listener.name.peer.ssl.endpoint.identification.algorithm", Kind.STRING, "https",
                v -> v.isEmpty() || v.equals("https") ? null : "is to be https or empty",
                "https: the certificate of a broker that is dialled has to name its host; empty: it need not.");
        add(all, "broker.rack", Kind.STRING, "", v -> v.length() <= 256 ? null : "has more than 256 characters",
                "Where this broker stands, in words of yours: replicas are spread over racks.");
        add(all, SELECTOR, Kind.STRING, "", v -> v.isEmpty() || v.equals(BY_RACK) || v.equals(LEADERS) ? null
                        : "is to be empty, " + LEADERS + " or " + BY_RACK,
                "Which replica consumers read from that say where they stand (client.rack): " + BY_RACK
                        + " sends them to one in sync of the same broker.rack; else all read from leaders.");
        add(all, "log.dirs", Kind.STRING, "./chapar-data", BrokerConfig::folderProblem, "Folder of all data.");
        add(all, "disk.reserve.bytes", Kind.LONG, "-1", SettingTypes.integer(-1, Long.MAX_VALUE),
                "Room on the disk that clients' records do not get; -1 takes 64 MB or 1 % of it, whichever is less.");
        add(all, "num.network.threads", Kind.INT, "0", SettingTypes.integer(0, 1024),
                "Event loops; 0 takes half the processors.");
        add(all, "socket.request.max.bytes", Kind.INT, Integer.toString(100 << 20),
                SettingTypes.integer(1024, Integer.MAX_VALUE - 8), "Size of the largest request.");
        // One of 1 MB has a minute and a line of a hundredth of what is usual; clients themselves wait half a minute.
        add(all, "socket.request.min.bytes.per.second", Kind.INT, Integer.toString(16 << 10), anyInt,
                "Bytes that have to come in a second of a request of more than 16 KiB while others wait for the memory"
                        + " that it takes, or its connection is closed; 0 closes none.");
        add(all, "max.connections", Kind.INT, "10000", positive,
                "Connections at one time. For one more, the one is closed that came first of those that have sent no"
                        + " request yet; it is closed itself where there is none.");
        add(all, "max.connections.per.ip", Kind.INT, Integer.toString(Integer.MAX_VALUE), positive,
                "Connections at one time from one address; more are closed at once.");
        add(all, "connections.first.request.ms", Kind.LONG, "30000", positiveLong,
                "Time in which a new connection has to send a whole request, or it is closed.");
        add(all, "connections.max.idle.ms", Kind.LONG, "600000", positiveLong,
                "Time without any traffic after which a connection is closed.");
        add(all, "auto.create.topics.enable", Kind.BOOLEAN, "true", SettingTypes.bool(),
                "Whether a topic comes into being when a client asks for it.");
        add(all, "num.partitions", Kind.INT, "1", positive, "Partitions of a topic that does not say.");
        add(all, "max.broker.partitions", Kind.INT, "0", anyInt,
                "Partitions that each broker may keep, those of Kafka's own topics aside; topics and partitions of more"
                        + " are refused. 0 takes as many as fit into half of the heap.");
        add(all, "default.replication.factor", Kind.INT, "1", positive,
                "Replicas of a topic that does not say; never more than there are brokers.");
        add(all, "min.insync.replicas", Kind.INT, "1", positive, "Default of the topic setting.");
        add(all, "unclean.leader.election.enable", Kind.BOOLEAN, "false", SettingTypes.bool(),
                "Default of the topic setting.");
        add(all, "transaction.state.log.replication.factor", Kind.INT, "3", positive,
                "Replicas of __transaction_state when it is created; never more than there are brokers.");
        add(all, "offsets.topic.replication.factor", Kind.INT, "3", positive,
                "Replicas of __consumer_offsets when it is created; never more than there are brokers.");
        add(all, "replica.lag.time.max.ms", Kind.LONG, "10000", positiveLong,
                "How long a follower may lag behind its leader before it is taken out of the in-sync replicas.");
        add(all, "broker.session.timeout.ms", Kind.INT, "2000", positive,
                "How long a broker may be silent before the controller fences it.");
        add(all, "broker.heartbeat.interval.ms", Kind.INT, "500", positive,
                "Time between two reports of a broker to the controller.");
        add(all, "auto.leader.rebalance.enable", Kind.BOOLEAN, "true", SettingTypes.bool(),
                "Whether the controller gives partitions back to their first replica once its broker is back.");
        add(all, "reassign.concurrent", Kind.INT, "20", SettingTypes.integer(1, 100_000),
                "Partitions that move at a time at one broker, as one that gets a replica or leads; the others wait.");
        add(all, "broker.boot.proof", Kind.BOOLEAN, "true", SettingTypes.bool(),
                "Whether a machine that has not started anew is taken to have all that was written to the data"
                        + " folder.");
        add(all, "message.max.bytes", Kind.INT, "1048588", anyInt, "Default of max.message.bytes.");
        add(all, "message.max.decompressed.bytes", Kind.INT, Integer.toString(128 << 20),
                SettingTypes.integer(1024, Integer.MAX_VALUE),
                "What a batch may decompress to where its records have to be looked at.");
        add(all, "fetch.max.bytes", Kind.INT, Integer.toString(55 << 20), SettingTypes.integer(1024, Integer.MAX_VALUE),
                "Most bytes of one answer to a fetch.");
        add(all, "max.incremental.fetch.session.cache.slots", Kind.INT, "1000", anyInt, "Fetch sessions kept.");
        add(all, "max.incremental.fetch.session.cache.bytes", Kind.LONG, "0", SettingTypes.integer(0, Long.MAX_VALUE),
                "Memory for fetch sessions; 0 takes a sixteenth of the heap.");
        add(all, "quota.window.num", Kind.INT, "11", SettingTypes.integer(2, 3600),
                "Of so many windows, less one, a client may use the quota at once.");
        add(all, "quota.window.size.seconds", Kind.INT, "1", SettingTypes.integer(1, 3600), "Length of a window.");
        add(all, "telemetry.max.bytes", Kind.INT, Integer.toString(1 << 20), SettingTypes.integer(1, 64 << 20),
                "Most bytes of one push of a client's metrics.");
        addLog(all, positive, positiveLong);
        addCoordinators(all, positive, anyInt);
        return all;
    }

    private static void addLog(Map<String, Setting> all, Check positive, Check positiveLong) {
        String never = Long.toString(Long.MAX_VALUE);
        Check orForever = SettingTypes.integer(-1, Long.MAX_VALUE);
        add(all, "log.cleanup.policy", Kind.LIST, "delete", SettingTypes.listOf("delete", "compact"),
                "Default of cleanup.policy.");
        add(all, "log.retention.ms", Kind.LONG, "604800000", orForever, "Default of retention.ms.");
        add(all, "log.retention.bytes", Kind.LONG, "-1", orForever, "Default of retention.bytes.");
        add(all, "log.retention.check.interval.ms", Kind.LONG, "300000", positiveLong,
                "Time between two looks at what may be deleted.");
        add(all, "log.cleaner.dedupe.buffer.size", Kind.LONG, Integer.toString(32 << 20),
                SettingTypes.integer(1 << 16, Integer.MAX_VALUE),
                "Memory for keys while logs are compacted; no more is taken than they need.");
        add(all, "log.cleaner.io.max.bytes.per.second", Kind.DOUBLE, Integer.toString(64 << 20),
                SettingTypes.positive(), "Bytes that compaction reads and writes in a second at the most.");
        add(all, "log.cleaner.delete.retention.ms", Kind.LONG, "86400000", SettingTypes.integer(0, Long.MAX_VALUE),
                "Default of delete.retention.ms.");
        add(all, "log.cleaner.min.cleanable.ratio", Kind.DOUBLE, "0.5", SettingTypes.fraction(),
                "Default of min.cleanable.dirty.ratio.");
        add(all, "log.cleaner.min.compaction.lag.ms", Kind.LONG, "0", SettingTypes.integer(0, Long.MAX_VALUE),
                "Default of min.compaction.lag.ms.");
        add(all, "log.cleaner.max.compaction.lag.ms", Kind.LONG, never, positiveLong,
                "Default of max.compaction.lag.ms.");
        add(all, "log.segment.bytes", Kind.INT, Integer.toString(1 << 30),
                SettingTypes.integer(1024, Integer.MAX_VALUE), "Default of segment.bytes.");
        add(all, "log.index.size.max.bytes", Kind.INT, Integer.toString(10 << 20),
                SettingTypes.integer(4, Integer.MAX_VALUE), "Default of segment.index.bytes.");
        add(all, "log.roll.ms", Kind.LONG, "604800000", positiveLong, "Default of segment.ms.");
        add(all, "log.index.interval.bytes", Kind.INT, "4096", SettingTypes.integer(0, Integer.MAX_VALUE),
                "Default of index.interval.bytes.");
        add(all, "log.message.timestamp.type", Kind.STRING, "CreateTime",
                SettingTypes.oneOf("CreateTime", "LogAppendTime"), "Default of message.timestamp.type.");
        add(all, "log.message.timestamp.before.max.ms", Kind.LONG, never, SettingTypes.integer(0, Long.MAX_VALUE),
                "Default of message.timestamp.before.max.ms.");
        add(all, "log.message.timestamp.after.max.ms", Kind.LONG, "3600000", SettingTypes.integer(0, Long.MAX_VALUE),
                "Default of message.timestamp.after.max.ms.");
        add(all, "log.flush.interval.messages", Kind.LONG, never, positiveLong, "Default of flush.messages.");
        add(all, "log.flush.interval.ms", Kind.LONG, never, SettingTypes.integer(0, Long.MAX_VALUE),
                "Default of flush.ms.");
        add(all, "log.flush.acks", Kind.BOOLEAN, "false", SettingTypes.bool(),
                "Default of flush.acks; covers transactions and groups as well.");
        add(all, "compression.type", Kind.STRING, "producer",
                SettingTypes.oneOf("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"),
                "Default of the topic setting.");
        for (Compression codec : List.of(Compression.GZIP, Compression.LZ4, Compression.ZSTD)) {
            add(all, "compression." + codec.label() + ".level", Kind.INT, Integer.toString(codec.defaultLevel()),
                    SettingTypes.compressionLevel(codec), "Default of the topic setting.");
        }
        add(all, "producer.id.expiration.ms", Kind.INT, "86400000", positive,
                "Idle time after which a producer without an open transaction is forgotten.");
        add(all, "producer.id.expiration.check.interval.ms", Kind.INT, "600000", positive,
                "Time between two looks for such producers; they are looked for with old segments as well.");
        add(all, "producer.ids.max.per.partition", Kind.INT, "100000", positive,
                "Producers that one partition remembers; batches of more are refused.");
        add(all, "producer.ids.max", Kind.INT, "0", SettingTypes.integer(0, Integer.MAX_VALUE),
                "Producers that all partitions remember together; 0 takes as many as fit into a quarter of the heap.");
        add(all, "producer.id.expiration.when.full.ms", Kind.LONG, "3600000", positiveLong,
                "Idle time after which a producer makes room for another where there is none; longer than any"
                        + " client's delivery.timeout.ms.");
    }

    private static void addCoordinators(Map<String, Setting> all, Check positive, Check anyInt) {
        add(all, "transaction.state.log.num.partitions", Kind.INT, "50", SettingTypes.integer(1, 10_000),
                "Partitions of the topic of transactions; read when it is created.");
        add(all, "transaction.max.timeout.ms", Kind.INT, "900000", positive, "Longest timeout a producer may ask for.");
        add(all, "transactional.id.expiration.ms", Kind.INT, "604800000", positive,
                "Idle time after which a transactional id is forgotten.");
        add(all, "transaction.max.partitions", Kind.INT, "10000", SettingTypes.integer(1, 1_000_000),
                "Partitions of one transaction; more are refused.");
        add(all, "transaction.coordinator.max.open", Kind.INT, "10000", positive,
                "Open transactions of one partition of __transaction_state; more are refused.");
        add(all, "transaction.coordinator.max.ids", Kind.INT, "20000", positive,
                "Transactional ids of one partition of __transaction_state; more are refused.");
        add(all, "transaction.coordinator.max.bytes", Kind.LONG, "0", SettingTypes.integer(0, Long.MAX_VALUE),
                "Memory for all transactional ids and their transactions; 0 takes an eighth of the heap.");
        add(all, "transaction.two.phase.commit.enable", Kind.BOOLEAN, "false", SettingTypes.bool(),
                "Whether transactions may be prepared: they never time out, and survive their producer.");
        add(all, "producer.ids.per.client.hour", Kind.INT, "100000", positive,
                "Producer ids without a transactional id that one client address is given in an hour.");
        add(all, "transaction.hanging.check.interval.ms", Kind.INT, "30000",
                SettingTypes.integer(0, TimeUnit.DAYS.toMillis(1)),
                "Time between two looks for hanging transactions, which are aborted; 0 never looks.");
        add(all, "transaction.hanging.grace.ms", Kind.INT, "60000", SettingTypes.integer(0, TimeUnit.DAYS.toMillis(1)),
                "How long a transaction is open at a partition before its coordinator is asked whether it hangs.");
        add(all, "offsets.topic.num.partitions", Kind.INT, "50", SettingTypes.integer(1, 10_000),
                "Partitions of the topic of groups; read when it is created.");
        add(all, "offsets.retention.minutes", Kind.INT, "10080", positive,
                "How long a group without members keeps its offsets.");
        add(all, "offset.metadata.max.bytes", Kind.INT, "4096", anyInt, "Longest text with a committed offset.");
        // Kafka's 3000 suits fleets that take seconds to start; here somebody waits in front of a terminal, and members
        // that are started together still meet in one round.
        add(all, "group.initial.rebalance.delay.ms", Kind.INT, "300", anyInt,
                "How long a new group waits for more members.");
        add(all, "group.min.session.timeout.ms", Kind.INT, "6000", positive, "Shortest session a member may ask for.");
        add(all, "group.max.session.timeout.ms", Kind.INT, "1800000", positive,
                "Longest session a member may ask for.");
        add(all, "group.max.size", Kind.INT, Integer.toString(Integer.MAX_VALUE), positive, "Members of one group.");
        add(all, "group.member.max.bytes", Kind.INT, Integer.toString(1 << 20), positive,
                "What one member of a group may say about itself.");
        String most = Integer.toString(GroupLimits.Size.MOST_GROUP_BYTES);
        add(all, "group.max.bytes", Kind.INT, most, SettingTypes.integer(1, GroupLimits.Size.MOST_GROUP_BYTES),
                "What the members of one group may say together, and the parts that its leader shares out.");
        add(all, "group.coordinator.max.bytes", Kind.LONG, "0", SettingTypes.integer(0, Long.MAX_VALUE),
                "Memory for the members, offsets and states of all groups; 0 takes an eighth of the heap.");
        ConsumerGroupSettings.addTo(all);
        StreamsGroupSettings.addTo(all);
        ShareGroupSettings.addTo(all);
    }

    private static @Nullable String folderProblem(String value) {
        if (value.isBlank()) {
            return "must not be empty";
        }
        return value.indexOf(',') < 0 ? null : "takes one folder, not '" + value + "'";
    }

    private static void add(
            Map<String, Setting> all, String name, Kind kind, String byDefault, Check check, String about) {
        all.put(name, new Setting(name, kind, byDefault, check, about));
    }
}
