package io.chapar.processor;

/// How long a cycle waits before it tries again what has failed: longer with each failure in a row.
final class Pauses {
    private static final long FIRST_MS = 50;
    private static final long MAX_MS = 3_000;
    private static final int MAX_DOUBLINGS = 6;

    private int failures;
    /// A store could not be read, and nothing has been committed since.
    private boolean stateLost;
    private long untilMs = Long.MIN_VALUE;

    void failed() {
        failures++;
    }

    void succeeded() {
        failures = 0;
    }

    /// A store that is restored may be lost again with the next read: only a commit shows that it can be used.
    void stateLost(long nowMs) {
        stateLost = true;
        failed();
        begin(nowMs);
    }

    void restored() {
        if (!stateLost) {
            succeeded();
        }
    }

    void committed() {
        stateLost = false;
        succeeded();
    }

    /// More than once in a row.
    boolean isFailingAgain() {
        return failures > 1;
    }

    void begin(long nowMs) {
        untilMs = nowMs + Math.min(MAX_MS, FIRST_MS << Math.min(MAX_DOUBLINGS, Math.max(0, failures - 1)));
    }

    boolean isOver(long nowMs) {
        return nowMs >= untilMs;
    }

    long untilMs() {
        return untilMs;
    }
}
