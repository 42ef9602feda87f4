package io.chapar.client.consumer;

import io.chapar.client.FatalException;
import io.chapar.client.FencedException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.HeartbeatRequest;
import io.chapar.protocol.message.HeartbeatResponse;
import io.chapar.protocol.message.JoinGroupRequest;
import io.chapar.protocol.message.JoinGroupResponse;
import io.chapar.protocol.message.LeaveGroupRequest;
import io.chapar.protocol.message.LeaveGroupResponse;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.protocol.message.SyncGroupRequest;
import io.chapar.protocol.message.SyncGroupResponse;
import io.chapar.transport.CallResult;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;

import static io.chapar.client.consumer.CoreFixture.P0;
import static io.chapar.client.consumer.CoreFixture.P1;
import static io.chapar.client.consumer.CoreFixture.failure;
import static io.chapar.client.consumer.CoreFixture.named;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// One member of a group, with the coordinator's answers as the scenario wants them.
class GroupScenarios {
    private static final int HEARTBEAT_MS = 1_000;

    private CoreFixture it = fixture(AssignmentStrategy.RANGE);
    private String strategy = "range";

    private static CoreFixture fixture(AssignmentStrategy strategy) {
        return CoreFixture.with(settings -> settings.groupId("g").strategies(strategy)
                .heartbeatIntervalMs(HEARTBEAT_MS).sessionTimeoutMs(10_000).maxPollIntervalMs(60_000));
    }

    private static CoreFixture staticMember() {
        return CoreFixture.with(settings -> settings.groupId("g").groupInstanceId("i")
                .heartbeatIntervalMs(HEARTBEAT_MS).sessionTimeoutMs(10_000).maxPollIntervalMs(60_000));
    }

    private static SortedSet<TopicPartition> set(TopicPartition... partitions) {
        return new TreeSet<>(List.of(partitions));
    }

    private static JoinGroupResponse joined(String strategy, int generation, String leader, String... members) {
        List<JoinGroupResponse.JoinGroupResponseMember> all = List.of(members).stream()
                .map(id -> JoinGroupResponse.JoinGroupResponseMember.builder().memberId(id)
                        .metadata(SubscriptionCodec.subscription(new GroupSubscription(
                                new TreeSet<>(Set.of("t")), new TreeSet<>(), -1, null)))
                        .build())
                .toList();
        return JoinGroupResponse.builder().generationId(generation).memberId("m").leader(leader)
                .protocolName(strategy).members(all).build();
    }

    private static SyncGroupResponse synced(TopicPartition... partitions) {
        return SyncGroupResponse.builder().assignment(SubscriptionCodec.assignment(List.of(partitions))).build();
    }

    private static HeartbeatResponse beat(ErrorCode error) {
        return HeartbeatResponse.builder().errorCode(error.code()).build();
    }

    /// From the join request to the listener's return, as a follower.
    private void share(int generation, TopicPartition... partitions) {
        it.script.expect(ApiKey.JOIN_GROUP).answer(joined(strategy, generation, "other"));
        it.script.expect(ApiKey.SYNC_GROUP).answer(synced(partitions));
    }

    /// A member of generation 1 that owns these.
    private void member(TopicPartition... partitions) {
        it.core.subscribe(List.of("t"));
        assertNull(it.pollNow().event());
        Script.Exchange first = it.script.expect(ApiKey.JOIN_GROUP);
        assertEquals("", first.as(JoinGroupRequest.class).memberId());
        first.answer(JoinGroupResponse.builder().errorCode(ErrorCode.MEMBER_ID_REQUIRED.code()).memberId("m").build());
        share(1, partitions);
        GroupEvent.Assigned assigned = it.event(GroupEvent.Assigned.class);
        assertEquals(set(partitions), assigned.partitions());
        it.acknowledge(assigned);
    }

    private void answerCommitted(long offset) {
        Script.Exchange asked = it.script.expect(ApiKey.OFFSET_FETCH);
        OffsetFetchRequest request = asked.as(OffsetFetchRequest.class);
        assertTrue(request.requireStable());
        List<OffsetFetchResponse.OffsetFetchResponsePartitions> parts = request.groups().getFirst().topics().getFirst()
                .partitionIndexes().stream()
                .map(number -> OffsetFetchResponse.OffsetFetchResponsePartitions.builder()
                        .partitionIndex(number).committedOffset(offset).build())
                .toList();
        asked.answer(OffsetFetchResponse.builder().groups(List.of(OffsetFetchResponse.OffsetFetchResponseGroup.builder()
                .groupId("g")
                .topics(List.of(OffsetFetchResponse.OffsetFetchResponseTopics.builder().name("t")
                        .partitions(parts).build()))
                .build())).build());
    }

    @Test
    void joinsWithTheIdItIsGivenAndGoesOnWhereTheGroupIs() {
        member(P0, P1);
        answerCommitted(42);
        assertEquals(42, named(it.expectFetch()).get(0).fetchOffset());
        assertEquals(new GroupMetadata("g", 1, "m", null), it.core.identity());
    }

    @Test
    void nothingIsFetchedBeforeTheListenerHasHeard() {
        it.core.subscribe(List.of("t"));
        it.pollNow();
        share(1, P0);
        GroupEvent.Assigned assigned = it.event(GroupEvent.Assigned.class);
        answerCommitted(42);
        it.noFetch();
        it.core.seek(P0, 7, -1); // as a listener may
        it.acknowledge(assigned);
        assertEquals(7, named(it.expectFetch()).get(0).fetchOffset());
    }

    @Test
    void theLeaderSharesTheTopicOut() {
        it.core.subscribe(List.of("t"));
        it.pollNow();
        it.script.expect(ApiKey.JOIN_GROUP).answer(joined("range", 1, "m", "m", "n"));
        SyncGroupRequest sync = it.script.expect(ApiKey.SYNC_GROUP).as(SyncGroupRequest.class);
        TreeMap<String, SortedSet<TopicPartition>> shares = new TreeMap<>();
        sync.assignments().forEach(one -> shares.put(one.memberId(), SubscriptionCodec.assignment(one.assignment())));
        assertEquals(set(P0), shares.get("m"));
        assertEquals(set(P1), shares.get("n"));
    }

    @Test
    void theLeaderWaitsForTopicsItDoesNotKnow() {
        it.core.subscribe(List.of("t"));
        it.pollNow();
        JoinGroupResponse answer = joined("range", 1, "m", "m").toBuilder()
                .members(List.of(JoinGroupResponse.JoinGroupResponseMember.builder().memberId("m")
                        .metadata(SubscriptionCodec.subscription(new GroupSubscription(
                                new TreeSet<>(Set.of("t", "unknown")), new TreeSet<>(), -1, null)))
                        .build()))
                .build();
        it.script.expect(ApiKey.JOIN_GROUP).answer(answer);
        assertNull(it.script.poll(ApiKey.SYNC_GROUP));
        it.loop.advance(LeaderDuty.GATHERING_MS);
        assertNotNull(it.script.poll(ApiKey.SYNC_GROUP), "not for ever");
    }

    @Test
    void morePartitionsMeanARebalance() {
        it.core.subscribe(List.of("t"));
        it.pollNow();
        it.script.expect(ApiKey.JOIN_GROUP).answer(joined("range", 1, "m", "m"));
        it.script.expect(ApiKey.SYNC_GROUP).answer(synced(P0, P1));
        it.acknowledge(it.event(GroupEvent.Assigned.class));
        it.partitions = 3;
        it.metadataChanges();
        it.acknowledge(it.event(GroupEvent.Revoked.class));
        it.pollNow();
        it.script.expect(ApiKey.JOIN_GROUP);
    }

    @Test
    void aRebalanceWaitsForThePollAndForTheListener() {
        member(P0, P1);
        it.loop.advance(HEARTBEAT_MS);
        it.script.expect(ApiKey.HEARTBEAT).answer(beat(ErrorCode.REBALANCE_IN_PROGRESS));
        assertNull(it.script.poll(ApiKey.JOIN_GROUP));
        it.loop.advance(HEARTBEAT_MS);
        it.script.expect(ApiKey.HEARTBEAT).answer(beat(ErrorCode.REBALANCE_IN_PROGRESS));

        GroupEvent.Revoked revoked = it.event(GroupEvent.Revoked.class);
        assertEquals(set(P0, P1), revoked.partitions());
        assertEquals(set(P0, P1), it.core.positions().partitions(), "still there for the listener");
        assertNull(it.script.poll(ApiKey.JOIN_GROUP));
        it.acknowledge(revoked);
        assertTrue(it.core.positions().partitions().isEmpty());
        it.pollNow();
        assertEquals("m", it.script.expect(ApiKey.JOIN_GROUP).as(JoinGroupRequest.class).memberId());
    }

    @Test
    void heartbeatsGoOnWhileNobodyPolls() {
        member(P0);
        for (int i = 0; i < 20; i++) {
            it.loop.advance(HEARTBEAT_MS);
            Script.Exchange sent = it.script.expect(ApiKey.HEARTBEAT);
            assertEquals(1, sent.as(HeartbeatRequest.class).generationId());
            assertEquals("m", sent.as(HeartbeatRequest.class).memberId());
            sent.answer(beat(ErrorCode.NONE));
        }
        assertNull(it.script.poll(ApiKey.LEAVE_GROUP));
    }

    @Test
    void heartbeatsThatGetLostGoToWhoeverCoordinatesNow() {
        member(P0);
        it.loop.advance(HEARTBEAT_MS);
        Script.Exchange lost = it.script.expect(ApiKey.HEARTBEAT);
        assertEquals(1, lost.node.id());
        it.coordinator = 2;
        lost.fail(CallResult.Reason.LOST);
        it.loop.advance(HEARTBEAT_MS);
        Script.Exchange next = it.script.expect(ApiKey.HEARTBEAT);
        assertEquals(2, next.node.id());
        it.coordinator = 1;
        next.answer(beat(ErrorCode.NOT_COORDINATOR));
        it.loop.advance(HEARTBEAT_MS);
        assertEquals(1, it.script.expect(ApiKey.HEARTBEAT).node.id());
        assertEquals(set(P0), it.core.positions().partitions(), "nothing was lost by that");
    }

    @Test
    void aMemberThatIsForgottenHasLostItsPartitions() {
        member(P0, P1);
        it.loop.advance(HEARTBEAT_MS);
        it.script.expect(ApiKey.HEARTBEAT).answer(beat(ErrorCode.UNKNOWN_MEMBER_ID));
        CompletableFuture<Void> commit = new CompletableFuture<>();
        it.core.commit(new TreeMap<>(Map.of(P0, new OffsetAndMetadata(5))), it.loop.nowMs() + 1_000, commit);
        OffsetCommitRequest sent = it.script.expect(ApiKey.OFFSET_COMMIT).as(OffsetCommitRequest.class);
        assertEquals("m", sent.memberId(), "in the name of the member it was, so that the coordinator can refuse");
        assertEquals(1, sent.generationIdOrMemberEpoch());

        GroupEvent.Lost lost = it.event(GroupEvent.Lost.class);
        assertEquals(set(P0, P1), lost.partitions());
        it.acknowledge(lost);
        it.pollNow();
        assertEquals("", it.script.expect(ApiKey.JOIN_GROUP).as(JoinGroupRequest.class).memberId());
    }

    @Test
    void aFencedInstanceIsToldInEveryPoll() {
        it = staticMember();
        it.core.subscribe(List.of("t"));
        it.pollNow();
        assertEquals("i", it.script.expect(ApiKey.JOIN_GROUP).as(JoinGroupRequest.class).groupInstanceId());
        it.pollNow();
        assertNull(it.script.poll(ApiKey.JOIN_GROUP));

        it = staticMember();
        it.core.subscribe(List.of("t"));
        it.pollNow();
        share(1, P0);
        it.acknowledge(it.event(GroupEvent.Assigned.class));
        it.loop.advance(HEARTBEAT_MS);
        it.script.expect(ApiKey.HEARTBEAT).answer(beat(ErrorCode.FENCED_INSTANCE_ID));
        for (int i = 0; i < 2; i++) {
            assertEquals(ErrorCode.FENCED_INSTANCE_ID,
                    assertInstanceOf(FencedException.class, failure(it.poll(0))).errorCode());
        }
        it.loop.advance(10 * HEARTBEAT_MS);
        assertNull(it.script.poll(ApiKey.HEARTBEAT));
        assertNull(it.script.poll(ApiKey.JOIN_GROUP));
        assertEquals(new GroupEvent.Lost(set(P0)), it.core.membership().farewell(), "the other one reads them");
    }

    /// The leader has been told of before.
    @Test
    void whatIsAskedForWhileJoiningIsDoneAfterwards() {
        it = fixture(AssignmentStrategy.COOPERATIVE_STICKY);
        strategy = "cooperative-sticky";
        member(P0);
        it.core.membership().rejoinFor("something is new");
        it.pollNow();
        Script.Exchange join = it.script.expect(ApiKey.JOIN_GROUP);
        it.core.membership().rejoinFor("and something else");
        it.pollNow();
        assertNull(it.script.poll(ApiKey.JOIN_GROUP), "one at a time");
        join.answer(joined(strategy, 2, "other"));
        it.script.expect(ApiKey.SYNC_GROUP).answer(synced(P0));
        it.acknowledge(it.event(GroupEvent.Assigned.class));
        it.pollNow();
        share(3, P0);
        it.acknowledge(it.event(GroupEvent.Assigned.class));
        it.pollNow();
        assertNull(it.script.poll(ApiKey.JOIN_GROUP), "settled");
    }

    @Test
    void cooperativeMembersKeepWhatDoesNotMove() {
        it = fixture(AssignmentStrategy.COOPERATIVE_STICKY);
        strategy = "cooperative-sticky";
        member(P0, P1);
        answerCommitted(0);
        Script.Exchange fetch = it.expectFetch();
        it.loop.advance(HEARTBEAT_MS);
        it.script.expect(ApiKey.HEARTBEAT).answer(beat(ErrorCode.REBALANCE_IN_PROGRESS));
        assertNull(it.pollNow().event());
        Script.Exchange join = it.script.expect(ApiKey.JOIN_GROUP);
        ByteBuffer told = join.as(JoinGroupRequest.class).protocols().getFirst().metadata();
        assertEquals(set(P0, P1), SubscriptionCodec.subscription(told).owned());
        assertEquals(1, SubscriptionCodec.subscription(told).generation());
        fetch.answer(it.fetched(CoreFixture.data(0, Batches.from(0).plain(2).buffer())));
        assertEquals(1, it.pollNow().data().size(), "read on while the group rebalances");

        join.answer(joined(strategy, 2, "other"));
        it.script.expect(ApiKey.SYNC_GROUP).answer(synced(P0));
        GroupEvent.Revoked revoked = it.event(GroupEvent.Revoked.class);
        assertEquals(set(P1), revoked.partitions());
        it.acknowledge(revoked);
        GroupEvent.Assigned assigned = it.event(GroupEvent.Assigned.class);
        assertTrue(assigned.partitions().isEmpty());
        it.acknowledge(assigned);
        it.pollNow();
        Script.Exchange again = it.script.expect(ApiKey.JOIN_GROUP);
        assertEquals(set(P0), SubscriptionCodec.subscription(
                again.as(JoinGroupRequest.class).protocols().getFirst().metadata()).owned());
        again.answer(joined(strategy, 3, "other"));
        it.script.expect(ApiKey.SYNC_GROUP).answer(synced(P0));
        it.acknowledge(it.event(GroupEvent.Assigned.class));
        it.pollNow();
        assertNull(it.script.poll(ApiKey.JOIN_GROUP), "settled");
        assertEquals(set(P0), it.core.positions().partitions());
        assertEquals(3, it.core.identity().generation());
    }

    @Test
    void whoDoesNotPollLeaves() {
        member(P0);
        it.script.rule(ApiKey.HEARTBEAT, (node, exchange) -> beat(ErrorCode.NONE));
        it.loop.advance(59_000);
        assertNull(it.script.poll(ApiKey.LEAVE_GROUP));
        it.loop.advance(1_001);
        LeaveGroupRequest leave = it.script.expect(ApiKey.LEAVE_GROUP).as(LeaveGroupRequest.class);
        assertEquals("m", leave.members().getFirst().memberId());
        it.script.noRule(ApiKey.HEARTBEAT);
        it.loop.advance(10_000);
        assertNull(it.script.poll(ApiKey.HEARTBEAT));
        GroupEvent.Lost lost = it.event(GroupEvent.Lost.class);
        assertEquals(set(P0), lost.partitions());
        it.acknowledge(lost);
        it.pollNow();
        assertEquals("", it.script.expect(ApiKey.JOIN_GROUP).as(JoinGroupRequest.class).memberId());
    }

    @Test
    void aWaitingPollKeepsTheMembership() {
        member(P0);
        it.script.rule(ApiKey.HEARTBEAT, (node, exchange) -> beat(ErrorCode.NONE));
        CompletableFuture<ConsumerCore.Turn> waiting = it.poll(300_000);
        it.loop.advance(200_000);
        assertNull(it.script.poll(ApiKey.LEAVE_GROUP));
        assertFalse(waiting.isDone());
    }

    @Test
    void closingLeavesOnlyAsADynamicMember() {
        member(P0);
        assertEquals(set(P0), it.core.membership().farewell().partitions());
        AtomicBoolean closed = new AtomicBoolean();
        it.core.close(() -> closed.set(true));
        Script.Exchange leave = it.script.expect(ApiKey.LEAVE_GROUP);
        assertFalse(closed.get());
        leave.answer(LeaveGroupResponse.builder().build());
        assertTrue(closed.get());

        it = staticMember();
        it.core.subscribe(List.of("t"));
        it.pollNow();
        share(1, P0);
        it.acknowledge(it.event(GroupEvent.Assigned.class));
        it.core.close(() -> { });
        it.loop.settle();
        assertNull(it.script.poll(ApiKey.LEAVE_GROUP));
    }

    @Test
    void theGroupsChangeWhileSyncingMeansJoiningAgain() {
        it.core.subscribe(List.of("t"));
        CompletableFuture<ConsumerCore.Turn> waiting = it.poll(60_000);
        it.script.expect(ApiKey.JOIN_GROUP).answer(joined("range", 1, "other"));
        it.script.expect(ApiKey.SYNC_GROUP).answer(SyncGroupResponse.builder()
                .errorCode(ErrorCode.REBALANCE_IN_PROGRESS.code()).build());
        share(2, P0);
        assertInstanceOf(GroupEvent.Assigned.class, waiting.join().event());
    }

    @Test
    void whatTheCoordinatorWillNeverAcceptIsSaid() {
        it.core.subscribe(List.of("t"));
        CompletableFuture<ConsumerCore.Turn> waiting = it.poll(60_000);
        it.script.expect(ApiKey.JOIN_GROUP).answer(JoinGroupResponse.builder()
                .errorCode(ErrorCode.INCONSISTENT_GROUP_PROTOCOL.code()).build());
        assertTrue(failure(waiting).getMessage().contains("INCONSISTENT_GROUP_PROTOCOL"));
        it.loop.advance(5_000);
        assertNull(it.script.poll(ApiKey.JOIN_GROUP), "not by itself");
        it.pollNow();
        it.script.expect(ApiKey.JOIN_GROUP);
    }

    // Commits.

    private CompletableFuture<Void> commit(long offset, long timeoutMs) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        it.core.commit(new TreeMap<>(Map.of(P0, new OffsetAndMetadata(offset))),
                it.loop.nowMs() + timeoutMs, done);
        it.loop.settle();
        return done;
    }

    private static OffsetCommitResponse committed(ErrorCode error) {
        return OffsetCommitResponse.builder()
                .topics(List.of(OffsetCommitResponse.OffsetCommitResponseTopic.builder().name("t")
                        .partitions(List.of(OffsetCommitResponse.OffsetCommitResponsePartition.builder()
                                .errorCode(error.code()).build()))
                        .build()))
                .build();
    }

    private static long offset(Script.Exchange commit) {
        return commit.as(OffsetCommitRequest.class).topics().getFirst().partitions().getFirst().committedOffset();
    }

    @Test
    void aRepeatedCommitIsNotOvertaken() {
        member(P0);
        CompletableFuture<Void> first = commit(1, 30_000);
        CompletableFuture<Void> second = commit(2, 30_000);
        Script.Exchange sent = it.script.expect(ApiKey.OFFSET_COMMIT);
        assertEquals(1, offset(sent));
        assertNull(it.script.poll(ApiKey.OFFSET_COMMIT));
        it.coordinator = 2;
        sent.answer(committed(ErrorCode.NOT_COORDINATOR));
        it.loop.advance(500);
        Script.Exchange again = it.script.expect(ApiKey.OFFSET_COMMIT);
        assertEquals(1, offset(again));
        assertEquals(2, again.node.id());
        again.answer(committed(ErrorCode.NONE));
        assertTrue(first.isDone() && !first.isCompletedExceptionally());
        Script.Exchange last = it.script.expect(ApiKey.OFFSET_COMMIT);
        assertEquals(2, offset(last));
        last.answer(committed(ErrorCode.NONE));
        assertTrue(second.isDone());
    }

    @Test
    void aCommitWithoutAnswerIsNeitherDoneNorNot() {
        member(P0);
        CompletableFuture<Void> commit = commit(1, 3_000);
        for (int i = 0; i < 20 && !commit.isDone(); i++) {
            Script.Exchange sent = it.script.poll(ApiKey.OFFSET_COMMIT);
            if (sent != null) {
                sent.fail(CallResult.Reason.LOST);
            }
            it.loop.advance(300);
        }
        assertInstanceOf(UnknownOutcomeException.class, failure(commit));

        CompletableFuture<Void> never = commit(1, 3_000);
        for (int i = 0; i < 20 && !never.isDone(); i++) {
            Script.Exchange sent = it.script.poll(ApiKey.OFFSET_COMMIT);
            if (sent != null) {
                sent.fail(CallResult.Reason.NOT_SENT);
            }
            it.loop.advance(300);
        }
        assertInstanceOf(RetriableException.class, failure(never));
    }

    @Test
    void aCommitOfAMemberThatWasReplacedIsFenced() {
        member(P0);
        CompletableFuture<Void> commit = commit(1, 3_000);
        it.script.expect(ApiKey.OFFSET_COMMIT).answer(committed(ErrorCode.ILLEGAL_GENERATION));
        assertInstanceOf(FencedException.class, failure(commit));
        assertEquals(set(P0), it.event(GroupEvent.Lost.class).partitions());
    }

    @Test
    void aCommitWhileTheGroupRebalancesMayBeRepeated() {
        member(P0);
        CompletableFuture<Void> commit = commit(1, 3_000);
        it.script.expect(ApiKey.OFFSET_COMMIT).answer(committed(ErrorCode.REBALANCE_IN_PROGRESS));
        assertInstanceOf(RetriableException.class, failure(commit));
        assertInstanceOf(RetriableException.class, failure(earlyCommit()));
    }

    private static CompletableFuture<Void> earlyCommit() {
        GroupScenarios fresh = new GroupScenarios();
        fresh.it.core.subscribe(List.of("t"));
        return fresh.commit(1, 1_000);
    }

    @Test
    void offsetsInAnOpenTransactionAreWaitedFor() {
        member(P0);
        for (int i = 0; i < 3; i++) {
            it.script.expect(ApiKey.OFFSET_FETCH).answer(OffsetFetchResponse.builder()
                    .groups(List.of(OffsetFetchResponse.OffsetFetchResponseGroup.builder().groupId("g")
                            .topics(List.of(OffsetFetchResponse.OffsetFetchResponseTopics.builder().name("t")
                                    .partitions(List.of(OffsetFetchResponse.OffsetFetchResponsePartitions.builder()
                                            .committedOffset(-1)
                                            .errorCode(ErrorCode.UNSTABLE_OFFSET_COMMIT.code()).build()))
                                    .build()))
                            .build()))
                    .build());
            it.noFetch();
            it.loop.advance(2_000);
            it.script.poll(ApiKey.HEARTBEAT);
        }
        answerCommitted(9);
        assertEquals(9, named(it.expectFetch()).get(0).fetchOffset());
    }

    /// In a version that cannot say so, whoever takes over from an open transaction would do again what that one did.
    @Test
    void offsetsAreAskedForWhereTheyCanBeWaitedForAlone() {
        it.script.atMost(ApiKey.OFFSET_FETCH, 6);
        Throwable refused = assertThrows(CompletionException.class, () -> {
            member(P0);
            it.pollNow();
        }).getCause();
        assertInstanceOf(FatalException.class, refused);
        assertNull(it.script.poll(ApiKey.OFFSET_FETCH));
        GroupScenarios other = new GroupScenarios();
        other.it.script.atMost(ApiKey.OFFSET_FETCH, 7);
        other.member(P0);
        assertTrue(other.it.script.expect(ApiKey.OFFSET_FETCH).as(OffsetFetchRequest.class).requireStable());
    }

    private static JoinGroupResponse led(int generation, String... topics) {
        List<JoinGroupResponse.JoinGroupResponseMember> all = List.of("m", "other").stream()
                .map(id -> JoinGroupResponse.JoinGroupResponseMember.builder().memberId(id)
                        .metadata(SubscriptionCodec.subscription(new GroupSubscription(
                                new TreeSet<>(id.equals("m") ? Set.of("t") : Set.of(topics)), new TreeSet<>(), -1,
                                null)))
                        .build())
                .toList();
        return JoinGroupResponse.builder().generationId(generation).memberId("m").leader("m")
                .protocolName("range").members(all).build();
    }

    private List<String> askedNext() {
        it.metadataChanges();
        return it.asked;
    }

    private void leads(int generation, String... topics) {
        it.script.expect(ApiKey.JOIN_GROUP).answer(led(generation, topics));
        it.loop.advance(LeaderDuty.GATHERING_MS);
        it.script.expect(ApiKey.SYNC_GROUP).answer(synced(P0, P1));
    }

    private void joinsAgain() {
        it.acknowledge(it.event(GroupEvent.Assigned.class));
        it.loop.advance(HEARTBEAT_MS);
        it.script.expect(ApiKey.HEARTBEAT).answer(beat(ErrorCode.REBALANCE_IN_PROGRESS));
        it.acknowledge(it.event(GroupEvent.Revoked.class));
        it.pollNow();
    }

    @Test
    void aLeaderWatchesTopicsOfOthersAsLongAsTheyWantThem() {
        it.core.subscribe(List.of("t"));
        it.pollNow();
        leads(1, "u", "v");
        assertEquals(List.of("t", "u", "v"), askedNext());
        joinsAgain();
        leads(2, "t", "v");
        assertEquals(List.of("t", "v"), askedNext());
        joinsAgain();
        share(3, P0, P1);
        assertEquals(List.of("t"), askedNext(), "it leads no longer");
    }

    @Test
    void norDoesOneWhoLeaves() {
        it.core.subscribe(List.of("t"));
        it.pollNow();
        leads(1, "u");
        it.core.unsubscribe("as the test wants it", () -> { });
        assertEquals(List.of(), askedNext());
    }
}
