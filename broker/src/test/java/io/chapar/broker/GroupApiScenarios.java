package io.chapar.broker;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AddOffsetsToTxnRequest;
import io.chapar.protocol.message.AddOffsetsToTxnResponse;
import io.chapar.protocol.message.DeleteGroupsRequest;
import io.chapar.protocol.message.DeleteGroupsResponse;
import io.chapar.protocol.message.DescribeGroupsRequest;
import io.chapar.protocol.message.DescribeGroupsResponse;
import io.chapar.protocol.message.EndTxnRequest;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.HeartbeatRequest;
import io.chapar.protocol.message.HeartbeatResponse;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.JoinGroupRequest;
import io.chapar.protocol.message.JoinGroupResponse;
import io.chapar.protocol.message.LeaveGroupRequest;
import io.chapar.protocol.message.LeaveGroupResponse;
import io.chapar.protocol.message.ListGroupsRequest;
import io.chapar.protocol.message.ListGroupsResponse;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.message.OffsetDeleteRequest;
import io.chapar.protocol.message.OffsetDeleteResponse;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.SyncGroupRequest;
import io.chapar.protocol.message.SyncGroupResponse;
import io.chapar.protocol.message.TxnOffsetCommitRequest;
import io.chapar.protocol.message.TxnOffsetCommitResponse;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

/// The requests of groups in each of their versions, through their bytes, against a whole broker on virtual time.
class GroupApiScenarios {
    private static final UUID NO_ID = new UUID(0, 0);
    private static final short NONE = ErrorCode.NONE.code();

    private BrokerFixture broker = newBroker();
    private UUID topicId;

    @BeforeEach
    void start() {
        topicId = broker.createTopic("t", 2);
        broker.createCoordinators();
    }

    private static BrokerFixture newBroker() {
        return BrokerFixture.onOneLoop(Map.of("offsets.topic.num.partitions", "2"));
    }

    private Response ask(Request request, int version) {
        return broker.ask(request, version);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    // ---- membership

    private BrokerFixture.Asked join(int version, String memberId, String instance) {
        return broker.later(JoinGroupRequest.builder()
                .groupId("g").sessionTimeoutMs(10_000).rebalanceTimeoutMs(20_000).memberId(memberId)
                .groupInstanceId(instance).protocolType("consumer")
                .protocols(List.of(new JoinGroupRequest.JoinGroupRequestProtocol("range", bytes("meta"))))
                .build(), version);
    }

    private JoinGroupResponse joined(int version) {
        BrokerFixture.Asked first = join(version, "", null);
        if (version >= 4) {
            JoinGroupResponse told = (JoinGroupResponse) first.answer();
            assertEquals(ErrorCode.MEMBER_ID_REQUIRED.code(), told.errorCode());
            first = join(version, told.memberId(), null);
        }
        broker.advance(1_000);
        return (JoinGroupResponse) first.answer();
    }

    private SyncGroupResponse sync(int version, JoinGroupResponse member) {
        return (SyncGroupResponse) ask(SyncGroupRequest.builder()
                .groupId("g").generationId(member.generationId()).memberId(member.memberId())
                .protocolType("consumer").protocolName("range")
                .assignments(List.of(new SyncGroupRequest.SyncGroupRequestAssignment(
                        member.memberId(), bytes("part"))))
                .build(), version);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
    void aMembersLifeInEachVersion(int version) {
        JoinGroupResponse member = joined(version);
        assertEquals(NONE, member.errorCode());
        assertEquals("range", member.protocolName());
        assertEquals(member.memberId(), member.leader());
        assertEquals(bytes("meta"), member.members().getFirst().metadata());
        SyncGroupResponse synced = sync(Math.min(version, 5), member);
        assertEquals(NONE, synced.errorCode());
        assertEquals(bytes("part"), synced.assignment());

        HeartbeatRequest heartbeat = HeartbeatRequest.builder()
                .groupId("g").generationId(member.generationId()).memberId(member.memberId()).build();
        assertEquals(NONE, ((HeartbeatResponse) ask(heartbeat, Math.min(version, 4))).errorCode());

        broker.crashAndRestart();
        assertEquals(NONE, ((HeartbeatResponse) ask(heartbeat, Math.min(version, 4))).errorCode());

        int leave = Math.min(version, 5);
        LeaveGroupRequest leaving = leave < 3
                ? LeaveGroupRequest.builder().groupId("g").memberId(member.memberId()).build()
                : LeaveGroupRequest.builder().groupId("g").members(List.of(
                        new LeaveGroupRequest.MemberIdentity(member.memberId(), null, "done"))).build();
        LeaveGroupResponse left = (LeaveGroupResponse) ask(leaving, leave);
        assertEquals(NONE, left.errorCode());
        LeaveGroupResponse again = (LeaveGroupResponse) ask(leaving, leave);
        if (leave < 3) {
            assertEquals(ErrorCode.UNKNOWN_MEMBER_ID.code(), again.errorCode());
        } else {
            assertEquals(NONE, left.members().getFirst().errorCode());
            assertEquals(NONE, again.errorCode());
            assertEquals(ErrorCode.UNKNOWN_MEMBER_ID.code(), again.members().getFirst().errorCode());
        }
    }

    @Test
    void aRefusedJoinCanBeWrittenInEveryVersion() {
        for (int version = 0; version <= 9; version++) {
            JoinGroupResponse refused = (JoinGroupResponse) join(version, "nobody", null).answer();
            assertEquals(ErrorCode.UNKNOWN_MEMBER_ID.code(), refused.errorCode());
        }
    }

    @Test
    void aSyncMustNameTheProtocolSinceVersionFive() {
        JoinGroupResponse member = joined(9);
        SyncGroupRequest nameless = SyncGroupRequest.builder()
                .groupId("g").generationId(member.generationId()).memberId(member.memberId()).build();
        assertEquals(
                ErrorCode.INCONSISTENT_GROUP_PROTOCOL.code(),
                ((SyncGroupResponse) ask(nameless, 5)).errorCode());
        assertEquals(NONE, ((SyncGroupResponse) ask(nameless, 4)).errorCode());
    }

    @Test
    void aStaticLeaderThatCameBackIsToldWhetherToAssign() {
        BrokerFixture.Asked first = join(9, "", "i");
        broker.advance(1_000);
        JoinGroupResponse member = (JoinGroupResponse) first.answer();
        ask(SyncGroupRequest.builder()
                .groupId("g").generationId(1).memberId(member.memberId()).groupInstanceId("i")
                .protocolType("consumer").protocolName("range").build(), 5);
        JoinGroupResponse back = (JoinGroupResponse) join(9, "", "i").answer();
        assertEquals(true, back.skipAssignment());
        assertEquals(back.memberId(), back.leader());
        JoinGroupResponse old = (JoinGroupResponse) join(8, "", "i").answer();
        assertFalse(old.skipAssignment());
        assertEquals(back.memberId(), old.leader());
        assertNotEquals(old.memberId(), old.leader());
        assertEquals(1, old.generationId());
    }

    @Test
    void groupsAreListedAndDescribed() {
        JoinGroupResponse member = joined(9);
        sync(5, member);
        commit(9, "quiet", 1);
        assertEquals(List.of("g Stable classic", "quiet Empty classic"), list(List.of(), List.of()));
        assertEquals(List.of("g Stable classic"), list(List.of("stable"), List.of("Classic")));
        assertEquals(List.of(), list(List.of(), List.of("consumer")));
        for (int version = 0; version <= 6; version++) {
            DescribeGroupsResponse described = (DescribeGroupsResponse) ask(
                    DescribeGroupsRequest.builder().groups(List.of("g", "none")).build(), version);
            assertEquals("Stable", described.groups().get(0).groupState());
            assertEquals("range", described.groups().get(0).protocolData());
            assertEquals("/127.0.0.1", described.groups().get(0).members().getFirst().clientHost());
            assertEquals(bytes("part"), described.groups().get(0).members().getFirst().memberAssignment());
            assertEquals("Dead", described.groups().get(1).groupState());
            assertEquals(
                    version < 6 ? NONE : ErrorCode.GROUP_ID_NOT_FOUND.code(),
                    described.groups().get(1).errorCode());
        }
    }

    private List<String> list(List<String> states, List<String> types) {
        ListGroupsResponse listed = (ListGroupsResponse) ask(new ListGroupsRequest(states, types), 5);
        List<String> found = new ArrayList<>();
        listed.groups().forEach(one ->
                found.add(one.groupId() + " " + one.groupState() + " " + one.groupType()));
        found.sort(null);
        return found;
    }

    // ---- offsets

    private OffsetCommitResponse commit(int version, String group, long offset) {
        return (OffsetCommitResponse) ask(OffsetCommitRequest.builder()
                .groupId(group)
                .topics(List.of(topicOf(version, "t", topicId, offset), topicOf(version, "none", new UUID(3, 3), 1)))
                .build(), version);
    }

    private static OffsetCommitRequest.OffsetCommitRequestTopic topicOf(
            int version, String name, UUID id, long offset) {
        return new OffsetCommitRequest.OffsetCommitRequestTopic(
                version < 10 ? name : "",
                version < 10 ? NO_ID : id,
                List.of(new OffsetCommitRequest.OffsetCommitRequestPartition(1, offset, -1, "m")));
    }

    @Test
    void whatOneVersionCommitsEveryVersionFetches() {
        for (int commit = 2; commit <= 10; commit++) {
            OffsetCommitResponse done = commit(commit, "g", 100 + commit);
            assertEquals(NONE, done.topics().get(0).partitions().getFirst().errorCode());
            assertEquals(
                    (commit < 10 ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.UNKNOWN_TOPIC_ID).code(),
                    done.topics().get(1).partitions().getFirst().errorCode());
            for (int fetch = 1; fetch <= 10; fetch++) {
                assertEquals(100 + commit, fetched(fetch, "g", false), "versions " + commit + " and " + fetch);
                assertEquals(-1, fetched(fetch, "other", false));
            }
        }
        broker.crashAndRestart();
        assertEquals(110, fetched(9, "g", true));
    }

    @Test
    void offsetsOfPartitionsThatAreNotThereAreRefusedEachByItself() {
        for (int version = 2; version <= 10; version++) {
            OffsetCommitResponse done = (OffsetCommitResponse) ask(OffsetCommitRequest.builder()
                    .groupId("g")
                    .topics(List.of(new OffsetCommitRequest.OffsetCommitRequestTopic(
                            version < 10 ? "t" : "", version < 10 ? NO_ID : topicId,
                            List.of(2, 1, -1, Integer.MAX_VALUE).stream().map(index ->
                                    new OffsetCommitRequest.OffsetCommitRequestPartition(index, 5, -1, "m")).toList())))
                    .build(), version);
            assertEquals(
                    List.of(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code(), NONE,
                            ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code(), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code()),
                    done.topics().getFirst().partitions().stream().map(one -> one.errorCode()).toList());
        }
        assertEquals(5, fetched(9, "g", false));
        OffsetFetchResponse all = (OffsetFetchResponse) ask(
                OffsetFetchRequest.builder().groupId("g").topics(null).build(), 7);
        assertEquals(1, all.topics().getFirst().partitions().size());
    }

    @Test
    void aTransactionsOffsetsOfPartitionsThatAreNotThereAreRefusedEachByItself() {
        InitProducerIdResponse producer = producer();
        TxnOffsetCommitResponse done = (TxnOffsetCommitResponse) ask(TxnOffsetCommitRequest.builder()
                .transactionalId("x").groupId("g").producerId(producer.producerId())
                .producerEpoch(producer.producerEpoch())
                .topics(List.of(new TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic("t", NO_ID, List.of(
                        new TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition(2, 5, -1, null),
                        new TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition(1, 5, -1, null)))))
                .build(), 5);
        assertEquals(
                List.of(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code(), NONE),
                done.topics().getFirst().partitions().stream().map(one -> one.errorCode()).toList());
        assertEquals(NONE, end(5, producer, true));
        assertEquals(5, fetched(9, "g", true));
    }

    /// The offset of `t-1`, or the negative code of an error beyond -1000.
    private long fetched(int version, String group, boolean stable) {
        if (version < 8) {
            OffsetFetchResponse one = (OffsetFetchResponse) ask(OffsetFetchRequest.builder()
                    .groupId(group)
                    .topics(List.of(new OffsetFetchRequest.OffsetFetchRequestTopic("t", List.of(0, 1))))
                    .requireStable(stable)
                    .build(), version);
            assertEquals(NONE, one.errorCode());
            var partition = one.topics().getFirst().partitions().get(1);
            return partition.errorCode() == NONE ? partition.committedOffset() : -1000 - partition.errorCode();
        }
        OffsetFetchResponse many = (OffsetFetchResponse) ask(OffsetFetchRequest.builder()
                .groups(List.of(groupOf("unrelated", version), groupOf(group, version)))
                .requireStable(stable)
                .build(), version);
        assertEquals("unrelated", many.groups().get(0).groupId());
        assertEquals(NONE, many.groups().get(1).errorCode());
        var partition = many.groups().get(1).topics().getFirst().partitions().get(1);
        return partition.errorCode() == NONE ? partition.committedOffset() : -1000 - partition.errorCode();
    }

    private OffsetFetchRequest.OffsetFetchRequestGroup groupOf(String group, int version) {
        return OffsetFetchRequest.OffsetFetchRequestGroup.builder()
                .groupId(group)
                .topics(List.of(new OffsetFetchRequest.OffsetFetchRequestTopics(
                        version < 10 ? "t" : "", version < 10 ? NO_ID : topicId, List.of(0, 1))))
                .build();
    }

    @Test
    void allOffsetsAreFetchedWhenNoneIsNamed() {
        commit(9, "g", 7);
        for (int version : new int[] {2, 5, 7}) {
            OffsetFetchResponse all = (OffsetFetchResponse) ask(
                    OffsetFetchRequest.builder().groupId("g").topics(null).build(), version);
            assertEquals(1, all.topics().size());
            assertEquals(7, all.topics().getFirst().partitions().getFirst().committedOffset());
        }
        for (int version = 8; version <= 10; version++) {
            OffsetFetchResponse all = (OffsetFetchResponse) ask(OffsetFetchRequest.builder()
                    .groups(List.of(OffsetFetchRequest.OffsetFetchRequestGroup.builder()
                            .groupId("g").topics(null).build()))
                    .build(), version);
            var topic = all.groups().getFirst().topics().getFirst();
            assertEquals(7, topic.partitions().getFirst().committedOffset());
            assertEquals(version < 10 ? NO_ID : topicId, topic.topicId());
        }
    }

    /// Before there is a coordinator: nobody may take that for a group without offsets.
    @Test
    void anErrorOfTheGroupIsNeverAnEmptyAnswer() {
        broker = newBroker();
        for (int version = 1; version <= 10; version++) {
            OffsetFetchResponse answer = (OffsetFetchResponse) ask(version < 8
                    ? OffsetFetchRequest.builder()
                            .groupId("g")
                            .topics(List.of(new OffsetFetchRequest.OffsetFetchRequestTopic("t", List.of(0))))
                            .build()
                    : OffsetFetchRequest.builder().groups(List.of(groupOf("g", version))).build(), version);
            short error = version < 2 ? answer.topics().getFirst().partitions().getFirst().errorCode()
                    : version < 8 ? answer.errorCode() : answer.groups().getFirst().errorCode();
            assertEquals(ErrorCode.NOT_COORDINATOR.code(), error);
            assertEquals(version == 1, version < 8
                    ? !answer.topics().isEmpty() : !answer.groups().getFirst().topics().isEmpty(),
                    "topics are named where the error is theirs alone");
        }
    }

    @Test
    void aNameThatStandsForNothingIsNoDeletedOffset() {
        commit(9, "g", 7);
        assertEquals(
                List.of(ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.NONE),
                List.of(deleted("t", 0), deleted("t", 2), deleted("nowhere", 0), deleted("t", 1)));
        assertEquals(-1, fetched(9, "g", true));
    }

    private ErrorCode deleted(String topic, int partition) {
        OffsetDeleteResponse answer = (OffsetDeleteResponse) ask(OffsetDeleteRequest.builder()
                .groupId("g")
                .topics(List.of(new OffsetDeleteRequest.OffsetDeleteRequestTopic(
                        topic, List.of(new OffsetDeleteRequest.OffsetDeleteRequestPartition(partition)))))
                .build(), 0);
        return ErrorCode.of(answer.topics().getFirst().partitions().getFirst().errorCode());
    }

    @Test
    void anUnknownTopicIdIsNamedSo() {
        OffsetFetchResponse answer = (OffsetFetchResponse) ask(OffsetFetchRequest.builder()
                .groups(List.of(OffsetFetchRequest.OffsetFetchRequestGroup.builder()
                        .groupId("g")
                        .topics(List.of(new OffsetFetchRequest.OffsetFetchRequestTopics(
                                "", new UUID(3, 3), List.of(0))))
                        .build()))
                .build(), 10);
        assertEquals(
                ErrorCode.UNKNOWN_TOPIC_ID.code(),
                answer.groups().getFirst().topics().getFirst().partitions().getFirst().errorCode());
    }

    // ---- transactions

    /// KIP-1319: version 6 names the topic by its id, and says that there is no such group.
    @Test
    void aTransactionsOffsetsOfTopicsById() {
        InitProducerIdResponse producer = producer();
        TxnOffsetCommitResponse done = (TxnOffsetCommitResponse) ask(TxnOffsetCommitRequest.builder()
                .transactionalId("x").groupId("g").producerId(producer.producerId())
                .producerEpoch(producer.producerEpoch())
                .topics(List.of(
                        offsetsOf("", new UUID(7, 7)), offsetsOf("", topicId)))
                .build(), 6);
        assertEquals(List.of(ErrorCode.UNKNOWN_TOPIC_ID.code(), NONE),
                done.topics().stream().map(one -> one.partitions().getFirst().errorCode()).toList());
        assertEquals(topicId, done.topics().getLast().topicId());
        assertEquals(NONE, end(5, producer, true));
        assertEquals(5, fetched(9, "g", true));
        for (int version : List.of(5, 6)) {
            done = (TxnOffsetCommitResponse) ask(TxnOffsetCommitRequest.builder()
                    .transactionalId("x").groupId("none").producerId(producer.producerId())
                    .producerEpoch((short) (producer.producerEpoch() + 1)).generationIdOrMemberEpoch(3).memberId("m")
                    .topics(List.of(offsetsOf("t", version == 6 ? topicId : NO_ID))).build(), version);
            assertEquals((version == 6 ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION).code(),
                    done.topics().getFirst().partitions().getFirst().errorCode());
        }
    }

    private static TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic offsetsOf(String name, UUID id) {
        return new TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic(name, id, List.of(
                new TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition(1, 5, -1, null)));
    }

    @Test
    void whyAGroupIsNotDeletedIsSaidInVersionThree() {
        DeleteGroupsResponse done = (DeleteGroupsResponse) ask(new DeleteGroupsRequest(List.of("none")), 3);
        assertEquals(ErrorCode.GROUP_ID_NOT_FOUND.code(), done.results().getFirst().errorCode());
        assertEquals("There is no such group.", done.results().getFirst().errorMessage());
    }

    private InitProducerIdResponse producer() {
        return (InitProducerIdResponse) ask(InitProducerIdRequest.builder()
                .transactionalId("x").transactionTimeoutMs(10_000).producerId(-1).producerEpoch((short) -1)
                .build(), 5);
    }

    private short commitTxn(int version, InitProducerIdResponse producer, long offset) {
        TxnOffsetCommitResponse done = (TxnOffsetCommitResponse) ask(TxnOffsetCommitRequest.builder()
                .transactionalId("x").groupId("g").producerId(producer.producerId())
                .producerEpoch(producer.producerEpoch())
                .topics(List.of(new TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic("t", NO_ID, List.of(
                        new TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition(1, offset, -1, null)))))
                .build(), version);
        return done.topics().getFirst().partitions().getFirst().errorCode();
    }

    private short end(int version, InitProducerIdResponse producer, boolean commit) {
        return ((EndTxnResponse) ask(EndTxnRequest.builder()
                .transactionalId("x").producerId(producer.producerId()).producerEpoch(producer.producerEpoch())
                .committed(commit).build(), version)).errorCode();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void beforeVersionFiveTheGroupMustHaveBeenAdded(int version) {
        InitProducerIdResponse producer = producer();
        short refused = commitTxn(version, producer, 5);
        assertNotEquals(NONE, refused);
        AddOffsetsToTxnResponse added = (AddOffsetsToTxnResponse) ask(AddOffsetsToTxnRequest.builder()
                .transactionalId("x").producerId(producer.producerId()).producerEpoch(producer.producerEpoch())
                .groupId("g").build(), Math.min(version, 4));
        assertEquals(NONE, added.errorCode());
        assertEquals(NONE, commitTxn(version, producer, 5));
        assertEquals(-1, fetched(9, "g", false));
        assertEquals(-1000 - ErrorCode.UNSTABLE_OFFSET_COMMIT.code(), fetched(7, "g", true));
        assertEquals(NONE, end(Math.min(version, 4), producer, true));
        assertEquals(5, fetched(9, "g", true));
    }

    @Test
    void versionFiveAddsTheGroupItself() {
        InitProducerIdResponse producer = producer();
        assertEquals(NONE, commitTxn(5, producer, 5));
        assertEquals(NONE, end(5, producer, true));
        assertEquals(5, fetched(9, "g", true));
        // Its epoch has ended with the transaction.
        assertEquals(ErrorCode.PRODUCER_FENCED.code(), commitTxn(5, producer, 6));
        assertEquals(5, fetched(9, "g", true));
    }

    @Test
    void offsetsOfATransactionThatNobodyEndsComeToNothing() {
        commit(9, "g", 1);
        InitProducerIdResponse producer = producer();
        assertEquals(NONE, commitTxn(5, producer, 5));
        broker.crashAndRestart();
        assertEquals(-1000 - ErrorCode.UNSTABLE_OFFSET_COMMIT.code(), fetched(9, "g", true));
        assertEquals(1, fetched(9, "g", false));
        broker.advance(30_000);
        assertEquals(1, fetched(9, "g", true));
    }

    @Test
    void aCommitIsVisibleOnceItIsAnsweredAlsoAfterACrash() {
        for (int round = 1; round <= 5; round++) {
            InitProducerIdResponse producer = producer();
            assertEquals(NONE, commitTxn(5, producer, round));
            assertEquals(NONE, end(5, producer, round % 2 == 1));
            broker.crashAndRestart();
            assertEquals(round - (round + 1) % 2, fetched(9, "g", true));
        }
    }
}
