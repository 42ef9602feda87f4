package io.chapar.broker.cluster;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest.ReassignablePartition;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest.ReassignableTopic;
import io.chapar.protocol.message.AlterPartitionReassignmentsResponse;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableReplicaAssignment;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceRequest.TopicProduceData;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// A partition of a coordinator's topic moves to a broker that had none of it while it runs: what the log says is left
/// to do is done there, though no client asks.
class MovedCoordinatorScenarios {
    private static final UUID NO_ID = new UUID(0, 0);
    private static final String TOPIC = "t";
    private static final String ID = "x";
    private static final int TIMEOUT_MS = 30_000;
    private static final int CATCH_UP_MS = 4_000;

    private final ClusterFixture cluster = new ClusterFixture(3, 1, 5, Map.of(
            "transaction.state.log.num.partitions", "1", "transaction.state.log.replication.factor", "1",
            "transaction.hanging.check.interval.ms", "0", "replica.lag.time.max.ms", "2000"));

    @BeforeEach
    void aTransactionIsOpen() {
        cluster.ask(1, CreateTopicsRequest.builder().timeoutMs(5_000).topics(List.of(CreatableTopic.builder()
                .name(TOPIC).numPartitions(-1).replicationFactor((short) -1)
                .assignments(List.of(new CreatableReplicaAssignment(0, List.of(1)))).build())).build(), 7);
        cluster.ask(1, FindCoordinatorRequest.builder().keyType((byte) 1).coordinatorKeys(List.of(ID)).build(), 4);
        InitProducerIdResponse begun = (InitProducerIdResponse) cluster.ask(cluster.coordinator(ID),
                InitProducerIdRequest.builder().transactionalId(ID).transactionTimeoutMs(TIMEOUT_MS)
                        .producerId(-1).producerEpoch((short) -1).build(), 5);
        assertEquals(ErrorCode.NONE.code(), begun.errorCode());
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .producer(begun.producerId(), begun.producerEpoch(), 0).transactional()
                .append(cluster.nowMs(), null, ByteBuffer.allocate(1)).build();
        var written = cluster.later(1, new ProduceRequest(ID, (short) -1, 3_000, List.of(
                new TopicProduceData(TOPIC, NO_ID, List.of(
                        new PartitionProduceData(0, new BufferRecords(batch)))))), 12);
        cluster.settle();
        assertEquals(ErrorCode.NONE.code(), ((ProduceResponse) written.answer())
                .responses().getFirst().partitionResponses().getFirst().errorCode());
    }

    private void moveCoordinatorTo(int broker) {
        AlterPartitionReassignmentsResponse answer = (AlterPartitionReassignmentsResponse) cluster.ask(1,
                AlterPartitionReassignmentsRequest.builder().timeoutMs(5_000).topics(List.of(new ReassignableTopic(
                        CoordinatorKeys.TRANSACTION_STATE,
                        List.of(new ReassignablePartition(0, List.of(broker)))))).build(), 1);
        assertEquals(ErrorCode.NONE.code(), answer.errorCode());
        cluster.advance(CATCH_UP_MS);
        assertEquals(broker, cluster.coordinator(ID));
    }

    private void assertItEnds() {
        Partition partition = cluster.partition(TOPIC, 0);
        assertEquals(0, partition.lastStableOffset());
        cluster.advance(2 * TIMEOUT_MS);
        assertEquals(2, partition.lastStableOffset(), "a record and a marker");
    }

    @Test
    void whoCoordinatesThereEndsWhatIsOpenForTooLong() {
        moveCoordinatorTo(cluster.coordinator(ID) % 3 + 1);
        assertItEnds();
    }

    @Test
    void soItIsWhereItHadBeenBefore() {
        int first = cluster.coordinator(ID);
        moveCoordinatorTo(first % 3 + 1);
        moveCoordinatorTo(first);
        assertItEnds();
    }
}
