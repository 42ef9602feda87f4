package io.chapar.broker.replica;

import io.chapar.broker.replica.FollowMessage.Acknowledge;
import io.chapar.broker.replica.FollowMessage.Batches;
import io.chapar.broker.replica.FollowMessage.Credit;
import io.chapar.broker.replica.FollowMessage.Subscribe;
import io.chapar.broker.replica.FollowMessage.ToFollower;
import io.chapar.broker.replica.FollowMessage.ToLeader;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// When a follower gets to know that more is committed.
class WatermarkNewsScenarios {
    private final LedHere led = new LedHere();
    /// Of each message that came, how far it goes and what is committed.
    private final List<String> told = new ArrayList<>();
    private final FollowStreams.Back back = new FollowStreams.Back() {
        @Override
        public void send(int leaderLoop, List<ToFollower> frame) {
            frame.forEach(message -> {
                Batches batches = (Batches) message;
                told.add(batches.from() + "-" + batches.next() + " of " + batches.highWatermark());
            });
        }

        @Override
        public void end(String why) {
            throw new AssertionError(why);
        }
    };

    private void says(ToLeader... messages) {
        led.replicas.received(this, led.follower(), back, 0, List.of(messages));
        led.loop.runAll();
    }

    private void appendAndAcknowledge() {
        led.append();
        led.loop.runAll();
        says(new Acknowledge(0, led.partition().logEndOffset(), 0));
    }

    private void subscribed() {
        led.loop.runAll();
        says(new Credit(1 << 20),
                new Subscribe(0, LedHere.TOPIC, 0, led.partition().leaderEpoch(), 0, -1, List.of()));
        led.loop.advance(2 * ReplicaHost.NEWS_MS);
        told.clear();
    }

    @Test
    void whereNothingFollowsItIsToldAlone() {
        subscribed();
        appendAndAcknowledge();
        assertEquals(List.of("0-1 of 0"), told);
        led.loop.advance(ReplicaHost.NEWS_MS);
        assertEquals(List.of("0-1 of 0", "1-1 of 1"), told);
    }

    @Test
    void batchesThatFollowTakeItWithThemAndNothingComesBeside() {
        subscribed();
        for (int i = 0; i < 10; i++) {
            appendAndAcknowledge();
            led.loop.advance(ReplicaHost.NEWS_MS / 2);
        }
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            expected.add(i + "-" + (i + 1) + " of " + i);
        }
        assertEquals(expected, told);
        led.loop.advance(ReplicaHost.NEWS_MS);
        expected.add("10-10 of 10");
        assertEquals(expected, told);
    }
}
