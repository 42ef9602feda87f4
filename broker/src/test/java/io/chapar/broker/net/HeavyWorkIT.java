package io.chapar.broker.net;

import io.chapar.broker.Broker;
import io.chapar.broker.LoopProbe;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ConsumerGroupDescribeRequest;
import io.chapar.protocol.message.ConsumerGroupDescribeResponse;
import io.chapar.protocol.message.ConsumerGroupHeartbeatRequest;
import io.chapar.protocol.message.ConsumerGroupHeartbeatResponse;
import io.chapar.protocol.message.DescribeGroupsRequest;
import io.chapar.protocol.message.DescribeGroupsResponse;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.JoinGroupRequest;
import io.chapar.protocol.message.JoinGroupResponse;
import io.chapar.protocol.message.LeaveGroupRequest;
import io.chapar.protocol.message.LeaveGroupResponse;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListOffsetsResponse;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.compress.Compression;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Small requests that ask for much work, because of what was sent before them: nobody else waits for that. Turns of
/// loops are measured in processor time.
final class HeavyWorkIT {
    private static final int TURN_MS = 50;
    /// Where code has not been compiled yet.
    private static final int FIRST_TURN_MS = 400;

    @TempDir
    Path folder;

    private Broker broker;
    private LoopProbe probe;
    private int mostMs = FIRST_TURN_MS;

    @BeforeEach
    void start() throws IOException {
        broker = Broker.start(BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", folder.toString(), "num.network.threads", "1",
                "group.initial.rebalance.delay.ms", "1000", "offsets.topic.num.partitions", "1")));
        probe = new LoopProbe(broker);
        try (WireClient client = new WireClient(broker.address())) {
            client.ask(FindCoordinatorRequest.builder().coordinatorKeys(List.of("g")).build(), (short) 4);
        }
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private interface Work {
        void run(WireClient client) throws Exception;
    }

    private void assertHoldsNobody(String what, Work work) throws Exception {
        try (Canary canary = new Canary(broker.address()).begin();
                WireClient client = new WireClient(broker.address())) {
            probe.longestMs();
            work.run(client);
            List<Long> took = canary.end();
            long longest = probe.longestMs();
            System.out.println(what + ": longest turn " + longest + " ms; others " + took.size() + ", longest "
                    + took.getLast() / 1_000_000 + " ms");
            assertTrue(longest <= mostMs, what + " held a loop for " + longest + " ms");
        }
    }

    // ---- records

    private static ByteBuffer promising(ByteBuffer batch, long timestamp) {
        RecordBatch.at(batch, 0).stampMaxTimestamp(timestamp);
        return batch;
    }

    private static ListOffsetsResponse at(WireClient client, long timestamp) throws IOException {
        return (ListOffsetsResponse) client.ask(ListOffsetsRequest.builder().replicaId(-1)
                .topics(List.of(new ListOffsetsRequest.ListOffsetsTopic("plain", List.of(
                        new ListOffsetsRequest.ListOffsetsPartition(0, -1, timestamp)))))
                .build(), (short) 7);
    }

    private void records(int keyBytes) throws Exception {
        ByteBuffer huge = HugeRecords.ofKey(Compression.GZIP, keyBytes);
        long promised = System.currentTimeMillis() + 1000;
        ByteBuffer lie = promising(HugeRecords.ofKey(Compression.GZIP, keyBytes), promised);
        try (WireClient client = new WireClient(broker.address())) {
            SmallBroker.create(client, "keys", 1, Map.of("cleanup.policy", "compact"));
            SmallBroker.create(client, "codec", 1, Map.of("compression.type", "lz4"));
            SmallBroker.create(client, "plain", 1, Map.of());
        }
        for (String topic : List.of("keys", "codec", "plain")) {
            assertHoldsNobody("produce to " + topic, client -> {
                for (int i = 0; i < 2; i++) {
                    ByteBuffer batch = topic.equals("plain") ? lie : huge;
                    assertEquals(ErrorCode.NONE, HugeRecords.append(client, topic, batch.duplicate()));
                }
            });
        }
        assertHoldsNobody("search by time", client -> {
            assertEquals(-1, at(client, promised).topics().getFirst().partitions().getFirst().offset());
            assertEquals(0, at(client, -3).topics().getFirst().partitions().getFirst().offset());
        });
    }

    @Test
    void recordsThatDecompressToMuch() throws Exception {
        records(20_000_000);
    }

    @Test
    @Tag("nightly")
    void recordsThatDecompressToAllThatIsAllowed() throws Exception {
        mostMs = TURN_MS;
        records(133_000_000);
    }

    @Test
    void batchesOfOneConnectionKeepTheirOrderWhateverTheyDecompressTo() throws Exception {
        short version = 9;
        ByteBuffer huge = HugeRecords.ofKey(Compression.GZIP, 10_000_000);
        ByteBuffer small = HugeRecords.ofKey(Compression.GZIP, 1_000);
        try (WireClient client = new WireClient(broker.address())) {
            SmallBroker.create(client, "keys", 1, Map.of("cleanup.policy", "compact"));
            List<ByteBuffer> sent = List.of(huge, small, huge, small, small);
            for (int i = 0; i < sent.size(); i++) {
                client.send(WireClient.frame(HugeRecords.produce("keys", sent.get(i).duplicate()), version, i));
            }
            for (int i = 0; i < sent.size(); i++) {
                ProduceResponse answer = (ProduceResponse) client.answer(ApiKey.PRODUCE, version);
                assertEquals(i, answer.responses().getFirst().partitionResponses().getFirst().baseOffset());
            }
        }
    }

    // ---- groups

    private static JoinGroupRequest join() {
        return JoinGroupRequest.builder().groupId("g").memberId("").protocolType("test")
                .sessionTimeoutMs(600_000).rebalanceTimeoutMs(600_000)
                .protocols(List.of(new JoinGroupRequest.JoinGroupRequestProtocol("p", ByteBuffer.allocate(1))))
                .build();
    }

    private void group(int members) throws Exception {
        short version = 3;
        assertHoldsNobody("joins", last -> {
            for (int i = 1; i < members; i++) {
                try (WireClient one = new WireClient(broker.address())) {
                    one.send(WireClient.frame(join(), version, 1));
                }
            }
            JoinGroupResponse joined = (JoinGroupResponse) last.ask(join(), version);
            assertEquals(ErrorCode.NONE.code(), joined.errorCode());
        });
        List<LeaveGroupRequest.MemberIdentity> all;
        try (WireClient client = new WireClient(broker.address())) {
            DescribeGroupsResponse described = (DescribeGroupsResponse) client.ask(
                    DescribeGroupsRequest.builder().groups(List.of("g")).build(), (short) 5);
            all = described.groups().getFirst().members().stream()
                    .map(one -> new LeaveGroupRequest.MemberIdentity(one.memberId(), null, null)).toList();
        }
        assertEquals(members, all.size());
        assertHoldsNobody("leaves", client -> {
            LeaveGroupResponse left = (LeaveGroupResponse) client.ask(
                    LeaveGroupRequest.builder().groupId("g").members(all).build(), (short) 4);
            assertEquals(ErrorCode.NONE.code(), left.errorCode());
            assertTrue(left.members().stream().allMatch(one -> one.errorCode() == ErrorCode.NONE.code()));
        });
    }

    @Test
    void aLargeGroup() throws Exception {
        group(1_000);
    }

    @Test
    @Tag("nightly")
    void aVeryLargeGroup() throws Exception {
        mostMs = Integer.MAX_VALUE;
        group(2_000);
        mostMs = TURN_MS;
        group(5_000);
    }

    // ---- groups whose coordinator shares out

    /// All but a few want all topics, each group of them by another expression: small requests, and much to share out.
    private void sharedOut(String name, int topics, int members) throws Exception {
        short version = 1;
        try (WireClient client = new WireClient(broker.address())) {
            for (int i = 0; i < topics; i++) {
                SmallBroker.create(client, name + "-" + i, 1, Map.of());
            }
        }
        assertHoldsNobody(members + " members of " + topics + " topics", client -> {
            for (int i = 0; i < members; i++) {
                client.send(WireClient.frame(ConsumerGroupHeartbeatRequest.builder().groupId(name)
                        .memberId("m" + i).memberEpoch(0).rebalanceTimeoutMs(60_000)
                        .subscribedTopicRegex(name + "-.*|x" + i % 5).topicPartitions(List.of()).build(), version, i));
                ConsumerGroupHeartbeatResponse answer = (ConsumerGroupHeartbeatResponse) client.answer(
                        ApiKey.CONSUMER_GROUP_HEARTBEAT, version);
                assertEquals(ErrorCode.NONE.code(), answer.errorCode());
            }
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
                ConsumerGroupDescribeResponse described = (ConsumerGroupDescribeResponse) client.ask(
                        ConsumerGroupDescribeRequest.builder().groupIds(List.of(name)).build(), (short) 1);
                ConsumerGroupDescribeResponse.DescribedGroup group = described.groups().getFirst();
                return group.groupEpoch() == group.assignmentEpoch();
            });
        });
    }

    @Test
    @Tag("nightly")
    void aLargeGroupWhoseMembersWantManyThings() throws Exception {
        mostMs = Integer.MAX_VALUE;
        sharedOut("warm", 100, 250);
        mostMs = TURN_MS;
        sharedOut("large", 1_000, 2_000);
    }

    // ---- sessions

    private static FetchResponse fetch(WireClient client, int sessionId, int epoch, int partitions)
            throws IOException {
        List<FetchRequest.FetchPartition> asked = IntStream.range(0, partitions).mapToObj(i ->
                FetchRequest.FetchPartition.builder().partition(i).fetchOffset(0).partitionMaxBytes(1).build())
                .toList();
        return (FetchResponse) client.ask(FetchRequest.builder().sessionId(sessionId).sessionEpoch(epoch)
                .maxWaitMs(0).minBytes(0).maxBytes(1)
                .topics(partitions == 0 ? List.of() : List.of(
                        FetchRequest.FetchTopic.builder().topic("wide").partitions(asked).build()))
                .build(), (short) 11);
    }

    private void session(int partitions) throws Exception {
        assertHoldsNobody("fetches in a session", client -> {
            FetchResponse first = fetch(client, 0, 0, partitions);
            assertTrue(first.sessionId() != 0);
            for (int epoch = 1; epoch < 10; epoch++) {
                FetchResponse next = fetch(client, first.sessionId(), epoch, 0);
                assertEquals(ErrorCode.NONE.code(), next.errorCode());
            }
            assertEquals(ErrorCode.NONE.code(), fetch(client, first.sessionId(), 10, partitions).errorCode());
        });
    }

    private void createWide() throws IOException {
        try (WireClient client = new WireClient(broker.address())) {
            SmallBroker.create(client, "wide", 1000, Map.of());
        }
    }

    @Test
    void aLargeFetchSession() throws Exception {
        createWide();
        session(20_000);
    }

    @Test
    @Tag("nightly")
    void theLargestFetchSession() throws Exception {
        createWide();
        mostMs = Integer.MAX_VALUE;
        session(49_900);
        mostMs = TURN_MS;
        session(49_900);
    }
}
