package io.chapar.broker.cluster;

import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.OffsetAtTime;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.chapar.protocol.message.DeleteRecordsRequest;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.FetchResponse.PartitionData;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListOffsetsResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceRequest.TopicProduceData;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Readers that stand beside a follower: who is sent there, and what a follower gives. Broker 1 stands in "rack1".
class NearestReplicaScenarios {
    private static final UUID NO_ID = new UUID(0, 0);
    private static final String TOPIC = "t";
    private static final int V = 12;
    private static final int NOBODY = -1;

    private final ClusterFixture cluster = new ClusterFixture(3, 1, 5, Map.of(
            "default.replication.factor", "3", "replica.lag.time.max.ms", "2000",
            "replica.selector.class", "org.apache.kafka.common.replica.RackAwareReplicaSelector"));

    NearestReplicaScenarios() {
        cluster.ask(1, CreateTopicsRequest.builder().timeoutMs(5_000)
                .topics(List.of(CreatableTopic.builder().name(TOPIC).numPartitions(1).replicationFactor((short) -1)
                        .build())).build(), 7);
        cluster.settle();
    }

    private int leader() {
        return cluster.leader(TOPIC, 0);
    }

    /// Who leads next.
    private int follower() {
        return cluster.image().topic(TOPIC).partition(0).replicas().stream()
                .filter(id -> id != leader() && cluster.isRunning(id)).findFirst().orElseThrow();
    }

    private static String rack(int broker) {
        return "rack" + broker;
    }

    private void write(String value, int count) {
        for (int i = 0; i < count; i++) {
            begin(value);
            cluster.settle();
        }
    }

    private Asked begin(String value) {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .append(cluster.nowMs(), null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)))
                .build();
        return cluster.begin(leader(), new ProduceRequest(null, (short) -1, 3_000, List.of(new TopicProduceData(
                TOPIC, NO_ID, List.of(new PartitionProduceData(0, new BufferRecords(batch)))))), 12);
    }

    private static FetchRequest fetch(long from, int epoch, String rack, int waitMs) {
        return FetchRequest.builder().maxWaitMs(waitMs).minBytes(1).maxBytes(1 << 20).sessionEpoch(-1).rackId(rack)
                .topics(List.of(FetchRequest.FetchTopic.builder().topic(TOPIC)
                        .partitions(List.of(FetchRequest.FetchPartition.builder().partition(0).fetchOffset(from)
                                .currentLeaderEpoch(epoch).partitionMaxBytes(1 << 20).build())).build()))
                .build();
    }

    private PartitionData read(int broker, long from, int epoch, String rack, int version) {
        return one(cluster.ask(broker, fetch(from, epoch, rack, 0), version));
    }

    private PartitionData read(int broker, long from, String rack) {
        return read(broker, from, -1, rack, V);
    }

    private static PartitionData one(Object answer) {
        return ((FetchResponse) answer).responses().getFirst().partitions().getFirst();
    }

    private static void assertRefused(ErrorCode error, PartitionData data) {
        assertEquals(error, ErrorCode.of(data.errorCode()));
    }

    private static void assertRecords(PartitionData data, long highWatermark) {
        assertRefused(ErrorCode.NONE, data);
        assertEquals(NOBODY, data.preferredReadReplica());
        assertEquals(highWatermark, data.highWatermark());
        assertTrue(data.records() != null && data.records().sizeInBytes() > 0, data.toString());
    }

    @Test
    void theLeaderSendsWhoStandsBesideAFollowerThere() {
        write("a", 3);
        PartitionData sent = read(leader(), 0, rack(follower()));
        assertEquals(follower(), sent.preferredReadReplica());
        assertEquals(0, sent.records() == null ? 0 : sent.records().sizeInBytes());
        assertEquals(3, sent.highWatermark());

        assertRecords(read(follower(), 0, rack(follower())), 3);
        assertRecords(read(leader(), 0, rack(leader())), 3);
        assertRecords(read(leader(), 0, ""), 3);
        assertRecords(read(leader(), 0, "rack9"), 3);
        assertRecords(read(leader(), 0, -1, "", 10), 3);
    }

    @Test
    void oldClientsReadOfLeadersAlone() {
        write("a", 1);
        assertRefused(ErrorCode.NOT_LEADER_OR_FOLLOWER, read(follower(), 0, -1, "", 10));
        assertRecords(read(follower(), 0, "whereever"), 1);
    }

    @Test
    void aFollowerWithoutWhatIsAskedForIsNotNamed() {
        write("a", 1);
        String rack = rack(follower());
        int gone = follower();
        cluster.kill(gone);
        cluster.fence(gone);
        write("b", 1);
        assertRecords(read(leader(), 1, rack), 2);
        assertRefused(ErrorCode.OFFSET_OUT_OF_RANGE, read(leader(), 9, rack));
    }

    @Test
    void aFollowerChecksOffsetAndEpoch() {
        write("a", 2);
        int epoch = cluster.partition(TOPIC, 0).leaderEpoch();
        String rack = rack(follower());
        assertRecords(read(follower(), 0, epoch, rack, V), 2);
        assertRefused(ErrorCode.UNKNOWN_LEADER_EPOCH, read(follower(), 0, epoch + 1, rack, V));
        assertRefused(ErrorCode.OFFSET_OUT_OF_RANGE, read(follower(), 3, epoch, rack, V));
        assertRefused(ErrorCode.UNKNOWN_LEADER_EPOCH, read(leader(), 0, epoch + 1, rack, V));
        cluster.kill(leader());
        cluster.fence(leader());
        cluster.settle();
        int other = 6 - leader() - deadBroker();
        assertRefused(ErrorCode.FENCED_LEADER_EPOCH, read(other, 0, epoch, rack(other), V));
        assertRecords(read(other, 0, epoch + 1, rack(other), V), 2);
    }

    private int deadBroker() {
        for (int id = 1; id <= 3; id++) {
            if (!cluster.isRunning(id)) {
                return id;
            }
        }
        throw new AssertionError("all run");
    }

    @Test
    void whoWaitsAtAFollowerIsWokenByWhatIsCommitted() {
        write("a", 1);
        Asked waiting = cluster.begin(follower(), fetch(1, -1, rack(follower()), 20_000), V);
        cluster.settle();
        assertFalse(waiting.isEnded());
        write("b", 1);
        assertTrue(waiting.isEnded());
        assertRecords(one(waiting.answer()), 2);

        Asked late = cluster.begin(follower(), fetch(2, -1, rack(follower()), 20_000), V);
        cluster.settle();
        cluster.kill(leader());
        cluster.fence(leader());
        cluster.settle();
        write("c", 1);
        assertTrue(late.isEnded(), "it goes on to wait, whoever leads");
    }

    /// Nothing that readers were sent for is gone at the follower: its log begins no later than its leader's.
    @Test
    void aLogThatBeginsLaterDoesSoAtFollowersWithoutMoreBeingWritten() {
        write("a", 5);
        cluster.ask(leader(), DeleteRecordsRequest.builder().timeoutMs(5_000)
                .topics(List.of(DeleteRecordsRequest.DeleteRecordsTopic.builder().name(TOPIC)
                        .partitions(List.of(DeleteRecordsRequest.DeleteRecordsPartition.builder()
                                .partitionIndex(0).offset(3).build())).build())).build(), 2);
        cluster.settle();
        assertEquals(3, cluster.partition(follower(), TOPIC, 0).logStartOffset());
        assertRefused(ErrorCode.OFFSET_OUT_OF_RANGE, read(leader(), 1, rack(follower())));
        assertRefused(ErrorCode.OFFSET_OUT_OF_RANGE, read(follower(), 1, rack(follower())));
    }

    /// Another leader may have told of more than a new one knows to be committed.
    @Test
    void aLeaderThatDoesNotKnowYetWhatIsCommittedTellsNoEnd() {
        write("a", 1);
        int first = leader();
        int second = follower();
        int third = 6 - first - second;
        cluster.cutOff(third);
        cluster.settle();
        begin("b");
        cluster.settle();
        cluster.kill(first);
        cluster.fence(first);
        cluster.settle();
        assertEquals(second, leader());
        Partition led = cluster.partition(second, TOPIC, 0);
        assertEquals(2, led.logEndOffset());
        assertEquals(1, led.highWatermark());
        List<OffsetAtTime> told = new ArrayList<>();
        led.offsetForTimestamp(Partition.LATEST, Isolation.READ_UNCOMMITTED, -1, told::add);
        led.offsetForTimestamp(Partition.EARLIEST, Isolation.READ_UNCOMMITTED, -1, told::add);
        led.offsetForTimestamp(Long.MAX_VALUE, Isolation.READ_UNCOMMITTED, -1, told::add);
        cluster.settle();
        assertEquals(ErrorCode.OFFSET_NOT_AVAILABLE,
                assertInstanceOf(OffsetAtTime.Refused.class, told.get(0)).error());
        assertInstanceOf(OffsetAtTime.Found.class, told.get(1));
        assertEquals(ErrorCode.OFFSET_NOT_AVAILABLE,
                assertInstanceOf(OffsetAtTime.Refused.class, told.get(2)).error());
        assertEquals(ErrorCode.OFFSET_NOT_AVAILABLE, end(5));
        assertEquals(ErrorCode.LEADER_NOT_AVAILABLE, end(4));
    }

    private ErrorCode end(int version) {
        var answer = (ListOffsetsResponse) cluster.ask(leader(), ListOffsetsRequest.builder().replicaId(-1)
                .topics(List.of(ListOffsetsRequest.ListOffsetsTopic.builder().name(TOPIC)
                        .partitions(List.of(ListOffsetsRequest.ListOffsetsPartition.builder().partitionIndex(0)
                                .currentLeaderEpoch(-1).timestamp(-1).build())).build())).build(), version);
        return ErrorCode.of(answer.topics().getFirst().partitions().getFirst().errorCode());
    }
}
