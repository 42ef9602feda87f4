package io.chapar.broker.cluster;

import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopicConfig;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceRequest.TopicProduceData;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Three brokers, each partition on all of them: what is acknowledged is where it has to be, and what a leader, a
/// follower and the cluster do when one of them is slow, or gone.
class ReplicatedScenarios {
    private static final UUID NO_ID = new UUID(0, 0);
    private static final String TOPIC = "t";
    private static final long SLOWEST_MS = 5;
    private static final Map<String, String> SETTINGS = Map.of(
            "transaction.state.log.num.partitions", "3", "offsets.topic.num.partitions", "3",
            "default.replication.factor", "3", "replica.lag.time.max.ms", "2000");

    /// Of whoever is started from now on.
    private final Map<String, String> settings = new LinkedHashMap<>(SETTINGS);
    private final ClusterFixture cluster = new ClusterFixture(3, 1, SLOWEST_MS, settings);

    private void createTopic(Map<String, String> config) {
        CreateTopicsResponse answer = (CreateTopicsResponse) cluster.ask(1, CreateTopicsRequest.builder()
                .timeoutMs(5_000).topics(List.of(CreatableTopic.builder().name(TOPIC).numPartitions(1)
                        .replicationFactor((short) -1)
                        .configs(config.entrySet().stream()
                                .map(e -> new CreatableTopicConfig(e.getKey(), e.getValue())).toList()).build()))
                .build(), 7);
        assertEquals(ErrorCode.NONE.code(), answer.topics().getFirst().errorCode());
        assertEquals(3, answer.topics().getFirst().replicationFactor());
        cluster.settle();
    }

    private int leader() {
        return cluster.leader(TOPIC, 0);
    }

    private int follower(int n) {
        return (leader() - 1 + n) % 3 + 1;
    }

    private PartitionImage image() {
        return cluster.image().topic(TOPIC).partition(0);
    }

    private Asked begin(int broker, int acks, String value) {
        return begin(broker, acks, value, 3_000);
    }

    private Asked begin(int broker, int acks, String value, int timeoutMs) {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE).append(cluster.nowMs(), null,
                ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8))).build();
        return cluster.begin(broker, new ProduceRequest(null, (short) acks, timeoutMs, List.of(new TopicProduceData(
                TOPIC, NO_ID, List.of(new PartitionProduceData(0, new BufferRecords(batch)))))), 12);
    }

    private static ErrorCode error(Response answer) {
        return ErrorCode.of(((ProduceResponse) answer).responses().getFirst().partitionResponses().getFirst()
                .errorCode());
    }

    private void write(String value) {
        Asked asked = begin(leader(), -1, value);
        cluster.settle();
        assertEquals(ErrorCode.NONE, error(asked.answer()));
    }

    private void assertAllEqual() {
        ByteBuffer first = cluster.logBytes(1, TOPIC, 0);
        assertTrue(first.hasRemaining());
        for (int broker = 1; broker <= 3; broker++) {
            assertEquals(first, cluster.logBytes(broker, TOPIC, 0), "broker " + broker);
            assertEquals(cluster.partition(1, TOPIC, 0).highWatermark(),
                    cluster.partition(broker, TOPIC, 0).highWatermark(), "broker " + broker);
        }
    }

    @Test
    void whatIsAcknowledgedByAllIsAtAll() {
        createTopic(Map.of("min.insync.replicas", "2"));
        for (int i = 0; i < 10; i++) {
            write("a" + i);
        }
        cluster.settle();
        assertAllEqual();
        assertEquals(10, cluster.partition(TOPIC, 0).highWatermark());
        assertEquals(Set.of(1, 2, 3), Set.copyOf(image().isr()));
    }

    @Test
    void oneIsAcknowledgedBeforeFollowersHaveItAndAllAfter() {
        createTopic(Map.of());
        cluster.cutOff(follower(1));
        cluster.settle();
        Asked one = begin(leader(), 1, "a");
        Asked all = begin(leader(), -1, "b");
        cluster.settle();
        assertEquals(ErrorCode.NONE, error(one.answer()));
        assertNull(all.answer(), "one of those in sync has it not");
        assertEquals(0, cluster.partition(TOPIC, 0).highWatermark());
        cluster.advance(2_500);
        assertEquals(2, image().isr().size(), "who lags for too long is not in sync");
        assertEquals(ErrorCode.NONE, error(all.answer()));
        cluster.heal(follower(1));
        cluster.advance(5_000);
        assertEquals(3, image().isr().size(), "and is again when it has caught up");
        assertAllEqual();
    }

    /// What it took for itself would be lost, since others lead by then; and who waits for all waits in vain.
    @Test
    void whoIsCutOffTakesNothing() {
        createTopic(Map.of("min.insync.replicas", "2"));
        write("a");
        int cutOff = leader();
        cluster.cutOff(cutOff);
        cluster.settle();
        Asked early = begin(cutOff, 1, "b");
        Asked waits = begin(cutOff, -1, "c", 30_000);
        cluster.settle();
        assertEquals(ErrorCode.NONE, error(early.answer()));
        assertNull(waits.answer());
        cluster.fence(cutOff);
        assertNotEquals(cutOff, leader());
        cluster.advance(ClusterFixture.CUT_OFF_MS + 500);
        assertEquals(ErrorCode.REQUEST_TIMED_OUT, error(waits.answer()), "it may be committed yet");
        long end = cluster.partition(cutOff, TOPIC, 0).logEndOffset();
        Asked one = begin(cutOff, 1, "d");
        Asked all = begin(cutOff, -1, "e");
        Asked none = begin(cutOff, 0, "f");
        cluster.settle();
        for (Asked asked : List.of(one, all, none)) {
            assertNull(asked.answer());
            assertNotNull(asked.closedBecause(), "who is told only who does not lead asks here again and again");
        }
        assertEquals(end, cluster.partition(cutOff, TOPIC, 0).logEndOffset());
        cluster.heal(cutOff);
        cluster.unfence(cutOff);
        cluster.advance(5_000);
        write("g");
        assertAllEqual();
        assertEquals(2, cluster.partition(TOPIC, 0).highWatermark(), "what it had told so early is gone");
    }

    /// Five batches of one producer are under way at a time to one broker, but a producer whose leader has changed
    /// sends the next to the new one: what it has to send again is older than what is remembered one by one.
    @Test
    void whatAnEarlierLeaderWroteIsThereHoweverMuchCameSince() {
        createTopic(Map.of("min.insync.replicas", "2"));
        InitProducerIdRequest asked = InitProducerIdRequest.builder().transactionalId(null)
                .transactionTimeoutMs(30_000).producerId(-1).producerEpoch((short) -1).build();
        long producer = ((InitProducerIdResponse) cluster.ask(leader(), asked, 4)).producerId();
        for (int i = 0; i < 10; i++) {
            assertEquals(ErrorCode.NONE, send(producer, i));
        }
        int first = leader();
        cluster.kill(first);
        cluster.fence(first);
        assertNotEquals(first, leader());
        for (int i = 10; i < 20; i++) {
            assertEquals(ErrorCode.NONE, send(producer, i));
        }
        assertEquals(ErrorCode.DUPLICATE_SEQUENCE_NUMBER, send(producer, 9));
        assertEquals(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, send(producer, 21));
        assertEquals(ErrorCode.NONE, send(producer, 20));
        assertEquals(21, cluster.partition(TOPIC, 0).highWatermark());
    }

    private ErrorCode send(long producer, int sequence) {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE).producer(producer, (short) 0, sequence)
                .append(cluster.nowMs(), null, ByteBuffer.wrap(new byte[] {(byte) sequence})).build();
        TopicProduceData data = new TopicProduceData(
                TOPIC, NO_ID, List.of(new PartitionProduceData(0, new BufferRecords(batch))));
        return error(cluster.ask(leader(), new ProduceRequest(null, (short) -1, 3_000, List.of(data)), 12));
    }

    @Test
    void aPartitionWithOneReplicaTakesWritesAlsoWhereItsLeaderIsCutOff() {
        cluster.ask(1, CreateTopicsRequest.builder().timeoutMs(5_000).topics(List.of(CreatableTopic.builder()
                .name(TOPIC).numPartitions(1).replicationFactor((short) 1).build())).build(), 7);
        cluster.settle();
        cluster.cutOff(leader());
        cluster.advance(ClusterFixture.CUT_OFF_MS);
        Asked one = begin(leader(), 1, "a");
        cluster.settle();
        assertEquals(ErrorCode.NONE, error(one.answer()));
    }

    @Test
    void withTooFewInSyncNothingIsAppendedForAll() {
        createTopic(Map.of("min.insync.replicas", "2"));
        write("a");
        int first = follower(1);
        int second = follower(2);
        cluster.kill(first);
        cluster.kill(second);
        Asked waiting = begin(leader(), -1, "b");
        cluster.settle();
        cluster.fence(first);
        cluster.fence(second);
        assertEquals(List.of(leader()), image().isr());
        assertEquals(ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND, error(waiting.answer()));
        Asked refused = begin(leader(), -1, "c");
        Asked one = begin(leader(), 1, "d");
        cluster.settle();
        assertEquals(ErrorCode.NOT_ENOUGH_REPLICAS, error(refused.answer()));
        assertEquals(ErrorCode.NONE, error(one.answer()));
        assertEquals(3, cluster.partition(TOPIC, 0).logEndOffset());
        assertEquals(1, cluster.partition(TOPIC, 0).highWatermark(), "it stands still");
        cluster.start(first);
        cluster.start(second);
        cluster.advance(3_000);
        assertEquals(3, cluster.partition(TOPIC, 0).highWatermark());
        write("e");
        cluster.settle();
        assertAllEqual();
    }

    @Test
    void aFollowerTakesOverAndTheOldLeaderCutsWhatNobodyHas() {
        createTopic(Map.of("min.insync.replicas", "2"));
        write("a");
        int old = leader();
        cluster.cutOff(old);
        cluster.settle();
        Asked lost = begin(old, -1, "lost");
        Asked unsafe = begin(old, 1, "lost too");
        cluster.settle();
        assertEquals(ErrorCode.NONE, error(unsafe.answer()), "it does not know better");
        cluster.fence(old);
        assertNotEquals(old, leader());
        write("b");
        write("c");
        cluster.advance(5_000);
        assertEquals(ErrorCode.REQUEST_TIMED_OUT, error(lost.answer()));
        assertEquals(1, cluster.partition(old, TOPIC, 0).highWatermark());
        cluster.heal(old);
        cluster.unfence(old);
        cluster.advance(5_000);
        assertEquals(3, cluster.partition(TOPIC, 0).logEndOffset());
        assertEquals(3, image().isr().size());
        assertAllEqual();
    }

    /// Nothing comes from those who follow when the leader's own disk is the last that was waited for.
    @Test
    void followersAreToldWhatTheLeaderWasTheLastToSync() {
        createTopic(Map.of("flush.acks", "true"));
        cluster.syncsTake(leader(), 200);
        Asked asked = begin(leader(), -1, "a");
        cluster.advance(100);
        assertEquals(0, cluster.partition(TOPIC, 0).highWatermark());
        cluster.advance(400);
        assertEquals(ErrorCode.NONE, error(asked.answer()));
        assertAllEqual();
    }

    /// As while brokers are started anew with it, one after the other.
    @Test
    void followersSyncForALeaderThatAloneHasToWaitForIt() {
        createTopic(Map.of("min.insync.replicas", "2"));
        write("a");
        int first = follower(1);
        List<Integer> others = List.of(leader(), follower(2));
        settings.put("log.flush.acks", "true");
        cluster.kill(first);
        cluster.fence(first);
        cluster.start(first);
        cluster.advance(5_000);
        assertEquals(3, image().isr().size());
        others.forEach(cluster::fence);
        cluster.advance(1_000);
        assertEquals(first, leader());
        others.forEach(cluster::unfence);
        cluster.advance(5_000);
        assertEquals(3, image().isr().size());
        write("b");
        cluster.advance(5_000);
        assertEquals(3, image().isr().size());
        assertAllEqual();
    }

    /// Whoever leads reads what was appended under the earlier ones, with their epochs.
    @Test
    void epochsStayInTheLog() {
        createTopic(Map.of());
        write("a");
        int old = leader();
        cluster.kill(old);
        cluster.fence(old);
        write("b");
        cluster.start(old);
        cluster.advance(3_000);
        Partition led = cluster.partition(TOPIC, 0);
        assertEquals(1, led.endOffsetForEpoch(-1, 0).endOffset());
        assertEquals(0, led.endOffsetForEpoch(-1, 0).epoch());
        assertEquals(2, led.endOffsetForEpoch(-1, led.leaderEpoch()).endOffset());
        assertAllEqual();
    }

    @Test
    void whoIsInSyncIsTold() {
        createTopic(Map.of());
        int gone = follower(1);
        cluster.kill(gone);
        cluster.fence(gone);
        MetadataResponse answer = (MetadataResponse) cluster.ask(
                leader(), MetadataRequest.builder().topics(null).build(), 12);
        var partition = answer.topics().getFirst().partitions().getFirst();
        assertEquals(3, partition.replicaNodes().size());
        assertEquals(2, partition.isrNodes().size());
        assertEquals(List.of(gone), partition.offlineReplicas());
    }

    /// Also for who waits for the leader alone, whose record would be lost with it.
    @Test
    void whatComesWhileALeaderHandsOverIsNotWrittenThere() {
        createTopic(Map.of("min.insync.replicas", "2"));
        write("a");
        int before = leader();
        cluster.holdAppends(before, 1_000);
        Asked waits = begin(before, 1, "b");
        Asked behind = begin(before, -1, "c");
        cluster.settle();
        assertNull(waits.answer());
        cluster.fence(before);
        cluster.releaseAppends(before);
        assertEquals(ErrorCode.NOT_LEADER_OR_FOLLOWER, error(waits.answer()));
        assertEquals(ErrorCode.NOT_LEADER_OR_FOLLOWER, error(behind.answer()));
        assertEquals(1, cluster.partition(before, TOPIC, 0).logEndOffset());
        assertNotEquals(before, leader());
        write("b");
    }

    @Test
    void whoseLeaderStaysGoesOnInItsOrder() {
        createTopic(Map.of());
        cluster.holdAppends(leader(), 1_000);
        Asked first = begin(leader(), -1, "a");
        Asked second = begin(leader(), -1, "b");
        cluster.advance(900);
        assertNull(first.answer());
        cluster.advance(200);
        assertEquals(ErrorCode.NONE, error(first.answer()));
        assertEquals(ErrorCode.NONE, error(second.answer()));
        assertEquals(0, offset(first.answer()));
        assertEquals(1, offset(second.answer()));
        write("c");
    }

    private static long offset(Response answer) {
        return ((ProduceResponse) answer).responses().getFirst().partitionResponses().getFirst().baseOffset();
    }

    @Test
    void aFollowerThatHoldsUpTheOthersIsSaidToBeSlow() {
        createTopic(Map.of());
        int leader = cluster.leader(TOPIC, 0);
        int slow = leader % 3 + 1;
        cluster.slow(slow, 60);
        for (int i = 0; i < 30; i++) {
            begin(leader, -1, "a" + i);
            cluster.advance(250);
        }
        assertEquals(Set.of(slow), cluster.slowFollowers(leader));
        assertEquals(Set.of(), cluster.slowFollowers(slow), "it leads nothing");
        cluster.slow(slow, 0);
        for (int i = 0; i < 60; i++) {
            begin(leader, -1, "b" + i);
            cluster.advance(250);
        }
        assertEquals(Set.of(), cluster.slowFollowers(leader));
    }
}
