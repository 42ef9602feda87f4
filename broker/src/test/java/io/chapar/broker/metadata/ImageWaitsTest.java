package io.chapar.broker.metadata;

import io.chapar.broker.runtime.ManualLoop;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

class ImageWaitsTest {
    private final ManualLoop loop = new ManualLoop();
    private final List<String> happened = new ArrayList<>();
    private long version = 4;
    private final ImageWaits waits = new ImageWaits(() -> version);

    private void await(String name, long wanted, long withinMs) {
        waits.await(wanted, loop, loop.nowMs() + withinMs,
                () -> happened.add(name), () -> happened.add(name + " is late"));
    }

    private void reach(long now) {
        version = now;
        waits.reached(now);
        loop.advance(0);
    }

    @Test
    void whatIsKnownIsNotWaitedFor() {
        await("old", 3, 100);
        await("latest", 4, 100);
        assertEquals(List.of("old", "latest"), happened);
    }

    @Test
    void eachBeginsWhenAsMuchIsKnown() {
        await("five", 5, 100);
        await("seven", 7, 100);
        assertEquals(List.of(), happened);
        reach(6);
        assertEquals(List.of("five"), happened);
        reach(8);
        loop.advance(1_000);
        assertEquals(List.of("five", "seven"), happened);
    }

    @Test
    void whatIsNotKnownInTimeIsSaid() {
        await("five", 5, 100);
        loop.advance(99);
        assertEquals(List.of(), happened);
        loop.advance(1);
        reach(5);
        assertEquals(List.of("five is late"), happened);
    }

    @Test
    void whatComesBetweenTheTwoLooksIsNotMissed() {
        ImageWaits racing = new ImageWaits(() -> version++);
        racing.await(5, loop, loop.nowMs() + 100, () -> happened.add("five"), () -> happened.add("late"));
        loop.advance(1_000);
        assertEquals(List.of("five"), happened);
    }
}
