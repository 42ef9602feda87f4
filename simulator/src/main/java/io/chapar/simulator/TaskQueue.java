package io.chapar.simulator;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.random.RandomGenerator;

/// The tasks of one simulated loop, in the order given. Each is an event of its own, a little after the one before, so
/// that tasks of different loops fall between each other in every way.
abstract class TaskQueue {
    private static final int MOST_US = 40;
    private static final int SELDOM_US = 3_000;

    private final Machine machine;
    private final RandomGenerator random;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private boolean armed;
    private boolean dead;
    private boolean running;

    TaskQueue(Machine machine, RandomGenerator random) {
        this.machine = machine;
        this.random = random;
    }

    final Machine machine() {
        return machine;
    }

    final boolean isDead() {
        return dead;
    }

    public final void execute(Runnable task) {
        if (!dead) {
            tasks.addLast(task);
            wake();
        }
    }

    public final boolean inLoop() {
        return running;
    }

    /// A task for later. Called off, it does not run, not even when its time has come and it stands in line.
    static final class Later implements Runnable {
        /// Null once it is called off.
        private @Nullable Runnable task;

        private Later(Runnable task) {
            this.task = task;
        }

        void callOff() {
            task = null;
        }

        @Override
        public void run() {
            if (task != null) {
                task.run();
            }
        }
    }

    /// Runs the task after this time on the machine's own clock.
    final Later after(long delayMs, Runnable task) {
        Later later = new Later(task);
        machine.world().in(machine.toWorldUs(Math.max(0, delayMs)), () -> {
            if (later.task != null) {
                execute(later);
            }
        });
        return later;
    }

    final void wake() {
        if (!armed && !dead && !machine.isPaused() && !tasks.isEmpty()) {
            armed = true;
            int delayUs = random.nextInt(200) == 0 ? random.nextInt(SELDOM_US) : random.nextInt(MOST_US);
            machine.world().in(delayUs, this::turn);
        }
    }

    private void turn() {
        armed = false;
        if (dead || machine.isPaused()) {
            return;
        }
        Runnable task = tasks.pollFirst();
        running = true;
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            failed(e);
        } finally {
            running = false;
        }
        if (!dead) {
            ran();
        }
        wake();
    }

    /// A task ended with an exception: a fault of the program.
    abstract void failed(Throwable cause);

    /// After each task.
    abstract void ran();

    final void die() {
        dead = true;
        tasks.clear();
    }
}
