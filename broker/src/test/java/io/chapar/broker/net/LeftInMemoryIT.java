package io.chapar.broker.net;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.JoinGroupRequest;
import io.chapar.protocol.message.JoinGroupResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.ProduceResponse.PartitionProduceResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What clients leave behind in the memory of a broker as a process of its own, with the heap of a small machine.
@Tag("nightly")
final class LeftInMemoryIT {
    private static final int IN_FLIGHT = 40;
    private static final long MOST_PER_PARTITION = 100_000;
    /// Of one producer in a snapshot.
    private static final int ENTRY_BYTES = 64;

    @TempDir
    Path folder;

    private SmallBroker broker;

    private void start(Map<String, String> settings) throws IOException {
        broker = SmallBroker.start(folder, settings);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private static JoinGroupRequest join(String group, int metadataBytes) {
        return JoinGroupRequest.builder().groupId(group).memberId("").protocolType("consumer")
                .sessionTimeoutMs(60_000).rebalanceTimeoutMs(60_000)
                .protocols(List.of(new JoinGroupRequest.JoinGroupRequestProtocol(
                        "range", ByteBuffer.allocate(metadataBytes))))
                .build();
    }

    /// Each from a connection of its own, all at once. What each was answered.
    private Map<ErrorCode, Integer> joins(int count, IntFunction<JoinGroupRequest> join) throws IOException {
        short version = 3;
        Map<ErrorCode, Integer> answers = new EnumMap<>(ErrorCode.class);
        List<WireClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                clients.add(new WireClient(broker.address()));
                clients.getLast().send(WireClient.frame(join.apply(i), version, 1));
            }
            for (WireClient client : clients) {
                JoinGroupResponse answer = (JoinGroupResponse) client.answer(ApiKey.JOIN_GROUP, version);
                answers.merge(ErrorCode.of(answer.errorCode()), 1, Integer::sum);
            }
        } finally {
            for (WireClient client : clients) {
                client.close();
            }
        }
        return answers;
    }

    private void findCoordinator() throws IOException {
        try (WireClient client = new WireClient(broker.address())) {
            client.ask(FindCoordinatorRequest.builder().coordinatorKeys(List.of("g")).build(), (short) 4);
        }
    }

    private void assertServes() throws IOException {
        broker.assertAlive();
        try (Canary canary = new Canary(broker.address())) {
            canary.once();
        }
    }

    @Test
    void membersThatSayMoreThanOneMayAreRefused() throws IOException {
        start(Map.of());
        findCoordinator();
        for (boolean oneGroup : new boolean[] {false, true}) {
            Map<ErrorCode, Integer> answers = joins(60, i -> join(oneGroup ? "g" : "g" + i, 7_900_000));
            assertEquals(Map.of(ErrorCode.INVALID_REQUEST, 60), answers);
            assertServes();
        }
    }

    /// 600 MB, of which an eighth of the heap is taken in.
    @Test
    void membersBeyondTheMemoryForGroupsAreTurnedAway() throws IOException {
        start(Map.of());
        findCoordinator();
        Map<ErrorCode, Integer> answers = joins(600, i -> join("g" + i, 1_000_000));
        assertEquals(600, answers.values().stream().mapToInt(each -> each).sum());
        int taken = answers.get(ErrorCode.NONE);
        assertTrue(taken > 30 && taken < 70, answers::toString);
        assertEquals(600 - taken, answers.get(ErrorCode.COORDINATOR_NOT_AVAILABLE), answers::toString);
        assertServes();
    }

    private static ByteBuffer batch(long producerId) {
        return new RecordBatchBuilder(Compression.NONE).producer(producerId, (short) 0, 0)
                .append(System.currentTimeMillis(), null, ByteBuffer.allocate(1)).build();
    }

    /// One batch of each of so many producers to each of so many partitions; many requests are under way. What the
    /// partitions answered.
    private Map<ErrorCode, Integer> write(long firstId, int producers, int partitions) throws IOException {
        short version = 9;
        Map<ErrorCode, Integer> answers = new EnumMap<>(ErrorCode.class);
        try (WireClient client = new WireClient(broker.address())) {
            for (int sent = 0, answered = 0; answered < producers; ) {
                if (sent < producers && sent - answered < IN_FLIGHT) {
                    client.send(WireClient.frame(request(firstId + sent, partitions), version, sent));
                    sent++;
                    continue;
                }
                ProduceResponse answer = (ProduceResponse) client.answer(ApiKey.PRODUCE, version);
                for (PartitionProduceResponse each : answer.responses().getFirst().partitionResponses()) {
                    answers.merge(ErrorCode.of(each.errorCode()), 1, Integer::sum);
                }
                answered++;
            }
        }
        return answers;
    }

    private static ProduceRequest request(long producerId, int partitions) {
        ByteBuffer batch = batch(producerId);
        return ProduceRequest.builder().acks((short) -1).timeoutMs(30_000)
                .topicData(List.of(ProduceRequest.TopicProduceData.builder().name("t")
                        .partitionData(IntStream.range(0, partitions)
                                .mapToObj(i -> new PartitionProduceData(i, new BufferRecords(batch.duplicate())))
                                .toList())
                        .build()))
                .build();
    }

    @Test
    void producerIdsThatNobodyWasGivenLeaveNothing() throws IOException {
        start(Map.of());
        try (WireClient client = new WireClient(broker.address())) {
            SmallBroker.create(client, "t", 1, Map.of());
        }
        assertEquals(Map.of(ErrorCode.INVALID_PRODUCER_ID_MAPPING, 1_650_000), write(1_000, 1_650_000, 1));
        assertServes();
    }

    private void take(int ids) throws IOException {
        short version = 4;
        InitProducerIdRequest ask = InitProducerIdRequest.builder().transactionalId(null).producerId(-1)
                .producerEpoch((short) -1).transactionTimeoutMs(1_000).build();
        try (WireClient client = new WireClient(broker.address())) {
            for (int sent = 0, answered = 0; answered < ids; ) {
                if (sent < ids && sent - answered < IN_FLIGHT) {
                    client.send(WireClient.frame(ask, version, sent));
                    sent++;
                    continue;
                }
                InitProducerIdResponse given =
                        (InitProducerIdResponse) client.answer(ApiKey.INIT_PRODUCER_ID, version);
                assertEquals(ErrorCode.NONE.code(), given.errorCode());
                answered++;
            }
        }
    }

    /// Ids that others were given can be invented: up to what a partition remembers, and up to what all of them do.
    @Test
    void producerIdsOfOthersAreTakenInUpToTheBoundsAndSurviveARestart() throws IOException {
        int ids = 120_000;
        int partitions = 6;
        Map<String, String> settings = Map.of("producer.ids.per.client.hour", "1000000");
        start(settings);
        try (WireClient client = new WireClient(broker.address())) {
            SmallBroker.create(client, "t", partitions, Map.of());
        }
        take(ids);
        Map<ErrorCode, Integer> answers = write(0, ids, partitions);
        int taken = answers.get(ErrorCode.NONE);
        assertEquals((long) ids * partitions - taken, (long) answers.get(ErrorCode.POLICY_VIOLATION));
        // A quarter of the heap, at 256 bytes each.
        assertTrue(taken > 450_000 && taken <= 524_288, answers::toString);
        assertServes();
        broker.terminate();
        long snapshot = largestSnapshot();
        assertTrue(snapshot > 0 && snapshot <= MOST_PER_PARTITION * ENTRY_BYTES, () -> snapshot + " bytes");
        start(settings);
        Awaitility.await().untilAsserted(this::assertServes);
        assertEquals(Map.of(ErrorCode.NONE, partitions), write(0, 1, partitions), "still known, and repeated");
    }

    /// Of all partitions, in bytes.
    private long largestSnapshot() throws IOException {
        try (Stream<Path> all = Files.walk(broker.data())) {
            return all.filter(path -> path.toString().endsWith(".snapshot"))
                    .mapToLong(path -> path.toFile().length()).max().orElseThrow();
        }
    }
}
