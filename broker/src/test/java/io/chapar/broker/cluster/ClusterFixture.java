package io.chapar.broker.cluster;

import io.chapar.broker.BrokerCore;
import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.ClusterRules;
import io.chapar.broker.LocalClient;
import io.chapar.broker.Orphans;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.HostPort;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.handler.Features;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.FeatureRange;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;
import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metadata.SharedMetadata;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.ShuffledLoops;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertNotNull;

/// Several brokers of one cluster in one thread, on virtual time, each with a disk in memory: which loop goes on, how
/// long messages take and how far metadata lags behind is drawn.
final class ClusterFixture {
    /// After which a broker that is cut off knows it.
    static final long CUT_OFF_MS = 4_000;

    private final Random random;
    private final ShuffledLoops loops;
    private final SharedMetadata metadata;
    private final MemoryLinks links;
    private final Loop outside;
    private final Map<Integer, Node> nodes = new LinkedHashMap<>();
    private final List<Errand> underWay = new ArrayList<>();
    private final Map<String, String> settings;
    private final long slowestMs;
    private int answersToLose;
    private int asked;

    /// @param slowestMs how long a message between brokers, and news of metadata, may take
    ClusterFixture(int brokers, long seed, long slowestMs, Map<String, String> settings) {
        random = new Random(seed);
        loops = new ShuffledLoops(0, 1_700_000_000_000L, random);
        outside = loops.add();
        metadata = new SharedMetadata(random, slowestMs, new ClusterRules(configOf(0, settings)));
        links = new MemoryLinks(this::accepting, outside, random, slowestMs);
        this.slowestMs = slowestMs;
        this.settings = settings;
        for (int id = 1; id <= brokers; id++) {
            nodes.put(id, new Node(id));
            start(id);
        }
    }

    /// A broker: its disk, and, while its process lives, the rest.
    private static final class Node {
        private final int id;
        private final MemoryDisk disk = new MemoryDisk();
        private int lives;
        private boolean mayHaveLost;
        private boolean isCutOff;
        private SortedMap<String, FeatureRange> ranges = Features.ranges();
        private long cutOffMs;
        private @Nullable Loop loop;
        private SharedMetadata.@Nullable View view;
        private @Nullable BrokerCore core;

        Node(int id) {
            this.id = id;
        }

        BrokerCore core() {
            return requireNonNull(core, "broker " + id + " runs");
        }

        Loop loop() {
            return requireNonNull(loop, "broker " + id + " runs");
        }
    }

    // ---- their lives

    void start(int id) {
        Node node = node(id);
        node.lives++;
        Loop loop = loops.add();
        SharedMetadata.View view = metadata.open(loop);
        node.loop = loop;
        node.view = view;
        try {
            BrokerConfig config = configOf(id, settings);
            view.propose(new RegisterBroker(
                    new Registration(id, new UUID(id, node.lives), new HostPort("host" + id, 9092), null, "rack" + id,
                            node.ranges),
                    Features.finalizedLevels(), !node.mayHaveLost,
                    node.mayHaveLost ? List.of(new UUID(id, node.lives - 1)) : List.of()), loop, _ -> { });
            node.mayHaveLost = false;
            settle();
            Orphans.remove(node.disk, view.image(), id, false, Set.of());
            BrokerCore core = new BrokerCore(config, List.of(loop), new DataFolder(node.disk), view, random,
                    peers(id), links.from(id, epoch(id)));
            var _ = core.recover(node.disk.list(""));
            settle();
            core.cutOff(at -> node.isCutOff && at - node.cutOffMs >= CUT_OFF_MS);
            core.start();
            node.core = core;
            view.propose(new UnfenceBroker(id, epoch(id)), loop, _ -> { });
            settle();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static BrokerConfig configOf(int id, Map<String, String> settings) {
        Map<String, String> given = new LinkedHashMap<>(settings);
        given.put("node.id", Integer.toString(id));
        given.put("num.network.threads", "1");
        return BrokerConfig.of(given);
    }

    /// From its next start on it says that it can do these levels of features, and these alone.
    void canDo(int id, Map<String, FeatureRange> ranges) {
        node(id).ranges = new TreeMap<>(ranges);
    }

    /// The process is killed; nobody has noticed yet but those that had asked it something.
    void kill(int id) {
        end(id, Loss.NOTHING);
    }

    /// The machine loses its power, and with it what was not synced, or some of it.
    void losePower(int id, Loss loss) {
        end(id, loss);
        node(id).mayHaveLost = true;
    }

    private void end(int id, Loss loss) {
        Node node = node(id);
        loops.kill(node.loop());
        requireNonNull(node.view, "broker " + id + " runs").close();
        node.core = null;
        node.loop = null;
        node.disk.crash(loss, random);
        node.isCutOff = false;
        links.breakAll(id);
        for (Errand errand : List.copyOf(underWay)) {
            if (errand.to == id) {
                errand.end(new Peers.Lost("broker " + id + " is gone"));
            }
        }
    }

    /// Where there is another that reaches the metadata.
    void fence(int id) {
        nodes.values().stream().filter(node -> node.core != null && !node.isCutOff && node.id != id).findFirst()
                .ifPresent(other -> requireNonNull(other.view, "it runs")
                        .propose(new FenceBroker(id, epoch(id)), other.loop(), _ -> { }));
        settle();
    }

    void unfence(int id) {
        requireNonNull(node(id).view, "it runs").propose(new UnfenceBroker(id, epoch(id)), node(id).loop(), _ -> { });
        settle();
    }

    /// A frame in so many, on the average, is the last of its link; 0 for none.
    void breakLinksEvery(int frames) {
        links.breakEvery(frames);
    }

    /// Neither brokers nor metadata reach it, nor it them; clients do.
    void cutOff(int id) {
        node(id).isCutOff = true;
        node(id).cutOffMs = loops.nowMs();
        requireNonNull(node(id).view, "it runs").cutOff(true);
        links.breakAll(id);
    }

    void heal(int id) {
        node(id).isCutOff = false;
        SharedMetadata.View view = node(id).view;
        if (view != null) {
            view.cutOff(false);
        }
    }

    /// From now on its disk needs so long to sync.
    void syncsTake(int id, int ms) {
        node(id).disk.faults().syncDelayMs(ms);
    }

    boolean isRunning(int id) {
        return node(id).core != null;
    }

    /// Who all say votes, and leads.
    void quorum(@Nullable MetadataQuorum is) {
        metadata.quorum(is);
    }

    void loseMetadataAnswers(int count) {
        metadata.loseAnswers(count);
    }

    /// Null where it does not run, or a link between the two is not to be had.
    private FollowStreams.@Nullable Accepting accepting(int from, int to) {
        return node(from).isCutOff || node(to).isCutOff || node(to).core == null ? null : node(to).core().following();
    }

    private long epoch(int id) {
        return requireNonNull(image().brokers().get(id), "registered").epoch();
    }

    private Node node(int id) {
        return requireNonNull(nodes.get(id), "a broker of this cluster");
    }

    ClusterImage image() {
        return metadata.decided();
    }

    // ---- time

    long nowMs() {
        return loops.nowMs();
    }

    /// Lets everything happen that is under way, but for what waits for longer than messages take.
    void settle() {
        advance(8 * slowestMs + 1);
    }

    void advance(long ms) {
        loops.advance(ms);
    }

    void steps(int count) {
        for (int i = 0; i < count && loops.step(); i++) {
            // each step is one task
        }
    }

    // ---- clients

    Asked begin(int id, Request request, int version) {
        return new Asked(request, version, node(id).loop(), node(id).core().requests());
    }

    Asked later(int id, Request request, int version) {
        Asked question = begin(id, request, version);
        settle();
        return question;
    }

    Response ask(int id, Request request, int version) {
        Response answer = later(id, request, version).answer();
        assertNotNull(answer, () -> "not answered yet: " + request);
        return answer;
    }

    /// Who leads it; the same for all who know the latest metadata.
    int leader(String topic, int partition) {
        return requireNonNull(image().topic(topic), topic).partition(partition).leader();
    }

    int coordinator(String transactionalId) {
        return leader(CoordinatorKeys.TRANSACTION_STATE, CoordinatorKeys.partitionOf(transactionalId,
                requireNonNull(image().topic(CoordinatorKeys.TRANSACTION_STATE)).partitions()));
    }

    int groupCoordinator(String group) {
        return leader(CoordinatorKeys.CONSUMER_OFFSETS, CoordinatorKeys.partitionOf(group,
                requireNonNull(image().topic(CoordinatorKeys.CONSUMER_OFFSETS)).partitions()));
    }

    /// What clients write to it waits, for so long at the most.
    /// As [MemoryLinks#slow].
    void slow(int broker, long ms) {
        links.slow(broker, ms);
    }

    Set<Integer> slowFollowers(int broker) {
        return node(broker).core().slowFollowers();
    }

    void holdAppends(int broker, long mostMs) {
        node(broker).core().shards().all().forEach(shard -> shard.loop().execute(() -> shard.held().hold(mostMs)));
        settle();
    }

    void releaseAppends(int broker) {
        node(broker).core().shards().all().forEach(shard -> shard.loop().execute(() -> shard.held().release()));
        settle();
    }

    Partition partition(String topic, int partition) {
        return partition(leader(topic, partition), topic, partition);
    }

    /// As one broker has it.
    Partition partition(int broker, String topic, int partition) {
        return requireNonNull(partitionOrNull(broker, topic, partition), "kept there");
    }

    /// Null where the broker does not know of it yet.
    @Nullable Partition partitionOrNull(int broker, String topic, int partition) {
        TopicPartition id = new TopicPartition(topic, partition);
        return node(broker).core().shards().of(id).partition(id);
    }

    /// Of the log of one replica, as it is on the disk.
    ByteBuffer logBytes(int broker, String topic, int partition) {
        String folder = topic + "-" + partition;
        MemoryDisk disk = node(broker).disk;
        try {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (String name : disk.list(folder).stream().filter(file -> file.endsWith(".log")).sorted().toList()) {
                ByteBuffer bytes = requireNonNull(disk.read(folder + "/" + name), name);
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                all.writeBytes(copy);
            }
            return ByteBuffer.wrap(all.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- between brokers

    /// The next so many answers between brokers do not arrive: their connection breaks.
    void loseAnswers(int count) {
        answersToLose = count;
    }

    /// How many questions brokers have asked each other.
    int asked() {
        return asked;
    }

    /// What that broker answers another.
    Response askAsBroker(int from, int to, Request request, int version) {
        Peers.Asked[] how = new Peers.Asked[1];
        Loop caller = node(from).loop();
        caller.execute(() -> peers(from).ask(
                to, request, (short) version, caller, caller.nowMs() + 10_000, asked -> how[0] = asked));
        settle();
        return ((Peers.Answered) how[0]).response();
    }

    private Peers peers(int from) {
        return (to, request, version, caller, deadlineMs, done) -> {
            asked++;
            Errand errand = new Errand(from, to, caller, done);
            underWay.add(errand);
            caller.schedule(Math.max(1, deadlineMs - caller.nowMs()), () -> errand.end(new Peers.Lost("too late")));
            outside.schedule(delayMs(), () -> errand.arrive(request, version, deadlineMs));
        };
    }

    private long delayMs() {
        return slowestMs == 0 ? 0 : random.nextLong(slowestMs + 1);
    }

    private final class Errand {
        private final int from;
        private final int to;
        private final Loop caller;
        private final Consumer<Peers.Asked> done;
        private boolean ended;

        Errand(int from, int to, Loop caller, Consumer<Peers.Asked> done) {
            this.from = from;
            this.to = to;
            this.caller = caller;
            this.done = done;
        }

        void arrive(Request request, short version, long deadlineMs) {
            Node node = nodes.get(to);
            if (node == null || node.core == null || node.isCutOff || node(from).isCutOff) {
                end(new Peers.Unsent("nobody listens at broker " + to));
                return;
            }
            ApiKey api = ApiKey.of(request);
            WireWriter out = new WireWriter();
            request.write(out, version);
            Request read = api.readRequest(new WireReader(out.toBuffer()), version);
            BrokerCore core = node.core;
            node.loop().execute(() -> core.requests().begin(
                    read, new Visit(this, api, version, deadlineMs, node.loop())));
        }

        void answered(ApiKey api, Response response, short version) {
            if (answersToLose > 0) {
                answersToLose--;
                outside.schedule(delayMs(), () -> end(new Peers.Lost("the connection broke")));
                return;
            }
            WireWriter out = new WireWriter();
            response.write(out, version);
            Response read = api.readResponse(new WireReader(out.toBuffer()), version);
            outside.schedule(delayMs(), () -> end(new Peers.Answered(read)));
        }

        void end(Peers.Asked how) {
            if (!ended) {
                ended = true;
                underWay.remove(this);
                caller.execute(() -> done.accept(how));
            }
        }
    }

    /// A question of a broker, at the one that is asked.
    private static final class Visit extends LocalClient {
        private final Errand errand;

        private final ApiKey api;
        private final long deadlineMs;

        Visit(Errand errand, ApiKey api, short version, long deadlineMs, Loop loop) {
            super(version, loop);
            this.errand = errand;
            this.api = api;
            this.deadlineMs = deadlineMs;
        }

        @Override
        public Caller caller() {
            return new Caller(loop(), origin(), principal(), deadlineMs);
        }

        @Override
        public String clientId() {
            return "broker " + errand.from;
        }

        @Override
        public String principal() {
            return Caller.BROKER;
        }

        @Override
        public void reply(Response response) {
            errand.answered(api, response, apiVersion());
        }

        @Override
        public void replyNothing() {
            throw new AssertionError("a broker waits for an answer");
        }

        @Override
        public void close(String reason) {
            throw new AssertionError(reason);
        }

        @Override
        public void onDisconnect(Runnable task) {
            // A broker that goes away is gone for good.
        }
    }
}
