package io.chapar.broker.cluster;

import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AddPartitionsToTxnRequest;
import io.chapar.protocol.message.AddPartitionsToTxnResponse;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.chapar.protocol.message.DescribeClusterRequest;
import io.chapar.protocol.message.DescribeClusterResponse;
import io.chapar.protocol.message.EndTxnRequest;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.FindCoordinatorResponse;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.ListGroupsRequest;
import io.chapar.protocol.message.ListGroupsResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceRequest.TopicProduceData;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.TxnOffsetCommitRequest;
import io.chapar.protocol.message.TxnOffsetCommitResponse;
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarker;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarkerTopic;
import io.chapar.protocol.message.WriteTxnMarkersResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Three brokers, each partition on one of them: topics are spread, clients are told where to go, and a transaction
/// goes over brokers, whatever the order and the loss of what brokers tell each other.
class ClusterScenarios {
    private static final UUID NO_ID = new UUID(0, 0);
    private static final String TOPIC = "t";
    private static final int PARTITIONS = 3;
    private static final long SLOWEST_MS = 20;
    private static final int SEEDS = 40;
    private static final Map<String, String> SETTINGS =
            Map.of("transaction.state.log.num.partitions", "3", "offsets.topic.num.partitions", "3",
                    "transaction.state.log.replication.factor", "1", "offsets.topic.replication.factor", "1");

    private ClusterFixture cluster = new ClusterFixture(3, 1, SLOWEST_MS, SETTINGS);

    private void begin(long seed) {
        cluster = new ClusterFixture(3, seed, SLOWEST_MS, SETTINGS);
        createTopic();
    }

    private void createTopic() {
        cluster.ask(1, CreateTopicsRequest.builder().timeoutMs(5_000).topics(List.of(CreatableTopic.builder()
                .name(TOPIC).numPartitions(PARTITIONS).replicationFactor((short) 1).build())).build(), 7);
        for (byte type : new byte[] {0, 1}) {
            cluster.ask(2, FindCoordinatorRequest.builder()
                    .keyType(type).coordinatorKeys(List.of("x")).build(), 4);
        }
    }

    // ---- where things are

    @Test
    void everyBrokerTellsTheSameBrokersAndLeaders() {
        begin(1);
        Set<Integer> leaders = new TreeSet<>();
        for (int asked = 1; asked <= 3; asked++) {
            MetadataResponse answer = (MetadataResponse) cluster.ask(
                    asked, MetadataRequest.builder().topics(null).build(), 12);
            assertEquals(List.of(1, 2, 3), answer.brokers().stream().map(b -> b.nodeId()).toList());
            answer.topics().stream().filter(topic -> TOPIC.equals(topic.name()))
                    .flatMap(topic -> topic.partitions().stream())
                    .forEach(partition -> {
                        assertEquals(cluster.leader(TOPIC, partition.partitionIndex()), partition.leaderId());
                        leaders.add(partition.leaderId());
                    });
            int other = asked % 3 + 1;
            assertEquals("host" + other,
                    answer.brokers().stream().filter(b -> b.nodeId() == other).findFirst().orElseThrow().host());
        }
        assertEquals(Set.of(1, 2, 3), leaders);
    }

    @Test
    void whoAsksTheWrongBrokerIsToldTheRightOne() {
        begin(1);
        int leader = cluster.leader(TOPIC, 0);
        int other = leader % 3 + 1;
        var answer = only(cluster.ask(other, plain(0, "a"), 12));
        assertEquals(ErrorCode.NOT_LEADER_OR_FOLLOWER.code(), answer.errorCode());
        assertEquals(leader, answer.currentLeader().leaderId());
        ProduceResponse whole = (ProduceResponse) cluster.ask(other, plain(0, "a"), 12);
        assertEquals(List.of(new ProduceResponse.NodeEndpoint(leader, "host" + leader, 9092, "rack" + leader)),
                whole.nodeEndpoints());
        assertEquals(ErrorCode.NONE.code(), only(cluster.ask(leader, plain(0, "a"), 12)).errorCode());
    }

    /// Another broker may have given it a moment ago: to refuse it for good would end a producer that is well.
    @Test
    void aProducerIdThatItsLeaderHasNotHeardOfIsToBeTriedAgain() {
        begin(1);
        int leader = cluster.leader(TOPIC, 0);
        long next = cluster.image().nextProducerId();
        ProduceRequest request = produce(null, 0, new RecordBatchBuilder(Compression.NONE)
                .producer(next, (short) 0, 0).append(cluster.nowMs(), null, bytes("a")).build());
        assertEquals(ErrorCode.NOT_ENOUGH_REPLICAS.code(), only(cluster.ask(leader, request, 12)).errorCode());
    }

    /// A producer has several batches under way. When the news of its id comes between the first and the second, the
    /// second is not its beginning: the first would be out of order for ever.
    @Test
    void whatIsBehindARefusedBeginningIsNoBeginning() {
        begin(1);
        int leader = cluster.leader(TOPIC, 0);
        long next = cluster.image().nextProducerId();
        assertEquals(ErrorCode.NOT_ENOUGH_REPLICAS, error(leader, next, 0));
        for (int broker = 1; cluster.image().nextProducerId() <= next; broker++) {
            cluster.ask(broker, InitProducerIdRequest.builder().transactionalId(null).transactionTimeoutMs(1000)
                    .producerId(-1).producerEpoch((short) -1).build(), 4);
        }
        assertEquals(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, error(leader, next, 1));
        assertEquals(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, error(leader, next, 2));
        assertEquals(ErrorCode.NONE, error(leader, next, 0));
        assertEquals(ErrorCode.NONE, error(leader, next, 1));
    }

    private ErrorCode error(int leader, long producerId, int sequence) {
        ProduceRequest request = produce(null, 0, new RecordBatchBuilder(Compression.NONE)
                .producer(producerId, (short) 0, sequence).append(cluster.nowMs(), null, bytes("a")).build());
        return ErrorCode.of(only(cluster.ask(leader, request, 12)).errorCode());
    }

    /// The coordinator may have been elected in an image that the leader does not have yet: refused for good, its
    /// transaction would stay open.
    @Test
    void aMarkerWithACoordinatorsEpochThatItsLeaderHasNotHeardOfIsTaken() {
        begin(1);
        int leader = cluster.leader(TOPIC, 0);
        WriteTxnMarkersRequest marker = new WriteTxnMarkersRequest(List.of(new WritableTxnMarker(
                0, (short) 0, true, List.of(new WritableTxnMarkerTopic(TOPIC, List.of(0))), 77, (byte) 0)));
        assertEquals(ErrorCode.INVALID_REQUEST.code(), markerError(cluster.ask(leader, marker, 1)));
        assertEquals(ErrorCode.NONE.code(), markerError(cluster.askAsBroker(leader % 3 + 1, leader, marker, 1)));
    }

    private static short markerError(Response answer) {
        return ((WriteTxnMarkersResponse) answer).markers().getFirst().topics().getFirst().partitions().getFirst()
                .errorCode();
    }

    /// What brokers ask for each other's transactions is none of clients' business.
    @Test
    void clientsDoNotAddPartitionsAsBrokersDo() {
        for (int version = 4; version <= 5; version++) {
            AddPartitionsToTxnResponse answer =
                    (AddPartitionsToTxnResponse) cluster.ask(1, AddPartitionsToTxnRequest.DEFAULT, version);
            assertEquals(ErrorCode.CLUSTER_AUTHORIZATION_FAILED.code(), answer.errorCode());
        }
    }

    @Test
    void coordinatorsAreFoundFromEverywhere() {
        begin(1);
        for (String key : List.of("a", "b", "c", "d")) {
            for (int asked = 1; asked <= 3; asked++) {
                assertEquals(cluster.coordinator(key), found(asked, (byte) 1, key));
                assertEquals(cluster.groupCoordinator(key), found(asked, (byte) 0, key));
            }
        }
    }

    private int found(int asked, byte type, String key) {
        FindCoordinatorResponse answer = (FindCoordinatorResponse) cluster.ask(asked,
                FindCoordinatorRequest.builder().keyType(type).coordinatorKeys(List.of(key)).build(), 4);
        return answer.coordinators().getFirst().nodeId();
    }

    @Test
    void aBrokerThatIsFencedIsNotListedAndLeadsNothing() {
        begin(1);
        cluster.kill(3);
        cluster.fence(3);
        DescribeClusterResponse answer = (DescribeClusterResponse) cluster.ask(
                1, DescribeClusterRequest.builder().endpointType((byte) 1).build(), 1);
        assertEquals(List.of(1, 2), answer.brokers().stream().map(b -> b.brokerId()).toList());
        int gone = IntStream.range(0, PARTITIONS)
                .filter(i -> cluster.leader(TOPIC, i) == PartitionImage.NO_LEADER).findFirst().orElseThrow();
        MetadataResponse topics = (MetadataResponse) cluster.ask(
                2, MetadataRequest.builder().topics(null).build(), 12);
        var partition = topics.topics().stream().filter(topic -> TOPIC.equals(topic.name())).findFirst().orElseThrow()
                .partitions().get(gone);
        assertEquals(ErrorCode.LEADER_NOT_AVAILABLE.code(), partition.errorCode());
        assertEquals(List.of(3), partition.offlineReplicas());
        cluster.start(3);
        assertEquals(3, cluster.leader(TOPIC, gone));
        assertEquals(ErrorCode.NONE.code(), only(cluster.ask(3, plain(gone, "a"), 12)).errorCode());
    }

    /// Each broker lists its own groups, as a Kafka broker does.
    @Test
    void groupsAreListedWhereTheyAreCoordinated() {
        begin(1);
        Writer writer = new Writer("w").init();
        writer.commitOffset("g", 0, 5);
        writer.end(true);
        for (int asked = 1; asked <= 3; asked++) {
            ListGroupsResponse answer = (ListGroupsResponse) cluster.ask(
                    asked, ListGroupsRequest.builder().build(), 4);
            assertEquals(ErrorCode.NONE.code(), answer.errorCode());
            assertEquals(asked == cluster.groupCoordinator("g") ? 1 : 0, answer.groups().size());
        }
    }

    // ---- transactions over brokers

    @Test
    void aTransactionOverThreeBrokersIsSeenWholeOrNotAtAll() {
        for (int seed = 1; seed <= SEEDS; seed++) {
            begin(seed);
            Writer writer = new Writer("id" + seed).init();
            for (int round = 0; round < 4; round++) {
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    writer.write(partition, "round " + round);
                }
                writer.commitOffset("g", 0, 10 + round);
                writer.end(round % 2 == 0);
            }
            cluster.settle();
            assertNothingOpen();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                // Four records and four markers, each once.
                assertEquals(8, cluster.partition(TOPIC, partition).highWatermark());
            }
            assertEquals(12, groupOffset("g"));
            assertTrue(cluster.asked() > 0, "brokers asked each other");
        }
    }

    @Test
    void anAnswerThatIsLostIsAskedForAgain() {
        for (int seed = 1; seed <= SEEDS; seed++) {
            begin(seed);
            Writer writer = new Writer("id" + seed).init();
            for (int round = 0; round < 3; round++) {
                cluster.loseAnswers(seed % 4);
                Asked[] written = new Asked[PARTITIONS];
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    written[partition] = writer.begin(partition, "round " + round);
                }
                cluster.advance(4_000);
                for (Asked one : written) {
                    assertEquals(ErrorCode.NONE.code(), only(one.answer()).errorCode());
                }
                cluster.loseAnswers(seed % 3);
                writer.end(true);
                cluster.advance(4_000);
                assertNothingOpen();
            }
            for (int partition = 0; partition < PARTITIONS; partition++) {
                assertEquals(3, committed(partition));
            }
        }
    }

    /// The coordinator's broker is killed at every moment around its decision: what it answered holds, and nothing
    /// stays open.
    @Test
    void aCoordinatorThatDiesFinishesWhatItDecided() {
        for (int steps = 0; steps < 120; steps += 2) {
            begin(7);
            Writer writer = new Writer("id").init();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                writer.write(partition, "a");
            }
            int coordinator = cluster.coordinator("id");
            Asked ended = cluster.begin(coordinator, writer.endRequest(true), 5);
            cluster.steps(steps);
            cluster.kill(coordinator);
            boolean answered = ended.answer() != null;
            cluster.advance(3_000);
            cluster.start(coordinator);
            cluster.advance(120_000);
            assertNothingOpen();
            Set<Integer> seen = new TreeSet<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                seen.add(committed(partition));
            }
            assertEquals(1, seen.size(), "seen whole or not at all");
            if (answered) {
                assertEquals(Set.of(1), seen, "what was answered holds");
            }
        }
    }

    /// A leader that is away when markers come gets them when it is back.
    @Test
    void aLeaderThatDiesIsTheTransactionsEndLater() {
        for (int seed = 1; seed <= SEEDS; seed++) {
            begin(seed);
            Writer writer = new Writer("id").init();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                writer.write(partition, "a");
            }
            int coordinator = cluster.coordinator("id");
            int other = coordinator % 3 + 1;
            Asked ended = cluster.begin(coordinator, writer.endRequest(true), 5);
            cluster.steps(seed);
            cluster.kill(other);
            if (seed % 2 == 0) {
                cluster.fence(other);
            }
            cluster.advance(20_000);
            assertEquals(ErrorCode.NONE.code(), ((EndTxnResponse) ended.answer()).errorCode());
            cluster.start(other);
            cluster.advance(20_000);
            assertNothingOpen();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                assertEquals(1, committed(partition));
            }
        }
    }

    /// Nobody can be asked: the write is refused as something to be tried again, and is not written.
    @Test
    void withoutItsCoordinatorNoTransactionBegins() {
        begin(3);
        Writer writer = new Writer("id").init();
        int coordinator = cluster.coordinator("id");
        int partition = IntStream.range(0, PARTITIONS)
                .filter(i -> cluster.leader(TOPIC, i) != coordinator).findFirst().orElseThrow();
        cluster.kill(coordinator);
        Asked asked = writer.begin(partition, "a");
        cluster.advance(60_000);
        assertNotNull(asked.answer(), "it is told so");
        assertNotEquals(0, only(asked.answer()).errorCode());
        assertEquals(0, cluster.partition(TOPIC, partition).highWatermark());
        cluster.start(coordinator);
        writer.sequences.clear();
        writer.write(partition, "a");
        writer.end(true);
        cluster.advance(10_000);
        assertEquals(1, committed(partition));
    }

    // ---- what is seen

    private void assertNothingOpen() {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            var led = cluster.partition(TOPIC, partition);
            assertEquals(led.highWatermark(), led.lastStableOffset(), "open in " + led.id());
        }
        for (int partition = 0; partition < 3; partition++) {
            var led = cluster.partition("__consumer_offsets", partition);
            assertEquals(led.highWatermark(), led.lastStableOffset(), "open in " + led.id());
        }
    }

    /// How many transactions of one record are committed there.
    private int committed(int partition) {
        FetchResponse answer = (FetchResponse) cluster.ask(cluster.leader(TOPIC, partition), FetchRequest.builder()
                .maxWaitMs(0).minBytes(0).maxBytes(1 << 20).isolationLevel((byte) 1).sessionId(0).sessionEpoch(-1)
                .topics(List.of(new FetchRequest.FetchTopic(TOPIC, NO_ID, List.of(FetchRequest.FetchPartition.builder()
                        .partition(partition).fetchOffset(0).partitionMaxBytes(1 << 20).build()))))
                .build(), 12);
        FetchResponse.PartitionData data = answer.responses().getFirst().partitions().getFirst();
        assertEquals(ErrorCode.NONE.code(), data.errorCode());
        int whole = (int) data.lastStableOffset() / 2;
        return whole - (data.abortedTransactions() == null ? 0 : data.abortedTransactions().size());
    }

    private long groupOffset(String group) {
        OffsetFetchResponse answer = (OffsetFetchResponse) cluster.ask(cluster.groupCoordinator(group),
                OffsetFetchRequest.builder().requireStable(true)
                        .groups(List.of(OffsetFetchRequest.OffsetFetchRequestGroup.builder()
                                .groupId(group)
                                .topics(List.of(new OffsetFetchRequest.OffsetFetchRequestTopics(
                                        TOPIC, NO_ID, List.of(0)))).build())).build(), 9);
        return answer.groups().getFirst().topics().getFirst().partitions().getFirst().committedOffset();
    }

    private static ProduceResponse.PartitionProduceResponse only(Response answer) {
        return ((ProduceResponse) answer).responses().getFirst().partitionResponses().getFirst();
    }

    private ProduceRequest plain(int partition, String value) {
        return produce(null, partition, new RecordBatchBuilder(Compression.NONE)
                .append(cluster.nowMs(), null, bytes(value)).build());
    }

    private static ProduceRequest produce(String id, int partition, ByteBuffer batch) {
        return new ProduceRequest(id, (short) -1, 5_000, List.of(new TopicProduceData(TOPIC, NO_ID,
                List.of(new PartitionProduceData(partition, new BufferRecords(batch))))));
    }

    private static ByteBuffer bytes(String value) {
        return ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8));
    }

    /// A transactional producer of version 2 that knows where everything is.
    private final class Writer {
        private final String id;
        private final Map<Integer, Integer> sequences = new LinkedHashMap<>();
        private long producerId;
        private short epoch;

        Writer(String id) {
            this.id = id;
        }

        Writer init() {
            InitProducerIdResponse answer = (InitProducerIdResponse) cluster.ask(cluster.coordinator(id),
                    InitProducerIdRequest.builder().transactionalId(id).transactionTimeoutMs(30_000)
                            .producerId(-1).producerEpoch((short) -1).build(), 5);
            assertEquals(ErrorCode.NONE.code(), answer.errorCode());
            adopt(answer.producerId(), answer.producerEpoch());
            return this;
        }

        private void adopt(long newId, short newEpoch) {
            producerId = newId;
            epoch = newEpoch;
            sequences.clear();
        }

        Asked begin(int partition, String value) {
            int sequence = sequences.merge(partition, 1, Integer::sum) - 1;
            ByteBuffer batch = new RecordBatchBuilder(Compression.NONE).producer(producerId, epoch, sequence)
                    .transactional().append(cluster.nowMs(), null, bytes(value)).build();
            return cluster.begin(cluster.leader(TOPIC, partition), produce(id, partition, batch), 12);
        }

        void write(int partition, String value) {
            Asked asked = begin(partition, value);
            cluster.settle();
            for (int i = 0; i < 5 && asked.answer() == null; i++) {
                cluster.settle();
            }
            assertEquals(ErrorCode.NONE.code(), only(asked.answer()).errorCode());
        }

        void commitOffset(String group, int partition, long offset) {
            Asked asked = cluster.later(cluster.groupCoordinator(group), TxnOffsetCommitRequest.builder()
                    .transactionalId(id).groupId(group).producerId(producerId).producerEpoch(epoch)
                    .topics(List.of(new TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic(TOPIC, NO_ID, List.of(
                            new TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition(partition, offset, -1, null)))))
                    .build(), 5);
            for (int i = 0; i < 5 && asked.answer() == null; i++) {
                cluster.settle();
            }
            assertEquals(ErrorCode.NONE.code(), ((TxnOffsetCommitResponse) asked.answer())
                    .topics().getFirst().partitions().getFirst().errorCode());
        }

        EndTxnRequest endRequest(boolean commit) {
            return EndTxnRequest.builder().transactionalId(id).producerId(producerId).producerEpoch(epoch)
                    .committed(commit).build();
        }

        void end(boolean commit) {
            Asked asked = cluster.later(cluster.coordinator(id), endRequest(commit), 5);
            for (int i = 0; i < 5 && asked.answer() == null; i++) {
                cluster.settle();
            }
            EndTxnResponse answer = (EndTxnResponse) asked.answer();
            assertEquals(ErrorCode.NONE.code(), answer.errorCode());
            adopt(answer.producerId(), answer.producerEpoch());
        }
    }
}
