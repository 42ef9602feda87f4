package io.chapar.broker.net;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.handler.ServedApis;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.Request;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.fail;

/// Requests of every API and version by chance, as a client could send them and with bytes changed, up to the largest
/// frame. What is well formed and not too large is answered; whatever comes, the broker lives and serves the canary.
///
/// Each request is drawn from its own seed, which a failure names: `-Dfuzz.seed=N` begins with that one.
class RequestFuzzIT {
    private static final long FIXED = 20_261_128;
    private static final int REQUESTS = 1_200;
    private static final int NIGHTLY_MINUTES = 10;
    private static final int MAX_FRAME = 12 << 20;
    private static final int MOST_ELEMENTS = 60_000;
    /// Of a request that has to be answered: below what all may have.
    private static final int ANSWERED_ELEMENTS = 40_000;
    /// Some wait for others, which do not come.
    private static final int PATIENCE_MS = 50;

    @TempDir
    Path folder;

    private final GeneratedRequests requests = new GeneratedRequests();
    private final List<ApiKey> apis = ServedApis.all();
    private Broker broker;
    private UUID topicId;
    private WireClient client;
    private Canary canary;

    @BeforeEach
    void start() throws IOException {
        broker = Broker.start(BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", folder.toString(), "group.initial.rebalance.delay.ms", "0",
                "offsets.topic.num.partitions", "2", "transaction.state.log.num.partitions", "2",
                // On a busy machine this test may be late with its own first request.
                "connections.first.request.ms", "600000",
                "socket.request.max.bytes", Integer.toString(MAX_FRAME))));
        canary = new Canary(broker.address());
        client = new WireClient(broker.address());
        CreateTopicsResponse made = (CreateTopicsResponse) client.ask(CreateTopicsRequest.builder().timeoutMs(60_000)
                .topics(List.of(CreateTopicsRequest.CreatableTopic.builder()
                        .name("wide").numPartitions(20).replicationFactor((short) 1).build()))
                .build(), (short) 7);
        topicId = made.topics().getFirst().topicId();
        for (byte type = 0; type < 2; type++) {
            client.ask(FindCoordinatorRequest.builder().keyType(type).coordinatorKeys(List.of("g")).build(), (short) 4);
        }
        client.impatient(PATIENCE_MS);
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        canary.close();
        broker.close();
    }

    @Test
    void nothingDisturbsTheBroker() throws Exception {
        long seed = Long.getLong("fuzz.seed", FIXED);
        for (int i = 0; i < REQUESTS; i++) {
            one(seed + i, i);
        }
    }

    @Test
    @Tag("nightly")
    void nothingDisturbsTheBrokerForLong() throws Exception {
        long seed = Long.getLong("fuzz.seed", System.nanoTime());
        int minutes = Integer.getInteger("fuzz.minutes", NIGHTLY_MINUTES);
        long untilNs = System.nanoTime() + TimeUnit.MINUTES.toNanos(minutes);
        for (int i = 0; System.nanoTime() < untilNs; i++) {
            one(seed + i, i);
        }
    }

    private void one(long seed, int index) throws Exception {
        Random random = new Random(seed);
        ApiKey api = apis.get(random.nextInt(apis.size()));
        ServedApis.Range range = ServedApis.range(api);
        short version = (short) random.nextInt(range.lowest(), range.highest() + 1);
        String what = api + " " + version + ", -Dfuzz.seed=" + seed;
        try {
            RandomContent content = new RandomContent(random, topicId, MOST_ELEMENTS);
            Request request = requests.make(api, version, content);
            ByteBuffer frame = WireClient.frame(request, version, index);
            if (random.nextInt(3) == 0) {
                send(mutated(frame, random), api, version, false);
            } else {
                boolean owed = frame.remaining() < 1 << 20 && content.elements() < ANSWERED_ELEMENTS
                        && !(request instanceof ProduceRequest p && (p.acks() == 0));
                if (!send(frame, api, version, true) && owed) {
                    fail(what + ": not answered, although well formed");
                }
            }
            if (index % 10 == 0) {
                canary.once();
            }
        } catch (IOException | RuntimeException | AssertionError e) {
            throw new AssertionError(what, e);
        }
    }

    /// False when the broker closed the connection.
    private boolean send(ByteBuffer frame, ApiKey api, short version, boolean wellFormed) throws IOException {
        if (frame.remaining() > MAX_FRAME) {
            return true;
        }
        try {
            client.send(frame);
            if (wellFormed) {
                client.answer(api, version);
            } else {
                client.skipAnswer();
            }
            return true;
        } catch (SocketTimeoutException waits) {
            again();
            return true;
        } catch (EOFException | SocketException closed) {
            again();
            return false;
        }
    }

    private void again() throws IOException {
        client.close();
        client = new WireClient(broker.address());
        client.impatient(PATIENCE_MS);
    }

    /// The API key mostly stays what it is, or every mutant would be refused at the door.
    private static ByteBuffer mutated(ByteBuffer frame, Random random) {
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        for (int changes = random.nextInt(1, 6); changes > 0; changes--) {
            int at = random.nextInt(random.nextInt(10) == 0 ? 0 : 4, bytes.length);
            bytes[at] = switch (random.nextInt(4)) {
                case 0 -> (byte) 0xFF;
                case 1 -> 0;
                case 2 -> (byte) (bytes[at] + 1);
                default -> (byte) random.nextInt();
            };
        }
        int end = random.nextInt(5) == 0 ? random.nextInt(8, bytes.length) : bytes.length;
        return ByteBuffer.wrap(bytes, 0, end);
    }
}
