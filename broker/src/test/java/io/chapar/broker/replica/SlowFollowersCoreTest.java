package io.chapar.broker.replica;

import io.chapar.broker.replica.SlowFollowersCore.Turned;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Brokers 2 and 3 follow this one.
class SlowFollowersCoreTest {
    private static final TopicPartition A = new TopicPartition("a", 0);
    private static final TopicPartition B = new TopicPartition("b", 0);

    private final SlowFollowersCore core = new SlowFollowersCore();
    private final List<Turned> turned = new ArrayList<>();
    private long nowMs = 1_000;
    private long end;

    /// One record, which the two have after so many ms.
    private void record(TopicPartition id, long of2, long of3) {
        nowMs += SlowFollowersCore.PAUSE_MS;
        turned.addAll(core.appended(id, ++end, List.of(2, 3), nowMs));
        boolean first = of2 <= of3;
        turned.addAll(core.acknowledged(id, first ? 2 : 3, end, nowMs + Math.min(of2, of3)));
        turned.addAll(core.acknowledged(id, first ? 3 : 2, end, nowMs + Math.max(of2, of3)));
        nowMs += Math.max(of2, of3);
    }

    private void records(int count, long of2, long of3) {
        for (int i = 0; i < count; i++) {
            record(i % 2 == 0 ? A : B, of2, of3);
        }
    }

    @Test
    void whoIsNearlyAlwaysTheLastAndByFarIsSlowUntilItIsNot() {
        records(SlowFollowersCore.LEAST - 1, 2, 60);
        assertEquals(List.of(), turned, "too few to say so");
        records(1, 2, 60);
        assertEquals(List.of(new Turned(3, true, 20, 20)), turned);
        assertEquals(Set.of(3), core.slow());
        records(20, 2, 3);
        assertEquals(Set.of(3), core.slow(), "half of them");
        records(1, 2, 3);
        assertEquals(List.of(new Turned(3, true, 20, 20), new Turned(3, false, 41, 20)), turned);
        assertEquals(Set.of(), core.slow());
    }

    @Test
    void whereAllAreSlowNobodyIs() {
        records(100, 500, 540);
        assertEquals(Set.of(), core.slow(), "40 ms between them");
        records(100, 500, 551);
        assertEquals(Set.of(3), core.slow());
    }

    @Test
    void whoIsTheLastNowAndThenIsNotSlow() {
        for (int i = 0; i < 200; i++) {
            records(4, 2, 80);
            records(1, 80, 2);
        }
        assertEquals(List.of(), turned);
    }

    @Test
    void theOnlyFollowerIsHeldAgainstItsLeader() {
        for (int i = 0; i < 30; i++) {
            nowMs += SlowFollowersCore.PAUSE_MS;
            core.appended(A, ++end, List.of(2), nowMs);
            nowMs += 51;
            turned.addAll(core.acknowledged(A, 2, end, nowMs));
        }
        assertEquals(List.of(new Turned(2, true, 20, 20)), turned);
    }

    @Test
    void whoNeverHasItIsTheLast() {
        for (int i = 0; i < SlowFollowersCore.LEAST + 1; i++) {
            turned.addAll(core.appended(A, ++end, List.of(2, 3), nowMs));
            turned.addAll(core.acknowledged(A, 2, end, nowMs + 1));
            nowMs += SlowFollowersCore.LONGEST_MS;
            turned.addAll(core.appended(A, ++end, List.of(2, 3), nowMs));
            nowMs += SlowFollowersCore.PAUSE_MS;
        }
        assertEquals(Set.of(3), core.slow());
    }

    @Test
    void whatEndsBeforeCountsForNobody() {
        for (int i = 0; i < 100; i++) {
            nowMs += SlowFollowersCore.PAUSE_MS;
            core.appended(A, ++end, List.of(2, 3), nowMs);
            core.acknowledged(A, 2, end, nowMs);
            core.gone(A);
        }
        records(SlowFollowersCore.LEAST, 2, 60);
        assertEquals(Set.of(3), core.slow());
        core.forget(3);
        assertEquals(Set.of(), core.slow());
    }

    @Test
    void whatIsNotWatchedIsNotCounted() {
        core.appended(A, 5, List.of(2, 3), nowMs);
        core.appended(B, 5, List.of(2, 3), nowMs);
        assertEquals(List.of(), core.acknowledged(B, 2, 5, nowMs + 1));
        assertEquals(List.of(), core.acknowledged(A, 2, 4, nowMs + 1), "less than it is watched for");
        assertEquals(List.of(), core.acknowledged(A, 9, 5, nowMs + 1), "it was not in sync then");
        assertEquals(Set.of(), core.slow());
    }
}
