package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.handler.Features;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.FileRecords;
import io.chapar.broker.log.Reserve;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.LocalMetadataLog;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metrics.Totals;
import io.chapar.broker.net.RequestHost;
import io.chapar.broker.partition.Followers;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PretendedFollower;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.ShuffledLoops;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.random.RandomGenerator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

/// The whole broker, but for its network: in one thread, on virtual time, on a disk in memory. Requests and answers
/// pass through their bytes, in the version that the test names, so that no client's retry hides anything.
public final class BrokerFixture {
    private final MemoryDisk disk = new MemoryDisk();
    private final RandomGenerator random = new Random(9);
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final int loopCount;
    private final IntUnaryOperator choose;
    private final Function<Loop, Followers> followers;
    private ShuffledLoops loops;
    private BrokerCore core;
    private int lives;

    /// @param settings beyond one partition for each internal topic
    public static BrokerFixture onOneLoop(Map<String, String> settings) {
        return new BrokerFixture(1, _ -> 0, settings);
    }

    /// @param choose which of the loops with something to do goes on, from their number
    public BrokerFixture(int loops, IntUnaryOperator choose, Map<String, String> settings) {
        this(loops, choose, settings, PretendedFollower::of);
    }

    /// @param followers who follows the partitions that a loop leads
    public BrokerFixture(int loops, IntUnaryOperator choose, Map<String, String> settings,
            Function<Loop, Followers> followers) {
        this.loopCount = loops;
        this.choose = choose;
        this.followers = followers;
        this.settings.put("transaction.state.log.num.partitions", "1");
        this.settings.put("offsets.topic.num.partitions", "1");
        this.settings.putAll(settings);
        open(1_700_000_000_000L);
    }

    private void open(long nowMs) {
        lives++;
        loops = new ShuffledLoops(loopCount, nowMs, choose);
        disk.forbidBlocking(loops::inTask, what -> {
            throw new IllegalStateException(what);
        });
        List<Loop> all = new ArrayList<>();
        for (int i = 0; i < loopCount; i++) {
            all.add(loops.loop(i));
        }
        try {
            BrokerConfig config = BrokerConfig.of(settings);
            LocalMetadataLog metadata = LocalMetadataLog.open(
                    disk, loops.loop(0), new ControllerCore(random, new ClusterRules(config)), config.nodeId());
            metadata.propose(new RegisterBroker(Registration.alone(config.nodeId(), UUID.randomUUID()),
                    Features.finalizedLevels(), true), loops.loop(0), _ -> { });
            loops.settle();
            core = new BrokerCore(config, all, folder(config), metadata, random, followers, Peers.NONE);
            var _ = core.recover(disk.list(""));
            loops.settle();
            core.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// With room kept on the disk only where a test wants that.
    private DataFolder folder(BrokerConfig config) throws IOException {
        return config.isGiven("disk.reserve.bytes")
                ? new DataFolder(disk, Reserve.of(disk, config.number("disk.reserve.bytes"))) : new DataFolder(disk);
    }

    // ---- its life

    /// The process dies, with whatever was under way; what the next life finds is what was written. Nothing of that
    /// life has run when this returns.
    public void crash() {
        crash(Loss.NOTHING);
    }

    /// As [#crash()], and unless nothing is to be lost the power fails with it.
    public void crash(Loss loss) {
        disk.crash(loss, random);
        open(loops.nowMs());
    }

    /// The machine dies, with what was not synced, and is back.
    public void losePower(Loss loss) {
        disk.crash(loss, random);
        open(loops.nowMs());
        loops.settle();
    }

    public void crashAndRestart() {
        crash();
        loops.settle();
    }

    /// As [#crashAndRestart()]; the next life begins while the wall clock says so.
    public void crashAndRestartAt(long nowMs) {
        disk.crash(Loss.NOTHING, random);
        open(nowMs);
        loops.settle();
    }

    /// How often it was started.
    public int lives() {
        return lives;
    }

    /// Other settings from the next life on.
    public void set(String key, String value) {
        settings.put(key, value);
    }

    public MemoryDisk disk() {
        return disk;
    }

    // ---- time and order

    public long nowMs() {
        return loops.nowMs();
    }

    /// The machine's wall clock is set; time goes on as it did.
    public void stepWallClock(long ms) {
        loops.stepWallClock(ms);
    }

    /// Runs one task of one loop; false when nothing is left to do now.
    public boolean step() {
        return loops.step();
    }

    public void settle() {
        loops.settle();
    }

    /// Runs that many tasks; false when nothing was left to do before that, so that a search over all moments of
    /// something is over.
    public boolean steps(int count) {
        for (int i = 0; i < count; i++) {
            if (!loops.step()) {
                return false;
            }
        }
        return true;
    }

    public void advance(long ms) {
        loops.advance(ms);
    }

    // ---- requests

    /// Begins to measure what each loop knows, one loop after the other, and does nothing else.
    ///
    /// @param done runs when the last one has been measured
    public void measure(Totals into, Runnable done) {
        measureFrom(0, into, done);
    }

    /// As [#measure] for what is no single loop's.
    void measureWhole(Totals into) {
        core.measure(into, () -> { });
    }

    private void measureFrom(int index, Totals into, Runnable done) {
        if (index == loopCount) {
            done.run();
        } else {
            loops.loop(index).execute(() -> core.measure(
                    core.shards().all().get(index), into, () -> measureFrom(index + 1, into, done)));
        }
    }

    /// What stands behind connections.
    public RequestHost requests() {
        return core.requests();
    }

    public Loop loop(int index) {
        return loops.loop(index);
    }

    /// Hands a request in on a connection of its own, and does nothing else.
    public Asked begin(Request request, int version) {
        return new Asked(request, version, loops.loop(loopCount - 1), core.requests());
    }

    /// Hands a request in and goes on until nothing is left to do now.
    public Asked later(Request request, int version) {
        Asked asked = begin(request, version);
        loops.settle();
        return asked;
    }

    public Response ask(Request request, int version) {
        Response answer = later(request, version).answer();
        assertNotNull(answer, () -> "not answered yet: " + request);
        return answer;
    }

    /// A request whose answer is looked at when it is there.
    public static final class Asked extends LocalClient {
        private final ApiKey api;
        private Response answer;
        private boolean ended;
        private String closedBecause;
        private Runnable onDisconnect;
        private final int bytes;
        private int throttledMs;
        private long afforded;

        /// @param connection the loop of the connection that it comes on
        public Asked(Request request, int version, Loop connection, RequestHost broker) {
            super(version, connection);
            this.api = ApiKey.of(request);
            WireWriter out = new WireWriter();
            request.write(out, apiVersion());
            bytes = out.size();
            Request read = api.readRequest(new WireReader(out.toBuffer()), apiVersion());
            loop().execute(() -> broker.begin(read, this));
        }

        /// Null before it is there, and when there is none.
        public Response answer() {
            return answer;
        }

        public boolean isEnded() {
            return ended;
        }

        /// Null unless the broker closed the connection.
        public String closedBecause() {
            return closedBecause;
        }

        @Override
        public int requestBytes() {
            return bytes;
        }

        @Override
        public void throttle(int ms) {
            throttledMs = ms;
        }

        /// For how long nothing more begins on its connection.
        public int throttledMs() {
            return throttledMs;
        }

        @Override
        public void afford(long elements, Runnable build) {
            afforded = elements;
            build.run();
        }

        /// Elements that room was asked for; 0 for none.
        public long afforded() {
            return afforded;
        }

        /// The client goes away.
        public void disconnect() {
            if (onDisconnect != null) {
                loop().execute(onDisconnect);
            }
        }

        @Override
        public void reply(Response response) {
            end();
            WireWriter out = new WireWriter();
            response.write(out, apiVersion());
            answer = api.readResponse(new WireReader(bytes(out)), apiVersion());
        }

        @Override
        public void replyNothing() {
            end();
        }

        @Override
        public void close(String reason) {
            end();
            closedBecause = reason;
        }

        @Override
        public void onDisconnect(Runnable task) {
            onDisconnect = task;
        }

        private void end() {
            assertFalse(ended, "answered twice");
            ended = true;
        }
    }

    private static ByteBuffer bytes(WireWriter out) {
        ByteBuffer whole = ByteBuffer.allocate(out.size());
        for (WireWriter.Part part : out.parts()) {
            switch (part) {
                case WireWriter.Part.Bytes(ByteBuffer bytes) -> whole.put(bytes.duplicate());
                case WireWriter.Part.Batches(BufferRecords(ByteBuffer bytes)) -> whole.put(bytes.duplicate());
                case WireWriter.Part.Batches(FileRecords file) -> {
                    try {
                        whole.put(file.load());
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    } finally {
                        file.release();
                    }
                }
                case WireWriter.Part.Batches other -> throw new AssertionError(other);
            }
        }
        return whole.flip();
    }

    // ---- what most tests need first

    public UUID createTopic(String name, int partitions) {
        CreateTopicsResponse created = (CreateTopicsResponse) ask(CreateTopicsRequest.builder()
                .topics(List.of(CreateTopicsRequest.CreatableTopic.builder()
                        .name(name).numPartitions(partitions).replicationFactor((short) 1).build()))
                .build(), 7);
        assertEquals(ErrorCode.NONE.code(), created.topics().getFirst().errorCode());
        return created.topics().getFirst().topicId();
    }

    /// Has the internal topics made, as a client's first question does.
    public void createCoordinators() {
        ask(FindCoordinatorRequest.builder().keyType((byte) 0).coordinatorKeys(List.of("g")).build(), 4);
        ask(FindCoordinatorRequest.builder().keyType((byte) 1).coordinatorKeys(List.of("t")).build(), 4);
    }

    /// The partition itself, for faults and views that the wire has not.
    public Partition partition(String topic, int partition) {
        TopicPartition id = new TopicPartition(topic, partition);
        return core.shards().of(id).partition(id);
    }
}
