package io.chapar.broker;

import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.metadata.KafkaUuid;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AlterShareGroupOffsetsRequest;
import io.chapar.protocol.message.AlterShareGroupOffsetsRequest.AlterShareGroupOffsetsRequestPartition;
import io.chapar.protocol.message.AlterShareGroupOffsetsRequest.AlterShareGroupOffsetsRequestTopic;
import io.chapar.protocol.message.AlterShareGroupOffsetsResponse;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.DeleteTopicsRequest;
import io.chapar.protocol.message.DescribeShareGroupOffsetsRequest;
import io.chapar.protocol.message.DescribeShareGroupOffsetsRequest.DescribeShareGroupOffsetsRequestGroup;
import io.chapar.protocol.message.DescribeShareGroupOffsetsResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataRequest.MetadataRequestTopic;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.protocol.message.ShareGroupHeartbeatRequest;
import io.chapar.protocol.message.ShareGroupHeartbeatResponse;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A topic is deleted and made anew under its name: nothing that was known of the old one is told of the new one,
/// whenever somebody asks, and whenever the broker dies.
class MadeAnewScenarios {
    private static final int OFFSET = 7;
    private static final int SEEDS = 60;
    private static final Map<String, String> SETTINGS = Map.of("share.coordinator.state.topic.num.partitions", "1");

    private BrokerFixture broker;
    private UUID before;

    private void open(BrokerFixture fixture) {
        broker = fixture;
        before = broker.createTopic("t", 1);
        broker.createCoordinators();
    }

    private void beginAnew() {
        broker.begin(DeleteTopicsRequest.builder().topicNames(List.of("t")).timeoutMs(1_000).build(), 5);
        broker.begin(creation(), 7);
    }

    private static CreateTopicsRequest creation() {
        return CreateTopicsRequest.builder().topics(List.of(CreateTopicsRequest.CreatableTopic.builder()
                .name("t").numPartitions(1).replicationFactor((short) 1).build())).build();
    }

    private static MetadataRequest metadata() {
        return MetadataRequest.builder().topics(List.of(new MetadataRequestTopic(KafkaUuid.ZERO, "t"))).build();
    }

    private boolean isNew(MetadataResponse answer) {
        UUID now = answer.topics().getFirst().topicId();
        return !now.equals(before) && !now.equals(KafkaUuid.ZERO);
    }

    private boolean isNew() {
        return isNew((MetadataResponse) broker.ask(metadata(), 10));
    }

    private void commit() {
        WireProducer producer = WireProducer.ofVersion2(broker, "x").init();
        producer.commitOffset("g", "t", 0, OFFSET);
        producer.end(true);
        assertEquals(List.of((long) OFFSET), offsets());
    }

    // ---- a share group

    private void beat(int epoch, List<String> topics) {
        ShareGroupHeartbeatResponse answer = (ShareGroupHeartbeatResponse) broker.ask(ShareGroupHeartbeatRequest
                .builder().groupId("s").memberId("m").memberEpoch(epoch).subscribedTopicNames(topics).build(), 1);
        assertEquals(ErrorCode.NONE.code(), answer.errorCode());
    }

    /// A group without members that is to go on in the topic.
    private void share() {
        beat(0, List.of("t"));
        beat(-1, null);
        AlterShareGroupOffsetsResponse answer = (AlterShareGroupOffsetsResponse) broker.ask(
                new AlterShareGroupOffsetsRequest("s", List.of(new AlterShareGroupOffsetsRequestTopic("t", List.of(
                        new AlterShareGroupOffsetsRequestPartition(0, OFFSET))))), 0);
        assertEquals(ErrorCode.NONE.code(), answer.errorCode());
    }

    private static DescribeShareGroupOffsetsRequest allShared() {
        return new DescribeShareGroupOffsetsRequest(List.of(new DescribeShareGroupOffsetsRequestGroup("s", null)));
    }

    private static List<Long> starts(DescribeShareGroupOffsetsResponse answer) {
        List<Long> all = new ArrayList<>();
        answer.groups().getFirst().topics().forEach(topic -> topic.partitions().forEach(one ->
                all.add(one.startOffset())));
        return all;
    }

    private List<Long> starts() {
        return starts((DescribeShareGroupOffsetsResponse) broker.ask(allShared(), 1));
    }

    // ---- a group that commits offsets

    /// All that the group has of the topic, where it does not say which it asks for.
    private List<Long> offsets() {
        return offsets((OffsetFetchResponse) broker.ask(allOffsets(), 7));
    }

    private static OffsetFetchRequest allOffsets() {
        return OffsetFetchRequest.builder().groupId("g").topics(null).build();
    }

    private static List<Long> offsets(OffsetFetchResponse answer) {
        assertEquals(ErrorCode.NONE.code(), answer.errorCode());
        List<Long> all = new ArrayList<>();
        answer.topics().forEach(topic -> topic.partitions().forEach(one -> all.add(one.committedOffset())));
        return all;
    }

    @Test
    void offsetsOfTheOldOneAreNotThoseOfTheNewOne() {
        boolean more = true;
        for (int step = 0; more; step++) {
            open(BrokerFixture.onOneLoop(SETTINGS));
            TopicView view = new TopicView(broker, "t");
            commit();
            beginAnew();
            more = broker.steps(step);
            broker.crashAndRestart();
            broker.later(creation(), 7);
            String when = "died after step " + step;
            assertEquals(isNew() ? List.of() : List.of((long) OFFSET), offsets(), when);
            assertEquals(isNew() ? -1 : OFFSET, view.groupOffset("g", 0, true), when);
        }
    }

    /// On several loops, whichever goes on first.
    @Test
    void nothingOfTheOldOneIsToldWhileItIsForgotten() {
        int asked = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            open(new BrokerFixture(3, random::nextInt, SETTINGS));
            commit();
            share();
            beginAnew();
            broker.steps(random.nextInt(60));
            Asked topic = broker.begin(metadata(), 10);
            while (topic.answer() == null) {
                broker.step();
            }
            boolean isNew = isNew((MetadataResponse) topic.answer());
            Asked offsets = broker.begin(allOffsets(), 7);
            Asked shared = broker.begin(allShared(), 1);
            broker.settle();
            if (isNew) {
                asked++;
                assertEquals(List.of(), offsets((OffsetFetchResponse) offsets.answer()), "seed " + seed);
                assertFalse(starts((DescribeShareGroupOffsetsResponse) shared.answer()).contains((long) OFFSET),
                        "seed " + seed);
            }
        }
        assertTrue(asked > SEEDS / 10, () -> "asked too early");
    }

    /// What a share group is to do with each record is of the old topic, too.
    @Test
    void aShareGroupBeginsAnew() {
        open(BrokerFixture.onOneLoop(SETTINGS));
        share();
        assertEquals(List.of((long) OFFSET), starts());
        beginAnew();
        broker.settle();
        broker.advance(10_000);
        assertTrue(isNew());
        assertEquals(List.of(), starts());
        beat(0, List.of("t"));
        assertEquals(List.of(-1L), starts(), "nobody has read it yet");
        broker.crashAndRestart();
        assertEquals(List.of(-1L), starts());
    }

    @Test
    void aProducerOfTheOldOneIsNotKnownAndItsTransactionHoldsNobodyBack() {
        open(BrokerFixture.onOneLoop(SETTINGS));
        TopicView view = new TopicView(broker, "t");
        WireProducer producer = WireProducer.ofVersion2(broker, "x").init();
        producer.write("t", 0, "old");
        producer.write("t", 0, "old, too");
        beginAnew();
        broker.settle();
        assertTrue(isNew());
        assertEquals(List.of(), view.producers(0));
        WireProducer other = WireProducer.ofVersion2(broker, "y").init();
        other.write("t", 0, "new");
        other.end(true);
        assertEquals(List.of("new"), view.committed(0));
        view.assertNothingOpen(0);
        producer.end(true);
        assertEquals(List.of("new"), view.everything(0));
        assertEquals(List.of("new"), view.committed(0));
        view.assertNothingOpen(0);
        broker.crashAndRestart();
        assertEquals(List.of("new"), view.committed(0));
        view.assertNothingOpen(0);
        producer.write("t", 0, "next");
        producer.end(true);
        assertEquals(List.of("new", "next"), view.committed(0));
    }

    /// There is nothing to end where the new one has no such partition: whoever waited for it would wait for good.
    @Test
    void aTransactionInAPartitionThatTheNewOneHasNotIsCompleted() {
        broker = BrokerFixture.onOneLoop(SETTINGS);
        before = broker.createTopic("t", 3);
        broker.createCoordinators();
        WireProducer producer = WireProducer.ofVersion2(broker, "x").init();
        producer.write("t", 0, "old");
        producer.write("t", 2, "old, too");
        beginAnew();
        broker.settle();
        assertTrue(isNew());
        producer.end(true);
        broker.advance(5_000);
        producer.write("t", 0, "new");
        producer.end(true);
        TopicView view = new TopicView(broker, "t");
        assertEquals(List.of("new"), view.committed(0));
        view.assertNothingOpen(0);
    }
}
