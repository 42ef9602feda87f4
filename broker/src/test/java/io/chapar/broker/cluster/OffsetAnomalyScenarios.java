package io.chapar.broker.cluster;

import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopicConfig;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListOffsetsRequest.ListOffsetsPartition;
import io.chapar.protocol.message.ListOffsetsRequest.ListOffsetsTopic;
import io.chapar.protocol.message.ListOffsetsResponse;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitRequest.OffsetCommitRequestPartition;
import io.chapar.protocol.message.OffsetCommitRequest.OffsetCommitRequestTopic;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchRequest.OffsetFetchRequestGroup;
import io.chapar.protocol.message.OffsetFetchRequest.OffsetFetchRequestTopics;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceRequest.TopicProduceData;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What is known to go wrong with offsets while leaders change and the metadata is out of reach.
class OffsetAnomalyScenarios {
    private static final UUID NO_ID = new UUID(0, 0);
    private static final String TOPIC = "t";
    private static final String GROUP = "g";
    private static final long LATEST = -1;
    private static final int RECORDS = 3;
    private static final long COMMITTED = 2;
    private static final int SEEDS = 8;
    private static final Map<String, String> SETTINGS = Map.of(
            "offsets.topic.num.partitions", "1", "default.replication.factor", "3", "replica.lag.time.max.ms", "300");

    private Random random = new Random(0);
    private ClusterFixture cluster = new ClusterFixture(3, 0, 3, SETTINGS);

    private void begin(long seed) {
        random = new Random(seed);
        cluster = new ClusterFixture(3, seed, 3, SETTINGS);
        cluster.ask(1, CreateTopicsRequest.builder().timeoutMs(5_000).topics(List.of(CreatableTopic.builder()
                .name(TOPIC).numPartitions(1).replicationFactor((short) 3)
                .configs(List.of(new CreatableTopicConfig("min.insync.replicas", "2"))).build())).build(), 7);
        cluster.ask(1, FindCoordinatorRequest.builder().keyType((byte) 0).coordinatorKeys(List.of(GROUP)).build(), 4);
        cluster.advance(1_000);
        RecordBatchBuilder batch = new RecordBatchBuilder(Compression.NONE);
        for (int i = 0; i < RECORDS; i++) {
            batch.append(cluster.nowMs(), null, ByteBuffer.wrap(new byte[] {(byte) i}));
        }
        cluster.ask(cluster.leader(TOPIC, 0), new ProduceRequest(null, (short) -1, 5_000, List.of(new TopicProduceData(
                TOPIC, NO_ID, List.of(new PartitionProduceData(0, new BufferRecords(batch.build())))))), 12);
        assertEquals(ErrorCode.NONE, error(answered(commit(cluster.groupCoordinator(GROUP), COMMITTED))));
    }

    private Asked commit(int broker, long offset) {
        return cluster.begin(broker, OffsetCommitRequest.builder().groupId(GROUP)
                .topics(List.of(new OffsetCommitRequestTopic(TOPIC, NO_ID, List.of(
                        OffsetCommitRequestPartition.builder().partitionIndex(0).committedOffset(offset).build()))))
                .build(), 8);
    }

    private Asked answered(Asked asked) {
        for (int i = 0; i < 20 && asked.answer() == null && asked.closedBecause() == null; i++) {
            cluster.advance(500);
        }
        return asked;
    }

    private static ErrorCode error(Asked commit) {
        assertNotNull(commit.answer());
        return ErrorCode.of(((OffsetCommitResponse) commit.answer()).topics().getFirst().partitions().getFirst()
                .errorCode());
    }

    private Asked fetch(int broker, boolean stable) {
        return cluster.begin(broker, OffsetFetchRequest.builder().requireStable(stable)
                .groups(List.of(OffsetFetchRequestGroup.builder().groupId(GROUP)
                        .topics(List.of(new OffsetFetchRequestTopics(TOPIC, NO_ID, List.of(0)))).build())).build(), 9);
    }

    private Asked latest(int broker) {
        return cluster.begin(broker, ListOffsetsRequest.builder().replicaId(-1)
                .topics(List.of(new ListOffsetsTopic(TOPIC, List.of(ListOffsetsPartition.builder()
                        .partitionIndex(0).currentLeaderEpoch(-1).timestamp(LATEST).build())))).build(), 7);
    }

    /// its append is cut away, and then its log is longer than it was, with what another coordinator wrote.
    @Test
    void a31_aCommitThatWasCutAwayIsNotAcknowledgedByWhatTakesItsPlace() {
        int unanswered = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            begin(seed);
            int old = cluster.groupCoordinator(GROUP);
            cluster.cutOff(old);
            cluster.settle();
            List<Asked> lost = List.of(commit(old, 1_000), commit(old, 1_001), commit(old, 1_002));
            cluster.settle();
            cluster.fence(old);
            int now = cluster.groupCoordinator(GROUP);
            assertNotEquals(old, now);
            for (int i = 0; i < 6; i++) {
                assertEquals(ErrorCode.NONE, error(answered(commit(now, 10 + i))), "seed " + seed);
            }
            unanswered += (int) lost.stream().filter(one -> one.answer() == null && one.closedBecause() == null)
                    .count();
            cluster.heal(old);
            cluster.steps(random.nextInt(40));
            cluster.unfence(old);
            for (int i = 0; i < 3; i++) {
                assertEquals(ErrorCode.NONE, error(answered(commit(cluster.groupCoordinator(GROUP), 20 + i))));
                cluster.advance(400);
            }
            cluster.advance(10_000);
            for (Asked one : lost) {
                assertTrue(one.closedBecause() != null || one.answer() != null && error(one) != ErrorCode.NONE,
                        "seed " + seed + ": " + one.answer());
            }
            assertTold(answered(fetch(cluster.groupCoordinator(GROUP), true)), 22, "seed " + seed);
        }
        assertTrue(unanswered > SEEDS, "waited when the old coordinator came back: " + unanswered);
    }

    private static void assertTold(Asked fetch, long offset, String world) {
        OffsetFetchResponse.OffsetFetchResponseGroup group =
                ((OffsetFetchResponse) fetch.answer()).groups().getFirst();
        assertEquals(ErrorCode.NONE.code(), group.errorCode(), world);
        assertEquals(offset, group.topics().getFirst().partitions().getFirst().committedOffset(), world);
    }

    /// whoever is asked, and whatever cannot be reached, says the truth or an error, and never 0 or "none".
    @Test
    void a37_whileTheMetadataIsOutOfReachNobodyIsToldADefault() {
        int told = 0;
        int refused = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            begin(seed);
            List<Asked> all = new ArrayList<>();
            for (int step = 0; step < 60; step++) {
                fault();
                for (int broker = 1; broker <= 3; broker++) {
                    if (cluster.isRunning(broker)) {
                        all.addAll(List.of(fetch(broker, true), fetch(broker, false), latest(broker)));
                    }
                }
                cluster.steps(random.nextInt(30));
            }
            mend();
            for (Asked one : all) {
                if (one.answer() != null) {
                    boolean truth = assertTrueOrRefused(one, "seed " + seed);
                    told += truth ? 1 : 0;
                    refused += truth ? 0 : 1;
                }
            }
            assertTold(answered(fetch(cluster.groupCoordinator(GROUP), true)), COMMITTED, "seed " + seed);
            assertTrue(assertTrueOrRefused(answered(latest(cluster.leader(TOPIC, 0))), "seed " + seed));
        }
        assertTrue(told > 20 * SEEDS && refused > 20 * SEEDS, told + " told, " + refused + " refused");
    }

    private void fault() {
        int broker = 1 + random.nextInt(3);
        switch (random.nextInt(8)) {
            case 0 -> cluster.cutOff(broker);
            case 1 -> cluster.heal(broker);
            case 2 -> List.of(1, 2, 3).forEach(cluster::cutOff);
            case 3 -> List.of(1, 2, 3).forEach(cluster::heal);
            case 4 -> {
                if (cluster.isRunning(broker)) {
                    cluster.kill(broker);
                    cluster.fence(broker);
                }
            }
            case 5 -> {
                if (!cluster.isRunning(broker)) {
                    List.of(1, 2, 3).forEach(cluster::heal);
                    cluster.start(broker);
                }
            }
            case 6 -> cluster.loseMetadataAnswers(1 + random.nextInt(3));
            default -> cluster.advance(random.nextInt(1_500));
        }
    }

    private void mend() {
        List.of(1, 2, 3).forEach(cluster::heal);
        for (int broker = 1; broker <= 3; broker++) {
            if (!cluster.isRunning(broker)) {
                cluster.start(broker);
            }
            cluster.unfence(broker);
        }
        cluster.advance(20_000);
    }

    /// Whether the truth was told.
    private static boolean assertTrueOrRefused(Asked asked, String world) {
        return switch (asked.answer()) {
            case OffsetFetchResponse fetched -> {
                OffsetFetchResponse.OffsetFetchResponseGroup group = fetched.groups().getFirst();
                boolean refused = group.errorCode() != 0
                        || group.topics().getFirst().partitions().getFirst().errorCode() != 0;
                yield !refused && isTold(COMMITTED,
                        group.topics().getFirst().partitions().getFirst().committedOffset(), world);
            }
            case ListOffsetsResponse listed -> {
                ListOffsetsResponse.ListOffsetsPartitionResponse one =
                        listed.topics().getFirst().partitions().getFirst();
                yield one.errorCode() == 0 && isTold(RECORDS, one.offset(), world);
            }
            case null, default -> throw new AssertionError(world + ": " + asked.answer());
        };
    }

    private static boolean isTold(long truth, long told, String world) {
        assertEquals(truth, told, world);
        return true;
    }
}
