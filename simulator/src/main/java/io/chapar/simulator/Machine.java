package io.chapar.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// A process on a machine of its own: a clock that may be wrong, loops, and the ways in which it ends and stands still.
///
/// A life begins with [#begin] and ends with [#end]; nothing of one life happens in another.
class Machine {
    private static final long EPOCH_MS = 1_800_000_000_000L;
    private static final double MAX_DRIFT = 0.002;

    private final World world;
    private final String name;
    private final double rate;
    private final List<TaskQueue> loops = new ArrayList<>();
    private long wallOffsetMs;
    private long begunAtMs;
    private boolean alive;
    private boolean paused;

    Machine(World world, String name, RandomGenerator random) {
        this.world = world;
        this.name = name;
        rate = 1 + (random.nextInt(4) == 0 ? (random.nextDouble() * 2 - 1) * MAX_DRIFT : 0);
    }

    final World world() {
        return world;
    }

    final String name() {
        return name;
    }

    final boolean isAlive() {
        return alive;
    }

    final boolean isPaused() {
        return paused;
    }

    /// What the machine's stable clock says, milliseconds.
    final long stableMs() {
        return (long) (world.nowUs() * rate / 1000);
    }

    /// What its wall clock says, milliseconds since 1970.
    final long wallMs() {
        return EPOCH_MS + stableMs() + wallOffsetMs;
    }

    /// What the time of the process is that runs there: the wall clock's when it began, and the stable clock from there
    /// on.
    final long processMs() {
        return begunAtMs + stableMs();
    }

    final void jump(long ms) {
        wallOffsetMs += ms;
        world.note(name, "clock jumps by ms", ms);
    }

    /// The wall clock is set right.
    final void setRight() {
        wallOffsetMs = 0;
    }

    /// The world's time for a duration on this machine's clock.
    final long toWorldUs(long ms) {
        return ms >= Long.MAX_VALUE / 2000 ? Long.MAX_VALUE / 4 : (long) Math.ceil(ms * 1000 / rate);
    }

    final void begin() {
        alive = true;
        paused = false;
        begunAtMs = EPOCH_MS + wallOffsetMs;
    }

    final void add(TaskQueue loop) {
        loops.add(loop);
    }

    final List<TaskQueue> loops() {
        return loops;
    }

    /// Nothing runs until [#resume]; timers that come due meanwhile run then.
    final void pause() {
        if (alive && !paused) {
            paused = true;
            world.note(name, "paused", 0);
        }
    }

    final void resume() {
        if (paused) {
            paused = false;
            world.note(name, "resumed", 0);
            loops.forEach(TaskQueue::wake);
        }
    }

    final void end() {
        alive = false;
        paused = false;
        loops.forEach(TaskQueue::die);
        loops.clear();
    }
}
