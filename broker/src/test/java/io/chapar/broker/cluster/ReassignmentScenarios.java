package io.chapar.broker.cluster;

import io.chapar.broker.metadata.PartitionImage;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest.ReassignablePartition;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest.ReassignableTopic;
import io.chapar.protocol.message.AlterPartitionReassignmentsResponse;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableReplicaAssignment;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.DeleteTopicsRequest;
import io.chapar.protocol.message.DescribeLogDirsRequest;
import io.chapar.protocol.message.DescribeLogDirsRequest.DescribableLogDirTopic;
import io.chapar.protocol.message.DescribeLogDirsResponse;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterConfigsResource;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterableConfig;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse;
import io.chapar.protocol.message.ListPartitionReassignmentsRequest;
import io.chapar.protocol.message.ListPartitionReassignmentsRequest.ListPartitionReassignmentsTopics;
import io.chapar.protocol.message.ListPartitionReassignmentsResponse;
import io.chapar.protocol.message.ListPartitionReassignmentsResponse.OngoingPartitionReassignment;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceRequest.TopicProduceData;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.UnregisterBrokerRequest;
import io.chapar.protocol.message.UnregisterBrokerResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Four brokers; a topic of one partition moves between them while it is written to.
class ReassignmentScenarios {
    private static final UUID NO_ID = new UUID(0, 0);
    private static final String TOPIC = "t";
    private static final int CATCH_UP_MS = 2_000;
    private static final byte TOPIC_KIND = 2;
    private static final byte BROKER_KIND = 4;

    private final ClusterFixture cluster = new ClusterFixture(4, 1, 5, Map.of("replica.lag.time.max.ms", "2000",
            "min.insync.replicas", "2"));
    private int written;

    private void create(Integer... replicas) {
        CreateTopicsResponse answer = (CreateTopicsResponse) cluster.ask(1, CreateTopicsRequest.builder()
                .timeoutMs(5_000).topics(List.of(CreatableTopic.builder().name(TOPIC).numPartitions(-1)
                        .replicationFactor((short) -1)
                        .assignments(List.of(new CreatableReplicaAssignment(0, List.of(replicas)))).build()))
                .build(), 7);
        assertEquals(ErrorCode.NONE.code(), answer.topics().getFirst().errorCode());
        cluster.settle();
    }

    private PartitionImage image() {
        return cluster.image().topic(TOPIC).partition(0);
    }

    private void write() {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE).append(cluster.nowMs(), null,
                ByteBuffer.wrap(("v" + written++).getBytes(StandardCharsets.UTF_8))).build();
        ProduceResponse answer = (ProduceResponse) cluster.ask(image().leader(), new ProduceRequest(null, (short) -1,
                3_000, List.of(new TopicProduceData(TOPIC, NO_ID, List.of(
                        new PartitionProduceData(0, new BufferRecords(batch)))))), 12);
        assertEquals(ErrorCode.NONE.code(),
                answer.responses().getFirst().partitionResponses().getFirst().errorCode());
    }

    private ErrorCode move(int broker, @Nullable List<Integer> to) {
        return move(broker, TOPIC, to);
    }

    private ErrorCode move(int broker, String topic, @Nullable List<Integer> to) {
        AlterPartitionReassignmentsResponse answer = (AlterPartitionReassignmentsResponse) cluster.ask(broker,
                AlterPartitionReassignmentsRequest.builder().timeoutMs(5_000).topics(List.of(new ReassignableTopic(
                        topic, List.of(new ReassignablePartition(0, to))))).build(), 1);
        assertEquals(ErrorCode.NONE.code(), answer.errorCode());
        cluster.settle();
        return ErrorCode.of(answer.responses().getFirst().partitions().getFirst().errorCode());
    }

    private List<OngoingPartitionReassignment> ongoing(@Nullable List<ListPartitionReassignmentsTopics> topics) {
        ListPartitionReassignmentsResponse answer = (ListPartitionReassignmentsResponse) cluster.ask(
                2, new ListPartitionReassignmentsRequest(5_000, topics), 0);
        return answer.topics().stream().flatMap(topic -> topic.partitions().stream()).toList();
    }

    private void assertSameAt(Integer... brokers) {
        ByteBuffer first = cluster.logBytes(brokers[0], TOPIC, 0);
        assertTrue(first.hasRemaining());
        for (int broker : brokers) {
            assertEquals(first, cluster.logBytes(broker, TOPIC, 0), "broker " + broker);
        }
        for (int broker = 1; broker <= 4; broker++) {
            if (!Set.of(brokers).contains(broker)) {
                assertFalse(cluster.logBytes(broker, TOPIC, 0).hasRemaining(), "broker " + broker);
                assertNull(cluster.partitionOrNull(broker, TOPIC, 0));
            }
        }
    }

    @Test
    void aPartitionMovesToOthersWhileItIsWrittenTo() {
        create(1, 2);
        write();
        assertEquals(ErrorCode.NONE, move(3, List.of(3, 4)));
        assertEquals(List.of(3, 4, 1, 2), image().replicas());
        assertEquals(List.of(new OngoingPartitionReassignment(0, List.of(3, 4, 1, 2), List.of(3, 4), List.of(1, 2))),
                ongoing(null));
        write();
        cluster.advance(CATCH_UP_MS);
        assertEquals(List.of(3, 4), image().replicas());
        assertEquals(3, image().leader());
        assertEquals(List.of(), ongoing(null));
        write();
        cluster.advance(CATCH_UP_MS);
        assertSameAt(3, 4);
        assertEquals(3, cluster.partition(3, TOPIC, 0).highWatermark());
    }

    @Test
    void moreReplicasKeepNobodyFromWriting() {
        create(1);
        write();
        cluster.cutOff(2);
        assertEquals(ErrorCode.NONE, move(1, List.of(1, 2, 3)));
        write();
        cluster.advance(CATCH_UP_MS);
        write();
        assertEquals(Set.of(1, 3), Set.copyOf(image().isr()));
        assertNotEquals(null, image().reassignment());
        cluster.heal(2);
        cluster.advance(2 * CATCH_UP_MS);
        assertNull(image().reassignment());
        write();
        cluster.settle();
        assertSameAt(1, 2, 3);
        assertEquals(ErrorCode.NONE, move(4, List.of(2)));
        assertEquals(List.of(2), image().replicas());
        write();
        cluster.settle();
        assertSameAt(2);
    }

    private void set(byte kind, String name, Map<String, String> values) {
        IncrementalAlterConfigsResponse answer = (IncrementalAlterConfigsResponse) cluster.ask(1,
                IncrementalAlterConfigsRequest.builder().resources(List.of(new AlterConfigsResource(kind, name,
                        values.entrySet().stream().map(each ->
                                new AlterableConfig(each.getKey(), (byte) 0, each.getValue())).toList()))).build(), 1);
        assertEquals(ErrorCode.NONE.code(), answer.responses().getFirst().errorCode());
        cluster.settle();
    }

    private long endAt(int broker) {
        return cluster.partition(broker, TOPIC, 0).logEndOffset();
    }

    /// 100 batches of some 90 bytes: 3 s at 3,000 bytes a second.
    @Test
    void whoIsAddedIsSentNoMoreThanTheRateUntilItIsInSync() {
        create(1, 2);
        for (int i = 0; i < 100; i++) {
            write();
        }
        set(TOPIC_KIND, TOPIC, Map.of("leader.replication.throttled.replicas", "0:1,0:2",
                "follower.replication.throttled.replicas", "*"));
        for (String name : List.of("leader.replication.throttled.rate", "follower.replication.throttled.rate")) {
            for (int broker = 1; broker <= 4; broker++) {
                set(BROKER_KIND, Integer.toString(broker), Map.of(name, "3000"));
            }
            assertEquals(ErrorCode.NONE, move(1, List.of(1, 2, 3)));
            cluster.advance(1_000);
            long after1s = endAt(3);
            assertTrue(after1s > 15 && after1s < 50, name + " lets through " + after1s + " batches in a second");
            write();
            assertEquals(Set.of(1, 2), Set.copyOf(image().isr()), "who is in sync is as fast as ever");
            cluster.advance(6_000);
            assertEquals(endAt(1), endAt(3));
            assertNull(image().reassignment());
            assertEquals(ErrorCode.NONE, move(1, List.of(1, 2)));
            for (int broker = 1; broker <= 4; broker++) {
                set(BROKER_KIND, Integer.toString(broker), Map.of(name, "1000000000"));
            }
        }
        assertEquals(ErrorCode.NONE, move(1, List.of(1, 2, 4)));
        cluster.advance(100);
        assertEquals(endAt(1), endAt(4), "without a rate that matters there is nothing to wait for");
    }

    @Test
    void itIsCancelledInTheMiddle() {
        create(1, 2);
        write();
        cluster.cutOff(4);
        assertEquals(ErrorCode.NONE, move(1, List.of(4, 3)));
        cluster.advance(CATCH_UP_MS);
        assertTrue(image().isr().contains(3));
        assertEquals(ErrorCode.NONE, move(2, null));
        assertEquals(List.of(1, 2), image().replicas());
        cluster.heal(4);
        write();
        cluster.advance(CATCH_UP_MS);
        assertSameAt(1, 2);
        assertEquals(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, move(2, null));
    }

    @Test
    void aBrokerThatWasDownDeletesWhatIsNotItsAnyMore() {
        create(1, 2);
        write();
        cluster.kill(2);
        cluster.fence(2);
        assertEquals(ErrorCode.NONE, move(1, List.of(1, 3)));
        cluster.advance(CATCH_UP_MS);
        assertEquals(List.of(1, 3), image().replicas());
        assertTrue(cluster.logBytes(2, TOPIC, 0).hasRemaining());
        cluster.start(2);
        cluster.settle();
        assertSameAt(1, 3);
        assertEquals(ErrorCode.NONE, move(1, List.of(2, 1)));
        cluster.advance(CATCH_UP_MS);
        assertSameAt(2, 1);
    }

    @Test
    void aTopicIsDeletedInTheMiddle() {
        create(1, 2);
        write();
        assertEquals(ErrorCode.NONE, move(1, List.of(3, 4)));
        cluster.ask(1, new DeleteTopicsRequest(List.of(), List.of(TOPIC), 5_000), 5);
        cluster.advance(CATCH_UP_MS);
        for (int broker = 1; broker <= 4; broker++) {
            assertFalse(cluster.logBytes(broker, TOPIC, 0).hasRemaining());
        }
        assertEquals(List.of(), ongoing(null));
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        create(1, 2);
        assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, move(3, "not/a name", List.of(1)));
        assertEquals(ErrorCode.INVALID_REPLICA_ASSIGNMENT, move(3, List.of(1, 9)));
        assertEquals(List.of(), ongoing(List.of(new ListPartitionReassignmentsTopics(TOPIC, List.of(0, 7)),
                new ListPartitionReassignmentsTopics("u", List.of(0)))));
        AlterPartitionReassignmentsResponse twice = (AlterPartitionReassignmentsResponse) cluster.ask(3,
                AlterPartitionReassignmentsRequest.builder().timeoutMs(5_000).topics(List.of(new ReassignableTopic(
                        TOPIC, List.of(new ReassignablePartition(0, List.of(3)),
                                new ReassignablePartition(0, List.of(4)))))).build(), 1);
        assertEquals(ErrorCode.INVALID_REQUEST.code(),
                twice.responses().getFirst().partitions().getFirst().errorCode());
        assertNull(image().reassignment());
    }

    @Test
    void whatABrokerHasIsTold() {
        create(1, 2);
        write();
        cluster.settle();
        for (int version = 1; version <= 5; version++) {
            DescribeLogDirsResponse answer =
                    (DescribeLogDirsResponse) cluster.ask(2, new DescribeLogDirsRequest(null), version);
            var topic = answer.results().getFirst().topics().getFirst();
            assertEquals(TOPIC, topic.name());
            assertEquals(cluster.logBytes(2, TOPIC, 0).remaining(), topic.partitions().getFirst().partitionSize());
            assertEquals(version >= 4, answer.results().getFirst().totalBytes() > 0);
        }
        DescribeLogDirsResponse elsewhere = (DescribeLogDirsResponse) cluster.ask(3, new DescribeLogDirsRequest(
                List.of(new DescribableLogDirTopic(TOPIC, List.of(0, 5)),
                        new DescribableLogDirTopic("u", List.of(0)))), 4);
        assertEquals(List.of(), elsewhere.results().getFirst().topics());
    }

    @Test
    void aBrokerThatIsGoneForGoodIsForgotten() {
        create(1, 2);
        UnregisterBrokerResponse inSession =
                (UnregisterBrokerResponse) cluster.ask(1, new UnregisterBrokerRequest(4), 0);
        assertEquals(ErrorCode.INVALID_REQUEST.code(), inSession.errorCode());
        cluster.kill(4);
        cluster.fence(4);
        assertEquals(ErrorCode.NONE.code(),
                ((UnregisterBrokerResponse) cluster.ask(1, new UnregisterBrokerRequest(4), 0)).errorCode());
        assertFalse(cluster.image().brokers().containsKey(4));
        cluster.start(4);
        assertTrue(cluster.image().brokers().containsKey(4), "it may come back");
    }
}
