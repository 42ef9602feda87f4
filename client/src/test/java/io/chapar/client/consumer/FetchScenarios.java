package io.chapar.client.consumer;

import io.chapar.client.FatalException;
import io.chapar.client.UsageException;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListOffsetsResponse;
import io.chapar.protocol.message.OffsetForLeaderEpochRequest;
import io.chapar.protocol.message.OffsetForLeaderEpochResponse;
import io.chapar.transport.CallResult;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import static io.chapar.client.consumer.CoreFixture.P0;
import static io.chapar.client.consumer.CoreFixture.P1;
import static io.chapar.client.consumer.CoreFixture.data;
import static io.chapar.client.consumer.CoreFixture.error;
import static io.chapar.client.consumer.CoreFixture.failure;
import static io.chapar.client.consumer.CoreFixture.named;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Positions and fetches, without a group.
class FetchScenarios {
    private final CoreFixture it = CoreFixture.with(settings -> { });

    private void answerEpochEnd(int epoch, long endOffset) {
        Script.Exchange asked = it.script.expect(ApiKey.OFFSET_FOR_LEADER_EPOCH);
        asked.answer(OffsetForLeaderEpochResponse.builder()
                .topics(List.of(OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult.builder()
                        .topic("t")
                        .partitions(List.of(OffsetForLeaderEpochResponse.EpochEndOffset.builder()
                                .partition(0).leaderEpoch(epoch).endOffset(endOffset).build()))
                        .build()))
                .build());
    }

    /// Reads offsets 10 to 14 of partition 0, written in epoch 3; the fetch that follows is on its way.
    private Script.Exchange readFromTenToFifteen(CoreFixture fixture) {
        fixture.assign(P0);
        fixture.script.poll(ApiKey.LIST_OFFSETS); // nobody waits for it after the jump
        fixture.core.seek(P0, 10, -1);
        Script.Exchange fetch = fixture.expectFetch();
        fetch.answer(fixture.fetched(data(0, Batches.from(10).plain(5).buffer())));
        assertEquals(15, fixture.pollNow().data().getFirst().nextOffset());
        return fixture.expectFetch();
    }

    @Test
    void fetchesAheadOfTheUserByOneAnswer() {
        it.assign(P0);
        it.answerOffset(0, 3);
        CompletableFuture<ConsumerCore.Turn> waiting = it.poll(10_000);
        Script.Exchange first = it.expectFetch();
        assertEquals(0, named(first).get(0).fetchOffset());
        assertEquals(3, named(first).get(0).currentLeaderEpoch());
        assertFalse(waiting.isDone());
        first.answer(it.fetched(data(0, Batches.from(0).plain(4).buffer())));
        assertEquals(0, waiting.join().data().getFirst().startOffset());

        Script.Exchange second = it.expectFetch();
        assertEquals(4, named(second).get(0).fetchOffset());
        assertEquals(3, named(second).get(0).lastFetchedEpoch());
        second.answer(it.fetched(data(0, Batches.from(4).plain(2).buffer())));
        it.noFetch(); // the user has not taken this yet
        assertEquals(6, it.pollNow().data().getFirst().nextOffset());
        assertEquals(6, named(it.expectFetch()).get(0).fetchOffset());
    }

    /// Who asks for a position thousands of times a second must not gather as many timers until the first is due.
    @Test
    void aPositionThatIsFoundLeavesNoTimer() {
        it.assign(P0);
        CompletableFuture<Long> waiting = new CompletableFuture<>();
        it.core.position(P0, it.loop.nowMs() + 60_000, waiting);
        it.answerOffset(0, 3);
        assertEquals(0, waiting.join());
        long before = it.loop.openTimers();
        for (int i = 0; i < 100; i++) {
            CompletableFuture<Long> known = new CompletableFuture<>();
            it.core.position(P0, it.loop.nowMs() + 60_000, known);
            assertEquals(0, known.join());
        }
        assertEquals(before, it.loop.openTimers());
        assertTrue(before <= 1, "left over: " + before);
    }

    @Test
    void aPollEndsWithItsTimeOrWhenWoken() {
        it.assign(P0);
        CompletableFuture<ConsumerCore.Turn> waiting = it.poll(500);
        it.loop.advance(499);
        assertFalse(waiting.isDone());
        it.loop.advance(1);
        assertTrue(waiting.join().data().isEmpty());

        CompletableFuture<ConsumerCore.Turn> woken = it.poll(10_000);
        it.core.wakeup();
        assertTrue(woken.join().woken());
        it.core.wakeup();
        assertTrue(it.poll(10_000).join().woken(), "the next one, when none is under way");
    }

    private static FetchResponse.PartitionData elsewhere(int node) {
        return data(0).preferredReadReplica(node).build();
    }

    /// The first fetch of a consumer that stands in rack "r", answered with broker 2.
    private static CoreFixture sentToBrokerTwo() {
        CoreFixture fixture = CoreFixture.with(settings -> settings.rack("r"));
        fixture.assign(P0);
        fixture.answerOffset(0, 3);
        Script.Exchange first = fixture.expectFetch();
        assertEquals(1, first.node.id());
        assertEquals("r", first.as(FetchRequest.class).rackId());
        first.answer(fixture.fetched(elsewhere(2)));
        return fixture;
    }

    @Test
    void readsWhereTheLeaderSendsItAndAsksTheLeaderAgainInAWhile() {
        CoreFixture near = sentToBrokerTwo();
        Script.Exchange second = near.expectFetch();
        assertEquals(2, second.node.id());
        assertEquals(3, named(second).get(0).currentLeaderEpoch());
        second.answer(near.fetched(data(0, Batches.from(0).plain(4).buffer())));
        assertEquals(4, near.pollNow().data().getFirst().nextOffset());
        assertEquals(2, near.expectFetch().node.id());

        CoreFixture later = sentToBrokerTwo();
        Script.Exchange sent = later.expectFetch();
        later.loop.advance(300_000);
        sent.answer(later.fetched(data(0).build()));
        assertEquals(1, later.expectFetch().node.id());
    }

    /// The leader has what was asked for, or knows that it is gone.
    @Test
    void whatANearReplicaDoesNotHaveIsAskedOfTheLeader() {
        for (ErrorCode error : List.of(ErrorCode.OFFSET_OUT_OF_RANGE, ErrorCode.NOT_LEADER_OR_FOLLOWER,
                ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.OFFSET_NOT_AVAILABLE)) {
            CoreFixture near = sentToBrokerTwo();
            near.expectFetch().answer(near.fetched(error(0, error)));
            near.loop.advance(1_000);
            Script.Exchange again = near.expectFetch();
            assertEquals(1, again.node.id(), error.name());
            assertEquals("", again.as(FetchRequest.class).rackId(), "it would be sent there again");
        }
        CoreFixture behind = sentToBrokerTwo();
        behind.expectFetch().answer(behind.fetched(error(0, ErrorCode.UNKNOWN_LEADER_EPOCH)));
        behind.loop.advance(1_000);
        assertEquals(2, behind.expectFetch().node.id());
    }

    @Test
    void aNearReplicaThatCannotBeReachedIsNotWaitedFor() {
        CoreFixture near = sentToBrokerTwo();
        near.expectFetch().fail(CallResult.Reason.LOST);
        near.loop.advance(1_000);
        Script.Exchange again = near.expectFetch();
        assertEquals(1, again.node.id());
        again.answer(near.fetched(data(0, Batches.from(0).plain(4).buffer())));
        assertEquals(4, near.pollNow().data().getFirst().nextOffset());
    }

    @Test
    void twoPartitionsShareASession() {
        it.assign(P0, P1);
        it.answerOffset(0, 3);
        Script.Exchange first = it.expectFetch();
        FetchRequest whole = first.as(FetchRequest.class);
        assertEquals(0, whole.sessionEpoch());
        assertEquals(List.of(0, 1), List.copyOf(named(first).keySet()));
        first.answer(it.fetched(data(1, Batches.from(0).plain(1).buffer())));
        Script.Exchange second = it.expectFetch();
        assertEquals(CoreFixture.SESSION, second.as(FetchRequest.class).sessionId());
        assertEquals(1, second.as(FetchRequest.class).sessionEpoch());
        assertTrue(named(second).isEmpty(), "partition 0 is remembered");
        assertEquals(List.of(1), second.as(FetchRequest.class).forgottenTopicsData().getFirst().partitions());
        second.answer(FetchResponse.builder().errorCode(ErrorCode.FETCH_SESSION_ID_NOT_FOUND.code()).build());
        Script.Exchange third = it.expectFetch();
        assertEquals(0, third.as(FetchRequest.class).sessionId());
        assertEquals(0, third.as(FetchRequest.class).sessionEpoch());
        assertEquals(List.of(0), List.copyOf(named(third).keySet()));
    }

    @Test
    void whatWasAskedForBeforeAJumpIsThrownAway() {
        it.assign(P0);
        it.answerOffset(0, 3);
        Script.Exchange old = it.expectFetch();
        it.core.seek(P0, 100, -1);
        old.answer(it.fetched(data(0, Batches.from(0).plain(4).buffer())));
        assertTrue(it.pollNow().data().isEmpty());
        assertEquals(100, named(it.expectFetch()).get(0).fetchOffset());
    }

    @Test
    void whatIsPausedIsKeptForLater() {
        it.assign(P0);
        it.answerOffset(0, 3);
        it.core.pause(List.of(P0), true);
        it.expectFetch().answer(it.fetched(data(0, Batches.from(0).plain(4).buffer())));
        assertTrue(it.pollNow().data().isEmpty());
        it.noFetch();
        it.core.pause(List.of(P0), false);
        assertEquals(4, it.pollNow().data().getFirst().nextOffset());
    }

    @Test
    void theLeaderNamedInAnAnswerIsAskedNext() {
        it.assign(P0);
        it.answerOffset(0, 3);
        Script.Exchange fetch = it.expectFetch();
        assertEquals(1, fetch.node.id());
        fetch.answer(it.fetched(data(0).errorCode(ErrorCode.NOT_LEADER_OR_FOLLOWER.code())
                .currentLeader(new FetchResponse.LeaderIdAndEpoch(2, 4)).build()));
        answerEpochEnd(3, 10);
        Script.Exchange moved = it.expectFetch();
        assertEquals(2, moved.node.id());
        assertEquals(4, named(moved).get(0).currentLeaderEpoch());
    }

    @Test
    void aLeaderThatIsGoneIsLookedFor() {
        it.assign(P0);
        it.answerOffset(0, 3);
        Script.Exchange fetch = it.expectFetch();
        it.leader = 2;
        it.leaderEpoch = 4;
        fetch.fail(CallResult.Reason.LOST);
        it.loop.advance(2_000);
        answerEpochEnd(3, 10);
        Script.Exchange again = it.expectFetch();
        assertEquals(2, again.node.id());
    }

    @Test
    void aCutLogIsReadAgainFromTheCut() {
        Script.Exchange underWay = readFromTenToFifteen(it);
        it.leaderEpoch = 5;
        it.metadataChanges();
        Script.Exchange asked = it.script.expect(ApiKey.OFFSET_FOR_LEADER_EPOCH);
        var question = asked.as(OffsetForLeaderEpochRequest.class).topics().getFirst().partitions().getFirst();
        assertEquals(3, question.leaderEpoch(), "the epoch of what was read last");
        assertEquals(5, question.currentLeaderEpoch());
        underWay.answer(it.fetched(data(0, Batches.from(15).plain(1).buffer())));
        assertTrue(it.pollNow().data().isEmpty(), "nothing is handed out before the position is checked");
        it.noFetch();
        asked.answer(OffsetForLeaderEpochResponse.builder()
                .topics(List.of(OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult.builder()
                        .topic("t")
                        .partitions(List.of(OffsetForLeaderEpochResponse.EpochEndOffset.builder()
                                .partition(0).leaderEpoch(3).endOffset(12).build()))
                        .build()))
                .build());
        var next = named(it.expectFetch()).get(0);
        assertEquals(12, next.fetchOffset());
        assertEquals(5, next.currentLeaderEpoch());
    }

    /// Epochs begin anew with a topic that was deleted and made again, and answers without ids do not tell that.
    @Test
    void whereTopicsHaveNoIdsALowerEpochIsBelieved() {
        it.topicId = TopicView.NO_ID;
        it.leaderEpoch = 5;
        it.metadataChanges();
        it.leader = 2;
        it.leaderEpoch = 0;
        it.metadataChanges();
        assertEquals(2, it.core.metadata().view().topic("t").partition(0).leaderId());
    }

    @Test
    void aWholeLogIsReadOn() {
        readFromTenToFifteen(it).fail(CallResult.Reason.LOST);
        it.leaderEpoch = 5;
        it.metadataChanges();
        answerEpochEnd(3, 20);
        it.loop.advance(2_000);
        assertEquals(15, named(it.expectFetch()).get(0).fetchOffset());
    }

    @Test
    void aLeaderThatDoesNotKnowTheEpochMeansAReset() {
        readFromTenToFifteen(it).fail(CallResult.Reason.LOST);
        it.leaderEpoch = 5;
        it.metadataChanges();
        answerEpochEnd(-1, -1);
        it.answerOffset(2, 5);
        it.loop.advance(2_000);
        assertEquals(2, named(it.expectFetch()).get(0).fetchOffset());
    }

    @Test
    void divergenceToldInAFetchIsTheSame() {
        readFromTenToFifteen(it).answer(it.fetched(data(0)
                .divergingEpoch(new FetchResponse.EpochEndOffset(2, 11)).build()));
        var next = named(it.expectFetch()).get(0);
        assertEquals(11, next.fetchOffset());
        assertEquals(2, next.lastFetchedEpoch());
    }

    /// The leader has more than the position, but of an earlier epoch: what was read is not in its log. Asked in the
    /// same way again, it would say the same again, without end.
    @Test
    void anEpochThatTheLeaderNeverHadIsACutToo() {
        readFromTenToFifteen(it).answer(it.fetched(data(0)
                .divergingEpoch(new FetchResponse.EpochEndOffset(2, 40)).build()));
        var next = named(it.expectFetch()).get(0);
        assertEquals(15, next.fetchOffset());
        assertEquals(2, next.lastFetchedEpoch());
        CoreFixture strict = CoreFixture.with(settings -> settings.offsetReset(OffsetReset.NONE));
        readFromTenToFifteen(strict).answer(strict.fetched(data(0)
                .divergingEpoch(new FetchResponse.EpochEndOffset(2, 40)).build()));
        FatalException told = assertInstanceOf(FatalException.class, failure(strict.poll(0)));
        assertTrue(told.getMessage().contains("epoch 3 is unknown there"), told::getMessage);
    }

    @Test
    void withoutAPolicyTheUserHearsOfACut() {
        CoreFixture strict = CoreFixture.with(settings -> settings.offsetReset(OffsetReset.NONE));
        readFromTenToFifteen(strict).answer(strict.fetched(data(0)
                .divergingEpoch(new FetchResponse.EpochEndOffset(2, 11)).build()));
        for (int i = 0; i < 2; i++) {
            FatalException told = assertInstanceOf(FatalException.class, failure(strict.poll(0)));
            assertTrue(told.getMessage().contains("cut"), told::getMessage);
        }
        strict.core.seek(P0, 11, -1);
        assertEquals(11, named(strict.expectFetch()).get(0).fetchOffset());
    }

    @Test
    void outOfRangeGoesByThePolicy() {
        readFromTenToFifteen(it).answer(it.fetched(error(0, ErrorCode.OFFSET_OUT_OF_RANGE)));
        Script.Exchange asked = it.script.expect(ApiKey.LIST_OFFSETS);
        assertEquals(-2, asked.as(ListOffsetsRequest.class).topics().getFirst().partitions().getFirst().timestamp());
        assertEquals(List.of(), it.core.positions().takeResets());
        asked.answer(earliest(40));
        assertEquals(40, named(it.expectFetch()).get(0).fetchOffset());
        assertEquals(List.of(new PositionReset(P0, 15, 40)), it.core.positions().takeResets());
        assertEquals(List.of(), it.core.positions().takeResets());

        CoreFixture strict = CoreFixture.with(settings -> settings.offsetReset(OffsetReset.NONE));
        readFromTenToFifteen(strict).answer(strict.fetched(error(0, ErrorCode.OFFSET_OUT_OF_RANGE)));
        assertEquals(ErrorCode.OFFSET_OUT_OF_RANGE,
                assertInstanceOf(FatalException.class, failure(strict.poll(0))).errorCode());
        assertNull(strict.script.poll(ApiKey.LIST_OFFSETS));
    }

    private static ListOffsetsResponse earliest(long offset) {
        return ListOffsetsResponse.builder()
                .topics(List.of(ListOffsetsResponse.ListOffsetsTopicResponse.builder().name("t")
                        .partitions(List.of(ListOffsetsResponse.ListOffsetsPartitionResponse.builder()
                                .partitionIndex(0).offset(offset).leaderEpoch(3).build()))
                        .build()))
                .build();
    }

    @Test
    void whatKeepsItFromReadingIsSaid() {
        it.leader = -1;
        it.assign(P0);
        it.metadataChanges();
        assertEquals("t-0 has no leader", it.core.positions().hindrance());
        it.leader = 1;
        it.metadataChanges();
        assertNull(it.core.positions().hindrance());
        for (int second = 0; second < 90; second++) {
            Script.Exchange asked = it.script.poll(ApiKey.LIST_OFFSETS);
            if (asked != null) {
                asked.fail(CallResult.Reason.LOST);
            }
            it.loop.advance(1_000);
        }
        String text = it.core.positions().hindrance();
        assertTrue(text != null && text.startsWith("where to read t-0 is not known"), text);
    }

    /// Nothing was lost where nothing had been read.
    @Test
    void aBeginningIsNoReset() {
        it.assign(P0);
        it.answerOffset(7, 3);
        assertEquals(7, named(it.expectFetch()).get(0).fetchOffset());
        assertEquals(List.of(), it.core.positions().takeResets());
    }

    @Test
    void withoutAPolicyAPositionMustBeGiven() {
        CoreFixture strict = CoreFixture.with(settings -> settings.offsetReset(OffsetReset.NONE));
        strict.assign(P0);
        assertInstanceOf(UsageException.class, failure(strict.poll(0)));
        strict.core.seek(P0, 5, -1);
        assertEquals(5, named(strict.expectFetch()).get(0).fetchOffset());
    }

    @Test
    void lookUpsAreAskedAgainWhereTheLeaderWent() {
        it.assign(P0);
        Script.Exchange asked = it.script.expect(ApiKey.LIST_OFFSETS);
        it.leader = 2;
        asked.answer(ListOffsetsResponse.builder()
                .topics(List.of(ListOffsetsResponse.ListOffsetsTopicResponse.builder().name("t")
                        .partitions(List.of(ListOffsetsResponse.ListOffsetsPartitionResponse.builder()
                                .partitionIndex(0).errorCode(ErrorCode.NOT_LEADER_OR_FOLLOWER.code()).build()))
                        .build()))
                .build());
        it.loop.advance(2_000);
        // The old leader may be asked once more before the news arrives.
        Script.Exchange again = it.script.expect(ApiKey.LIST_OFFSETS);
        if (again.node.id() == 1) {
            again.fail(CallResult.Reason.NOT_SENT);
            it.loop.advance(5_000);
            again = it.script.expect(ApiKey.LIST_OFFSETS);
        }
        assertEquals(2, again.node.id());
    }

    @Test
    void whatIsNotAllowedIsSaidAndTriedAgain() {
        it.assign(P0);
        it.answerOffset(0, 3);
        it.expectFetch().answer(it.fetched(error(0, ErrorCode.TOPIC_AUTHORIZATION_FAILED)));
        assertEquals(ErrorCode.TOPIC_AUTHORIZATION_FAILED,
                assertInstanceOf(FatalException.class, failure(it.poll(0))).errorCode());
        it.loop.advance(2_000);
        it.expectFetch();
    }

    @Test
    void aBatchTooLargeForTheFrameIsSaid() {
        it.assign(P0);
        it.answerOffset(0, 3);
        var cut = Batches.from(0).plain(4).buffer();
        it.expectFetch().answer(it.fetched(data(0, cut.slice(0, cut.limit() - 1))));
        assertEquals(ErrorCode.RECORD_LIST_TOO_LARGE,
                assertInstanceOf(FatalException.class, failure(it.poll(0))).errorCode());
    }

    @Test
    void oldBrokersAreAskedInTheirVersions() {
        it.script.atMost(ApiKey.FETCH, 4);
        it.script.atMost(ApiKey.OFFSET_FOR_LEADER_EPOCH, -1);
        it.assign(P0);
        it.answerOffset(0, -1);
        Script.Exchange fetch = it.expectFetch();
        assertEquals(4, fetch.version);
        assertEquals(-1, named(fetch).get(0).lastFetchedEpoch());
        fetch.answer(FetchResponse.builder()
                .responses(List.of(FetchResponse.FetchableTopicResponse.builder().topic("t")
                        .partitions(List.of(data(0, Batches.from(0).plain(2).buffer()))).build()))
                .build());
        assertEquals(2, it.pollNow().data().getFirst().nextOffset());
        it.leaderEpoch = 9;
        Script.Exchange underWay = it.expectFetch();
        it.metadataChanges();
        underWay.answer(FetchResponse.builder().build());
        it.loop.advance(1_000);
        assertNotNull(it.script.poll(ApiKey.FETCH), "a broker that cannot tell of epochs is believed");
    }
}
