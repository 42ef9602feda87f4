package io.chapar.broker.metadata;

import io.chapar.broker.runtime.ManualLoop;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;

class ImageWaitsTest {
    private final ManualLoop loop = new ManualLoop();
    private final List<String> happened = new ArrayList<>();
    private long version = 4;
    private final ImageWaits waits = new ImageWaits(() -> version);

    private ImageWaits.@Nullable Waiting await(String name, long wanted, long withinMs) {
        return waits.await(wanted, loop, loop.nowMs() + withinMs,
                () -> happened.add(name), () -> happened.add(name + " is late"));
    }

    private void reach(long now) {
        version = now;
        waits.reached(now);
        loop.advance(0);
    }

    @Test
    void whatIsKnownIsNotWaitedFor() {
        var _ = await("old", 3, 100);
        var _ = await("latest", 4, 100);
        assertEquals(List.of("old", "latest"), happened);
    }

    @Test
    void eachBeginsWhenAsMuchIsKnown() {
        var _ = await("five", 5, 100);
        var _ = await("seven", 7, 100);
        assertEquals(List.of(), happened);
        reach(6);
        assertEquals(List.of("five"), happened);
        reach(8);
        loop.advance(1_000);
        assertEquals(List.of("five", "seven"), happened);
    }

    @Test
    void whatHasBegunIsKeptForNothingElse() {
        var _ = await("five", 5, 0);
        version = 5;
        waits.reached(5);
        assertEquals(1, loop.runAll(), "its time has gone with it");
        assertEquals(List.of("five"), happened);
    }

    @Test
    void ofWhatIsGivenUpNothingIsRun() {
        ImageWaits.Waiting one = requireNonNull(await("five", 5, 100), "it waits");
        waits.giveUp(one);
        waits.giveUp(one);
        reach(5);
        loop.advance(1_000);
        assertEquals(List.of(), happened);
        ImageWaits.Waiting another = requireNonNull(await("six", 6, 100), "it waits");
        version = 6;
        waits.reached(6);
        waits.giveUp(another);
        loop.advance(1_000);
        assertEquals(List.of(), happened, "it was about to begin");
    }

    @Test
    void whatIsNotKnownInTimeIsSaid() {
        var _ = await("five", 5, 100);
        loop.advance(99);
        assertEquals(List.of(), happened);
        loop.advance(1);
        reach(5);
        assertEquals(List.of("five is late"), happened);
    }

    @Test
    void whatComesBetweenTheTwoLooksIsNotMissed() {
        ImageWaits racing = new ImageWaits(() -> version++);
        var _ = racing.await(5, loop, loop.nowMs() + 100, () -> happened.add("five"), () -> happened.add("late"));
        loop.advance(1_000);
        assertEquals(List.of("five"), happened);
    }
}
