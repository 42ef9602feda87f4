package io.chapar.broker.runtime;

import org.junit.jupiter.api.Test;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SlicesTest {
    private final ManualLoop loop = new ManualLoop();
    private final List<Integer> worked = new ArrayList<>();
    private boolean done;

    private static List<Integer> items(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    @Test
    void whatFitsIntoOneSliceIsDoneAtOnce() {
        Slices.each(loop, items(Slices.COST_PER_TURN), worked::add, () -> done = true);
        assertTrue(done);
        assertEquals(items(Slices.COST_PER_TURN), worked);
    }

    @Test
    void whatDoesNotGivesTheLoopBackInBetween() {
        int count = 10 * Slices.COST_PER_TURN;
        Slices.each(loop, items(count), worked::add, () -> done = true);
        assertEquals(Slices.COST_PER_TURN, worked.size());
        assertEquals(9, loop.runAll());
        assertTrue(done);
        assertEquals(items(count), worked);
    }

    @Test
    void anItemThatCostsMoreMakesItsSliceShorter() {
        Slices.each(loop, items(20), _ -> Slices.COST_PER_TURN / 2, worked::add, () -> done = true);
        assertEquals(2, worked.size());
        assertEquals(9, loop.runAll());
        assertTrue(done);
    }

    @Test
    void oneItemAfterTheOtherWaitsForEach() {
        Queue<Runnable> waiting = new ArrayDeque<>();
        Slices.inTurn(loop, items(3), (item, next) -> {
            worked.add(item);
            waiting.add(next);
        }, () -> done = true);
        for (int i = 0; i < 3; i++) {
            assertEquals(i + 1, worked.size());
            assertFalse(done);
            waiting.remove().run();
        }
        assertTrue(done);
    }

    @Test
    void manyThatEndAtOnceNeitherDeepenTheStackNorHoldTheLoop() {
        int count = 100 * Slices.COST_PER_TURN;
        Slices.inTurn(loop, items(count), (item, next) -> {
            worked.add(item);
            next.run();
        }, () -> done = true);
        assertEquals(99, loop.runAll());
        assertTrue(done);
        assertEquals(items(count), worked);
    }

    @Test
    void chunksAreTheWholeInItsOrder() {
        assertEquals(List.of(List.of(0, 1), List.of(2, 3), List.of(4)), Slices.chunks(items(5), 2));
        assertEquals(List.of(), Slices.chunks(List.of(), 2));
    }
}
