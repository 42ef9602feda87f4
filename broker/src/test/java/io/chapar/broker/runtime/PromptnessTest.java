package io.chapar.broker.runtime;

import org.junit.jupiter.api.Test;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class PromptnessTest {
    /// Of a thread of its own: the test's must not differ from others afterwards.
    @Test
    void theThreadThatAsksGetsShortTurnsAndNoOther() throws Exception {
        assumeTrue(Promptness.isPossible(), "Linux, and native access");
        Promptness promptness = new Promptness();
        promptness.find();
        try (ExecutorService asking = Executors.newSingleThreadExecutor();
                ExecutorService other = Executors.newSingleThreadExecutor()) {
            long before = asking.submit(() -> turnNs(promptness)).get();
            assumeTrue(before > 0, "a system that knows of turns, from Linux 6.12 on");
            asking.submit(promptness::ask).get();
            assertEquals(Promptness.TURN_NS, asking.submit(() -> turnNs(promptness)).get());
            asking.submit(promptness::ask).get();
            assertEquals(Promptness.TURN_NS, asking.submit(() -> turnNs(promptness)).get());
            assertEquals(before, other.submit(() -> turnNs(promptness)).get());
            assertEquals(before, asking.submit(() -> {
                try (ExecutorService child = Executors.newSingleThreadExecutor()) {
                    return child.submit(() -> turnNs(promptness)).get();
                }
            }).get());
        }
    }

    @Test
    void askingWithoutAnythingFoundDoesNothing() throws Throwable {
        Promptness promptness = new Promptness();
        promptness.ask();
        assertEquals(0, promptness.turnNs());
    }

    private static long turnNs(Promptness promptness) throws Exception {
        try {
            return promptness.turnNs();
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
