package io.chapar.broker.net;

import io.chapar.broker.Broker;
import io.chapar.broker.LoopProbe;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.handler.ServedApis;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.Request;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Every API with the largest request it takes: answered or refused, and others are served meanwhile.
class LargestRequestsIT {
    private static final int PARTITIONS = 1000;
    /// Just below what a request may have.
    private static final int ELEMENTS = 49_900;
    private static final int P99_MS = 100;
    /// Of processor time in one turn of a loop.
    private static final int TURN_MS = 50;
    /// Where code has not been compiled yet.
    private static final int FIRST_TURN_MS = 400;

    @TempDir
    Path folder;

    private final GeneratedRequests requests = new GeneratedRequests();
    private Broker broker;
    private LoopProbe probe;
    private UUID topicId;

    @BeforeEach
    void start() throws IOException {
        broker = Broker.start(BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", folder.toString(), "num.network.threads", "1",
                "auto.create.topics.enable", "true", "group.initial.rebalance.delay.ms", "0",
                "offsets.topic.num.partitions", "2", "transaction.state.log.num.partitions", "2")));
        probe = new LoopProbe(broker);
        try (WireClient client = new WireClient(broker.address())) {
            CreateTopicsResponse made = (CreateTopicsResponse) client.ask(CreateTopicsRequest.builder()
                    .timeoutMs(60_000).topics(List.of(CreateTopicsRequest.CreatableTopic.builder()
                            .name("wide").numPartitions(PARTITIONS).replicationFactor((short) 1).build()))
                    .build(), (short) 7);
            assertEquals(ErrorCode.NONE.code(), made.topics().getFirst().errorCode());
            topicId = made.topics().getFirst().topicId();
            for (byte type = 0; type < 2; type++) {
                client.ask(FindCoordinatorRequest.builder().keyType(type).coordinatorKeys(List.of("g")).build(),
                        (short) 4);
            }
        }
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    /// One for each list of each API, and one of long texts.
    private List<LargestRequest> largest(boolean known) {
        List<LargestRequest> all = new ArrayList<>();
        for (ApiKey api : ServedApis.all()) {
            short version = ServedApis.range(api).highest();
            LargestRequest longest = new LargestRequest(api, "", 1, known, "wide", topicId);
            requests.make(api, version, longest);
            all.add(longest);
            for (String path : GeneratedRequests.lists(api)) {
                if (requests.has(api, version, path)) {
                    all.add(new LargestRequest(api, path, ELEMENTS, known, "wide", topicId));
                }
            }
        }
        return all;
    }

    /// Gives how long it took, in milliseconds; the broker may also close the connection.
    private long ask(LargestRequest content) throws IOException {
        short version = ServedApis.range(content.api()).highest();
        Request request = requests.make(content.api(), version, content);
        long begunNs = System.nanoTime();
        try (WireClient client = new WireClient(broker.address())) {
            client.ask(request, version);
        } catch (EOFException | SocketException closed) {
            // Refused.
        }
        return (System.nanoTime() - begunNs) / 1_000_000;
    }

    @Test
    void othersAreServedMeanwhile() throws Exception {
        try (Canary canary = new Canary(broker.address()).begin()) {
            Map<ApiKey, LargestRequest> one = new EnumMap<>(ApiKey.class);
            largest(true).forEach(each -> one.put(each.api(), each));
            assertEquals(Set.copyOf(ServedApis.all()), one.keySet(), "each API that is served has its case");
            for (LargestRequest each : one.values()) {
                ask(each);
                assertFalse(canary.isDead(), each::toString);
                long longest = probe.longestMs();
                assertTrue(longest <= FIRST_TURN_MS, () -> each + " held a loop for " + longest + " ms");
            }
            assertFalse(canary.end().isEmpty());
        }
    }

    @Test
    @Tag("nightly")
    void othersAreServedSoonMeanwhile() throws Exception {
        List<String> late = new ArrayList<>();
        for (boolean known : new boolean[] {false, true}) {
            for (LargestRequest one : largest(known)) {
                // The first time there is code to be compiled, and files to be opened.
                ask(one);
                probe.longestMs();
                try (Canary canary = new Canary(broker.address()).begin()) {
                    long ms = 0;
                    for (int i = 0; i < 5; i++) {
                        ms = ask(one);
                    }
                    List<Long> took = canary.end();
                    long p99 = took.get(took.size() * 99 / 100) / 1_000_000;
                    long longest = probe.longestMs();
                    System.out.println(one + ": " + ms + " ms; others " + took.size() + ", p50 "
                            + took.get(took.size() / 2) / 1000 + " us, p99 " + p99 + " ms, longest "
                            + took.getLast() / 1_000_000 + " ms; longest turn " + longest + " ms");
                    if (p99 >= P99_MS || longest > TURN_MS) {
                        late.add(one + ": others waited " + p99 + " ms, the longest turn took " + longest + " ms");
                    }
                }
            }
        }
        assertEquals(List.of(), late);
    }

    @Test
    void moreElementsThanAreAllowedCloseTheConnection() throws Exception {
        try (Canary canary = new Canary(broker.address()); WireClient hostile = new WireClient(broker.address())) {
            hostile.send(WireClient.frame(FindCoordinatorRequest.builder()
                    .coordinatorKeys(Collections.nCopies(4_000_000, "k")).build(), (short) 4, 1));
            assertTrue(hostile.isClosedByBroker());
            canary.once();
        }
    }

    @Test
    void manyLargeRequestsTogetherWaitForEachOther() throws Exception {
        List<Thread> askers = new ArrayList<>();
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        try (Canary canary = new Canary(broker.address()).begin()) {
            for (int i = 0; i < 12; i++) {
                Thread asker = new Thread(() -> {
                    try (WireClient client = new WireClient(broker.address())) {
                        client.ask(FindCoordinatorRequest.builder().coordinatorKeys(
                                Collections.nCopies(ELEMENTS, "k")).build(), (short) 4);
                    } catch (IOException | RuntimeException e) {
                        failures.add(e);
                    }
                });
                asker.start();
                askers.add(asker);
            }
            for (Thread asker : askers) {
                asker.join();
            }
            assertEquals(List.of(), failures);
            canary.end();
        }
    }
}
