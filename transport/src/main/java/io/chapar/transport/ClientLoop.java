package io.chapar.transport;

/// The one thread that owns a client's cores. Everything in `metadata`, and every core in `producer` and `consumer`,
/// runs here only; other threads hand it tasks. In production a Netty event loop, in tests and in the simulator a
/// scheduler on virtual time.
public interface ClientLoop {
    /// Runs `task` on the loop, after all tasks handed over before. Callable from any thread. After the loop has
    /// stopped, throws [java.util.concurrent.RejectedExecutionException].
    void execute(Runnable task);

    boolean inLoop();

    /// Runs `task` on the loop once, not before `delayMs` from now.
    Timer schedule(long delayMs, Runnable task);

    /// Milliseconds that never run backwards, from an arbitrary origin; for deadlines. Callable from any thread.
    long nowMs();

    /// Milliseconds since 1970 by the wall clock; for timestamps in records. Callable from any thread.
    long wallClockMs();

    /// Inline when already on the loop, else handed over.
    default void run(Runnable task) {
        if (inLoop()) {
            task.run();
        } else {
            execute(task);
        }
    }

    /// A task that has not run yet. Cancelling one that has run does nothing. On the loop only.
    interface Timer {
        void cancel();
    }
}
