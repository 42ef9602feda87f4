package io.chapar.broker.replica;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// A follower that holds up what is led here, and what ends that.
class SlowFollowerScenarios {
    private final LedHere led = new LedHere();

    @AfterEach
    void nothingIsAskedOfTheCluster() {
        assertEquals(List.of(), led.metadata.asked());
    }

    private void records(int count, long withinMs) {
        for (int i = 0; i < count; i++) {
            led.append();
            led.loop.advance(withinMs);
            led.replicas.acknowledged(led.follower(), LedHere.ID, led.partition().logEndOffset(), 0);
            led.loop.advance(SlowFollowersCore.PAUSE_MS);
        }
    }

    @Test
    void oneThatFollowsNothingAnyMoreHoldsUpNobody() {
        records(SlowFollowersCore.LEAST, SlowFollowersCore.BEHIND_MS + 1);
        assertEquals(Set.of(LedHere.FOLLOWER), led.replicas.slow());
        led.becomes(LedHere.FOLLOWED);
        assertEquals(Set.of(LedHere.FOLLOWER), led.replicas.slow());
        led.becomes(LedHere.ALONE);
        assertEquals(Set.of(), led.replicas.slow());
    }
}
