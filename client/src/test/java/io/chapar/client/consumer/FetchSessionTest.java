package io.chapar.client.consumer;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.Map;
import java.util.Set;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class FetchSessionTest {
    private static final UUID ID = new UUID(1, 1);
    private static final UUID RECREATED = new UUID(2, 2);
    private static final TopicPartition P0 = new TopicPartition("t", 0);
    private static final TopicPartition P1 = new TopicPartition("t", 1);

    private final FetchSession session = new FetchSession();

    private static FetchSession.Wish wish(UUID id, long offset) {
        return new FetchSession.Wish(id, offset, 3, -1, 1000);
    }

    @Test
    void namesOnlyWhatChanged() {
        FetchSession.Plan first = session.next(Map.of(P0, wish(ID, 0), P1, wish(ID, 0)));
        assertEquals(0, first.sessionId());
        assertEquals(0, first.epoch());
        assertEquals(Set.of(P0, P1), first.named().keySet());
        session.accepted(first, 99);

        FetchSession.Plan second = session.next(Map.of(P0, wish(ID, 5), P1, wish(ID, 0)));
        assertEquals(99, second.sessionId());
        assertEquals(1, second.epoch());
        assertEquals(Set.of(P0), second.named().keySet());
        assertEquals(Set.of(P0, P1), second.all().keySet());
        assertTrue(second.forgotten().isEmpty());
        session.accepted(second, 99);

        FetchSession.Plan third = session.next(Map.of(P0, wish(ID, 5)));
        assertEquals(2, third.epoch());
        assertTrue(third.named().isEmpty());
        assertEquals(Map.of(P1, ID), third.forgotten());
    }

    @Test
    void aTopicMadeAnewIsForgottenUnderItsOldId() {
        session.accepted(session.next(Map.of(P0, wish(ID, 5))), 99);
        FetchSession.Plan plan = session.next(Map.of(P0, wish(RECREATED, 0)));
        assertEquals(Map.of(P0, ID), plan.forgotten());
        assertEquals(RECREATED, plan.named().get(P0).topicId());
    }

    @Test
    void aBrokerWithoutSessionsIsAskedForEverything() {
        session.accepted(session.next(Map.of(P0, wish(ID, 0))), 0);
        FetchSession.Plan plan = session.next(Map.of(P0, wish(ID, 0)));
        assertEquals(0, plan.epoch());
        assertEquals(0, plan.sessionId());
        assertEquals(Set.of(P0), plan.named().keySet());
    }

    @Test
    void aLostSessionIsReplaced() {
        session.accepted(session.next(Map.of(P0, wish(ID, 0))), 99);
        session.refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
        FetchSession.Plan fresh = session.next(Map.of(P0, wish(ID, 0)));
        assertEquals(0, fresh.sessionId());
        assertEquals(0, fresh.epoch());
        session.accepted(fresh, 100);

        session.refused(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
        FetchSession.Plan replacing = session.next(Map.of(P0, wish(ID, 0)));
        assertEquals(100, replacing.sessionId(), "the broker forgets the old one");
        assertEquals(0, replacing.epoch());
        assertEquals(Set.of(P0), replacing.named().keySet());
    }
}
