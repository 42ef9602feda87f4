package io.chapar.broker.runtime;

/// One thread of control that owns state. Everything a loop owns is touched by its tasks alone, so nothing here locks.
///
/// Tasks given to one loop from one thread run in the order given. A task never blocks on anything but the page cache.
public interface Loop {
    /// Runs the task on this loop, later in this turn or in the next. Callable from any thread; never runs inline.
    void execute(Runnable task);

    /// Whether the caller is a task of this loop.
    boolean inLoop();

    /// Runs the task now when the caller is already on this loop, else hands it over.
    default void run(Runnable task) {
        if (inLoop()) {
            task.run();
        } else {
            execute(task);
        }
    }

    /// Runs the task on this loop when what has arrived meanwhile, on its sockets too, has had its turn. Of several
    /// such tasks one runs a turn, whoever gave them. Callable from any thread; never runs inline.
    default void later(Runnable task) {
        execute(task);
    }

    /// Does work that takes the processor for longer than a turn should, and touches nothing that a loop owns, beside
    /// this loop; then runs `done` on it. Such works of all loops are done one after the other. Where there are no
    /// threads both run on the loop. On this loop only.
    default void aside(Runnable work, Runnable done) {
        execute(() -> {
            work.run();
            done.run();
        });
    }

    /// As [#aside], for work that may take seconds, and of which clients can ask for much: it waits for its like, and
    /// nothing else that is done aside waits for it.
    default void asideForLong(Runnable work, Runnable done) {
        aside(work, done);
    }

    /// Runs the task on this loop once `delayMs` have passed. On this loop only.
    Timer schedule(long delayMs, Runnable task);

    /// The time by which everything that lasts is measured: what the wall clock said when the process began, and from
    /// there on the monotonic clock. Milliseconds since 1970; never steps, and is the same on all loops of a process.
    long nowMs();

    /// The wall clock, milliseconds since 1970. It may step at any moment: for the timestamps that records carry, and
    /// for what is compared with those, alone.
    long wallClockMs();

    /// A scheduled task that has not run yet.
    interface Timer {
        /// Keeps the task from running. Without effect once it ran.
        void cancel();
    }
}
