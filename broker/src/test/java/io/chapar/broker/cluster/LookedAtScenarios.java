package io.chapar.broker.cluster;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.chapar.protocol.message.DescribeClusterRequest;
import io.chapar.protocol.message.DescribeClusterResponse;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListOffsetsRequest.ListOffsetsPartition;
import io.chapar.protocol.message.ListOffsetsRequest.ListOffsetsTopic;
import io.chapar.protocol.message.ListOffsetsResponse;
import io.chapar.protocol.message.ListOffsetsResponse.ListOffsetsPartitionResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceRequest.TopicProduceData;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static java.util.stream.Collectors.toMap;
import static org.junit.jupiter.api.Assertions.assertEquals;

/// What whoever looks after a cluster can ask its brokers.
class LookedAtScenarios {
    private static final String TOPIC = "t";
    private static final int ANY_REPLICA = -2;
    private static final long LATEST = -1;

    private final ClusterFixture cluster = new ClusterFixture(3, 1, 5, Map.of("default.replication.factor", "3"));

    private Map<Integer, Boolean> fenced(int asked, boolean all) {
        return ((DescribeClusterResponse) cluster.ask(asked, DescribeClusterRequest.builder().endpointType((byte) 1)
                .includeFencedBrokers(all).build(), 2)).brokers().stream().collect(
                        toMap(DescribeClusterResponse.DescribeClusterBroker::brokerId,
                                DescribeClusterResponse.DescribeClusterBroker::isFenced));
    }

    @Test
    void fencedBrokersAreToldOfToThoseAloneWhoAskForThem() {
        assertEquals(Map.of(1, false, 2, false, 3, false), fenced(1, true));
        cluster.fence(3);
        cluster.settle();
        assertEquals(Map.of(1, false, 2, false), fenced(1, false));
        assertEquals(Map.of(1, false, 2, false, 3, true), fenced(1, true));
        assertEquals(true, fenced(3, true).get(3), "it knows it of itself");
    }

    private ListOffsetsPartitionResponse end(int asked, int replica, int partition) {
        return ((ListOffsetsResponse) cluster.ask(asked, ListOffsetsRequest.builder().replicaId(replica)
                .topics(List.of(new ListOffsetsTopic(TOPIC, List.of(ListOffsetsPartition.builder()
                        .partitionIndex(partition).currentLeaderEpoch(-1).timestamp(LATEST).build())))).build(), 5))
                .topics().getFirst().partitions().getFirst();
    }

    @Test
    void everyReplicaTellsWhereItsLogEnds() {
        cluster.ask(1, CreateTopicsRequest.builder().timeoutMs(5_000).topics(List.of(CreatableTopic.builder()
                .name(TOPIC).numPartitions(1).replicationFactor((short) -1).build())).build(), 7);
        cluster.settle();
        int leader = cluster.leader(TOPIC, 0);
        int behind = leader % 3 + 1;
        int other = behind % 3 + 1;
        cluster.cutOff(behind);
        cluster.begin(leader, new ProduceRequest(null, (short) 1, 3_000, List.of(new TopicProduceData(TOPIC,
                new UUID(0, 0), List.of(new PartitionProduceData(0, new BufferRecords(
                        new RecordBatchBuilder(Compression.NONE).append(cluster.nowMs(), null, ByteBuffer.allocate(1))
                                .build())))))), 12);
        cluster.settle();
        assertEquals(1, end(leader, ANY_REPLICA, 0).offset());
        assertEquals(0, end(leader, -1, 0).offset(), "clients see what is committed");
        assertEquals(1, end(other, ANY_REPLICA, 0).offset());
        assertEquals(0, end(behind, ANY_REPLICA, 0).offset());
        assertEquals(ErrorCode.NOT_LEADER_OR_FOLLOWER.code(), end(other, -1, 0).errorCode());
        assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code(), end(leader, ANY_REPLICA, 7).errorCode());
    }
}
