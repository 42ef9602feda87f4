package io.chapar.broker.fetch;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchRequest.FetchPartition;
import io.chapar.protocol.message.FetchRequest.FetchTopic;
import io.chapar.protocol.message.FetchRequest.ForgottenTopic;
import org.junit.jupiter.api.Test;

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
        FetchSessions.Plan full = sessions.plan(request(0, 0, 1, 2, 3), V12);
        assertNotEquals(0, full.sessionId());
        assertEquals(1, full.sessionId() % 3, "the id names its loop");
        assertFalse(full.incremental());

        FetchSessions.Plan same = sessions.plan(request(full.sessionId(), 1), V12);
        assertTrue(same.incremental());
        assertEquals(List.of(1, 2, 3), numbers(same));

        FetchRequest change = request(full.sessionId(), 2, 4).toBuilder()
                .forgottenTopicsData(List.of(new ForgottenTopic("t", NO_ID, List.of(2))))
                .build();
        assertEquals(List.of(1, 3, 4), numbers(sessions.plan(change, V12)));

        sessions.served(full.sessionId(), List.of(new FetchedPartition.Key("t", NO_ID, 1)));
        assertEquals(List.of(3, 4, 1), numbers(sessions.plan(request(full.sessionId(), 3), V12)));
    }

    @Test
    void anUnexpectedEpochOrSessionIsRefused() {
        int id = sessions.plan(request(0, 0, 1), V12).sessionId();
        assertEquals(ErrorCode.INVALID_FETCH_SESSION_EPOCH, sessions.plan(request(id, 2), V12).error());
        assertEquals(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR, sessions.plan(request(id, 1), (short) 13).error());
        assertEquals(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, sessions.plan(request(id + 3, 1), V12).error());
    }

    @Test
    void aFinalFetchEndsTheSession() {
        int id = sessions.plan(request(0, 0, 1), V12).sessionId();
        assertEquals(0, sessions.plan(request(id, -1), V12).sessionId());
        assertEquals(0, sessions.size());
    }

    @Test
    void theLeastRecentlyUsedGoes() {
        int first = sessions.plan(request(0, 0, 1), V12).sessionId();
        int second = sessions.plan(request(0, 0, 1), V12).sessionId();
        sessions.plan(request(first, 1), V12);
        sessions.plan(request(0, 0, 1), V12);
        assertEquals(2, sessions.size());
        assertEquals(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, sessions.plan(request(second, 1), V12).error());
        assertEquals(ErrorCode.NONE, sessions.plan(request(first, 2), V12).error());
    }

    @Test
    void whatAllSessionsRememberTogetherIsBounded() {
        int half = 650;
        int first = sessions.plan(request(0, 0, IntStream.range(0, half).toArray()), V12).sessionId();
        int second = sessions.plan(request(0, 0, IntStream.range(0, half).toArray()), V12).sessionId();
        assertEquals(1, sessions.size());
        assertEquals(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, sessions.plan(request(first, 1), V12).error());

        assertEquals(half, sessions.plan(request(second, 1), V12).partitions().size());
        FetchRequest more = request(second, 2, IntStream.range(half, 2 * half).toArray());
        assertEquals(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, sessions.plan(more, V12).error());
        assertEquals(0, sessions.size());

        FetchSessions.Plan tooMany = sessions.plan(request(0, 0, IntStream.range(0, 2 * half).toArray()), V12);
        assertEquals(0, tooMany.sessionId());
        assertEquals(2 * half, tooMany.partitions().size());
        assertNotEquals(0, sessions.plan(request(0, 0, IntStream.range(0, half).toArray()), V12).sessionId());
    }

    /// Names that no topic can have are remembered as well, for as long as somebody asks for them.
    @Test
    void longNamesCountForWhatTheyAre() {
        FetchRequest.Builder named = request(0, 0).toBuilder();
        int first = sessions.plan(named.topics(List.of(new FetchTopic("x".repeat(30_000), NO_ID,
                List.of(FetchPartition.builder().partition(0).build())))).build(), V12).sessionId();
        assertNotEquals(0, first);
        assertTrue(sessions.bytes() > 60_000);
        FetchRequest more = request(first, 1).toBuilder().topics(List.of(new FetchTopic("y".repeat(32_000), NO_ID,
                IntStream.range(0, 3).mapToObj(p -> FetchPartition.builder().partition(p).build()).toList())))
                .build();
        assertEquals(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, sessions.plan(more, V12).error());
        assertEquals(0, sessions.bytes());
    }

    @Test
    void watermarksAreNewsOnce() {
        FetchedPartition partition = new FetchedPartition(new FetchedPartition.Key("t", NO_ID, 0));
        assertTrue(partition.tell(5, 0));
        assertFalse(partition.tell(5, 0));
        assertTrue(partition.tell(5, 1));
    }
}
