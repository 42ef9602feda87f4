package io.chapar.broker.net;

import io.chapar.broker.metrics.TrafficMeters;
import io.chapar.broker.runtime.ManualLoop;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What frames that arrive in pieces take of what all connections share.
final class FramingCoreTest {
    private static final int SMALL = ConnectionBudgets.SMALL_FRAME;
    private static final int LENGTH = 4 * SMALL;

    private final ManualLoop loop = new ManualLoop();
    private final SharedBudget budget = new SharedBudget(10L * SMALL);
    private final HeapMemory memory = new HeapMemory();
    private final KeptBytes kept = new KeptBytes(1 << 20);
    private final ConnectionSetup<ByteBuffer> setup = new ConnectionSetup<>(loop, null,
            ServerLimits.of(1 << 20, 1, 1, 0), new ConnectionBudgets(budget, budget, budget, budget),
            new TrafficMeters(), kept, memory);
    private boolean waits;
    private int frames;
    private final FramingCore<ByteBuffer> framing =
            new FramingCore<>(setup, new FramingCore.Out<>() {
                @Override
                public void frame(ByteBuffer frame, int charged) {
                    assertEquals(LENGTH, frame.remaining());
                    frames++;
                    memory.release(frame);
                    budget.giveBack(charged);
                }

                @Override
                public boolean wantsMore() {
                    return true;
                }

                @Override
                public void broken(String reason) {
                    throw new AssertionError(reason);
                }

                @Override
                public void takesRoom() {}

                @Override
                public void waitsForRoom() {
                    waits = true;
                }

                @Override
                public void roomCame(int bytes) {
                    waits = false;
                }

                @Override
                public void waitsNoMore() {
                    waits = false;
                }
            });

    private void receive(int bytes) {
        framing.received(memory.received(new byte[bytes], 0, bytes));
    }

    /// The beginning of a frame, up to where it needs more room than there is.
    private void beginsToWait() {
        byte[] prefix = ByteBuffer.allocate(Integer.BYTES).putInt(LENGTH).array();
        framing.received(memory.received(prefix, 0, prefix.length));
        receive(SMALL + 100);
        receive(100);
        assertTrue(waits);
    }

    private void begins(int bytes) {
        byte[] prefix = ByteBuffer.allocate(Integer.BYTES).putInt(LENGTH).array();
        framing.received(memory.received(prefix, 0, prefix.length));
        receive(bytes);
    }

    private void assertTaken(long bytes) {
        assertTrue(budget.tryTake(budget.limit() - bytes));
        assertFalse(budget.tryTake(1));
        budget.giveBack(budget.limit() - bytes);
    }

    /// It is not copied again and again as the rest comes.
    @Test
    void aFrameOfWhichAQuarterIsThereTakesRoomForAllOfIt() {
        begins(SMALL);
        assertTaken(LENGTH);
        receive(LENGTH - SMALL);
        assertEquals(1, frames);
        assertTaken(0);
    }

    @Test
    void aFrameOfWhichLessIsThereTakesWhatCame() {
        begins(SMALL - 1);
        assertTaken(0);
        receive(100);
        assertTaken(2 * (SMALL - 1));
    }

    @Test
    void whereThereIsNoRoomForAllOfItItTakesWhatCame() {
        budget.takeAnyway(budget.limit() - LENGTH + 1);
        begins(2 * SMALL);
        assertTaken(budget.limit() - LENGTH + 1 + 2 * SMALL);
        assertFalse(waits);
    }

    @Test
    void roomThatCameForAnEarlierFrameIsNotTakenForThatOfTheNext() {
        budget.takeAnyway(budget.limit());
        beginsToWait();
        // The room is there, but what tells of it has not run.
        budget.giveBack(budget.limit());
        receive(LENGTH - SMALL - 200);
        assertEquals(1, frames);
        assertFalse(waits);
        budget.takeAnyway(budget.limit());
        beginsToWait();
        loop.runAll();
        assertTrue(waits, "the second frame's room has not come");
        budget.giveBack(budget.limit());
        loop.runAll();
        assertFalse(waits);
        framing.end();
        assertEquals(0, budget.taken());
        assertEquals(0, memory.held());
    }

    @Test
    void aFrameNeverTakesMoreThanItsLength() {
        budget.takeAnyway(budget.limit());
        beginsToWait();
        // It was on its way already.
        receive(2 * SMALL);
        budget.giveBack(budget.limit());
        loop.runAll();
        assertFalse(waits);
        assertTrue(budget.taken() <= LENGTH, () -> budget.taken() + " of " + LENGTH);
        framing.end();
        assertEquals(0, budget.taken());
    }
}
