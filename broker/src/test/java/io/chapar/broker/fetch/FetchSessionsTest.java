package io.chapar.broker.fetch;

import io.chapar.broker.fetch.FetchSessions.Plan;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchRequest.FetchPartition;
import io.chapar.protocol.message.FetchRequest.FetchTopic;
import io.chapar.protocol.message.FetchRequest.ForgottenTopic;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class FetchSessionsTest {
    private static final UUID NO_ID = new UUID(0, 0);
    private static final short V12 = 12;
    private static final long MAX_BYTES = 200_000;

    private final FetchSessions sessions = new FetchSessions(1, 3, 2, MAX_BYTES, new Random(5));

    private final ManualLoop loop = new ManualLoop();

    private FetchSessions.Plan plan(FetchRequest request, short version) {
        List<FetchSessions.Plan> plans = new ArrayList<>();
        sessions.plan(request, version, loop, plans::add);
        loop.runAll();
        return plans.getFirst();
    }

    private static FetchRequest request(int id, int epoch, int... partitions) {
        List<FetchPartition> wanted = IntStream.of(partitions)
                .mapToObj(p -> FetchPartition.builder().partition(p).fetchOffset(p * 10L).partitionMaxBytes(100)
                        .build())
                .toList();
        return FetchRequest.builder()
                .sessionId(id)
                .sessionEpoch(epoch)
                .topics(wanted.isEmpty() ? List.of() : List.of(new FetchTopic("t", NO_ID, wanted)))
                .build();
    }

    private static List<Integer> numbers(FetchSessions.Plan plan) {
        return plan.partitions().stream().map(p -> p.key().partition()).toList();
    }

    @Test
    void aSessionRemembersAndForgets() {
        FetchSessions.Plan full = plan(request(0, 0, 1, 2, 3), V12);
        assertNotEquals(0, full.sessionId());
        assertEquals(1, full.sessionId() % 3, "the id names its loop");
        assertFalse(full.incremental());

        FetchSessions.Plan same = plan(request(full.sessionId(), 1), V12);
        assertTrue(same.incremental());
        assertEquals(List.of(1, 2, 3), numbers(same));

        FetchRequest change = request(full.sessionId(), 2, 4).toBuilder()
                .forgottenTopicsData(List.of(new ForgottenTopic("t", NO_ID, List.of(2))))
                .build();
        assertEquals(List.of(1, 3, 4), numbers(plan(change, V12)));

        sessions.served(full.sessionId(), List.of(new FetchedPartition.Key("t", NO_ID, 1)));
        assertEquals(List.of(3, 4, 1), numbers(plan(request(full.sessionId(), 3), V12)));
    }

    @Test
    void anUnexpectedEpochOrSessionIsRefused() {
        int id = plan(request(0, 0, 1), V12).sessionId();
        assertEquals(ErrorCode.INVALID_FETCH_SESSION_EPOCH, plan(request(id, 2), V12).error());
        assertEquals(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR, plan(request(id, 1), (short) 13).error());
        assertEquals(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, plan(request(id + 3, 1), V12).error());
    }

    @Test
    void aFinalFetchEndsTheSession() {
        int id = plan(request(0, 0, 1), V12).sessionId();
        assertEquals(0, plan(request(id, -1), V12).sessionId());
        assertEquals(0, sessions.size());
    }

    @Test
    void theLeastRecentlyUsedGoes() {
        int first = plan(request(0, 0, 1), V12).sessionId();
        int second = plan(request(0, 0, 1), V12).sessionId();
        plan(request(first, 1), V12);
        plan(request(0, 0, 1), V12);
        assertEquals(2, sessions.size());
        assertEquals(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, plan(request(second, 1), V12).error());
        assertEquals(ErrorCode.NONE, plan(request(first, 2), V12).error());
    }

    @Test
    void whatAllSessionsRememberTogetherIsBounded() {
        int half = 650;
        int first = plan(request(0, 0, IntStream.range(0, half).toArray()), V12).sessionId();
        int second = plan(request(0, 0, IntStream.range(0, half).toArray()), V12).sessionId();
        assertEquals(1, sessions.size());
        assertEquals(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, plan(request(first, 1), V12).error());

        assertEquals(half, plan(request(second, 1), V12).partitions().size());
        FetchRequest more = request(second, 2, IntStream.range(half, 2 * half).toArray());
        assertEquals(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, plan(more, V12).error());
        assertEquals(0, sessions.size());

        FetchSessions.Plan tooMany = plan(request(0, 0, IntStream.range(0, 2 * half).toArray()), V12);
        assertEquals(0, tooMany.sessionId());
        assertEquals(2 * half, tooMany.partitions().size());
        assertNotEquals(0, plan(request(0, 0, IntStream.range(0, half).toArray()), V12).sessionId());
    }

    /// Names that no topic can have are remembered as well, for as long as somebody asks for them.
    @Test
    void longNamesCountForWhatTheyAre() {
        FetchRequest.Builder named = request(0, 0).toBuilder();
        int first = plan(named.topics(List.of(new FetchTopic("x".repeat(30_000), NO_ID,
                List.of(FetchPartition.builder().partition(0).build())))).build(), V12).sessionId();
        assertNotEquals(0, first);
        assertTrue(sessions.bytes() > 60_000);
        FetchRequest more = request(first, 1).toBuilder().topics(List.of(new FetchTopic("y".repeat(32_000), NO_ID,
                IntStream.range(0, 3).mapToObj(p -> FetchPartition.builder().partition(p).build()).toList())))
                .build();
        assertEquals(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, plan(more, V12).error());
        assertEquals(0, sessions.bytes());
    }

    @Test
    void watermarksAreNewsOnce() {
        FetchedPartition partition = new FetchedPartition(new FetchedPartition.Key("t", NO_ID, 0));
        assertTrue(partition.tell(5, 0));
        assertFalse(partition.tell(5, 0));
        assertTrue(partition.tell(5, 1));
    }

    // ---- large ones

    private static final int MANY = 2 * Slices.COST_PER_TURN + 100;

    private static int[] many() {
        return IntStream.range(0, MANY).toArray();
    }

    private final FetchSessions large = new FetchSessions(0, 1, 2, 100L * MAX_BYTES, new Random(6));
    private final List<FetchSessions.Plan> planned = new ArrayList<>();

    private FetchSessions.Plan large(FetchRequest request) {
        planned.clear();
        large.plan(request, V12, loop, planned::add);
        loop.runAll();
        return planned.getFirst();
    }

    @Test
    void aLargeFetchIsPlannedInSeveralTurns() {
        large.plan(request(0, 0, many()), V12, loop, planned::add);
        assertEquals(List.of(), planned);
        assertEquals(2, loop.runAll());
        assertEquals(IntStream.range(0, MANY).boxed().toList(), numbers(planned.getFirst()));

        int id = planned.getFirst().sessionId();
        FetchRequest news = request(id, 1, IntStream.range(MANY, 2 * MANY).toArray()).toBuilder()
                .forgottenTopicsData(List.of(new ForgottenTopic("t", NO_ID, IntStream.range(0, MANY).boxed().toList())))
                .build();
        planned.clear();
        large.plan(news, V12, loop, planned::add);
        assertEquals(List.of(), planned);
        assertEquals(4, loop.runAll());
        assertEquals(IntStream.range(MANY, 2 * MANY).boxed().toList(), numbers(planned.getFirst()));
    }

    @Test
    void ofAPartitionThatIsNamedTwiceTheFirstCounts() {
        FetchRequest twice = FetchRequest.builder().topics(List.of(new FetchTopic("t", NO_ID, List.of(
                FetchPartition.builder().partition(1).fetchOffset(5).build(),
                FetchPartition.builder().partition(1).fetchOffset(6).build())))).build();
        FetchSessions.Plan whole = large(twice.toBuilder().sessionEpoch(0).build());
        assertEquals(List.of(5L), whole.partitions().stream().map(FetchedPartition::fetchOffset).toList());
        FetchSessions.Plan news = large(twice.toBuilder().sessionId(whole.sessionId()).sessionEpoch(1).build());
        assertEquals(List.of(5L), news.partitions().stream().map(FetchedPartition::fetchOffset).toList());
    }

    @Test
    void aSessionThatIsClosedWhileItsFetchIsPlannedIsGone() {
        int id = large(request(0, 0, 1)).sessionId();
        List<FetchSessions.Plan> news = new ArrayList<>();
        large.plan(request(id, 1, many()), V12, loop, news::add);
        assertEquals(0, large(request(id, -1)).sessionId());
        assertEquals(List.of(ErrorCode.FETCH_SESSION_ID_NOT_FOUND), news.stream().map(Plan::error).toList());
        assertEquals(0, large.size());
        assertEquals(0, large.bytes());
    }

    @Test
    void aSessionThatIsReplacedWhileItsFetchIsPlannedIsGoneAndTheOtherIsThere() {
        int id = large(request(0, 0, 1)).sessionId();
        List<FetchSessions.Plan> news = new ArrayList<>();
        large.plan(request(id, 1, many()), V12, loop, news::add);
        FetchSessions.Plan other = large(request(id, 0, 7));
        assertEquals(List.of(ErrorCode.FETCH_SESSION_ID_NOT_FOUND), news.stream().map(Plan::error).toList());
        assertEquals(List.of(7), numbers(large(request(other.sessionId(), 1))));
        assertEquals(1, large.size());
        assertEquals(0, large(request(other.sessionId(), -1)).sessionId());
        assertEquals(0, large.bytes());
    }

    @Test
    void aSessionThatIsEvictedWhileItsFetchIsPlannedIsGone() {
        int id = large(request(0, 0, 1)).sessionId();
        List<FetchSessions.Plan> news = new ArrayList<>();
        large.plan(request(id, 1, many()), V12, loop, news::add);
        large.plan(request(0, 0, 1), V12, loop, _ -> { });
        large.plan(request(0, 0, 1), V12, loop, _ -> { });
        loop.runAll();
        assertEquals(List.of(ErrorCode.FETCH_SESSION_ID_NOT_FOUND), news.stream().map(Plan::error).toList());
        assertEquals(2, large.size());
    }

    @Test
    void anotherFetchOfASessionIsRefusedUntilTheFirstIsPlanned() {
        int id = large(request(0, 0, 1)).sessionId();
        List<FetchSessions.Plan> news = new ArrayList<>();
        large.plan(request(id, 1, many()), V12, loop, news::add);
        assertEquals(ErrorCode.INVALID_FETCH_SESSION_EPOCH, large(request(id, 2)).error());
        assertEquals(MANY, news.getFirst().partitions().size());
        assertEquals(MANY, large(request(id, 2)).partitions().size());
    }
}
