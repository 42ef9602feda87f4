package io.chapar.client.consumer;

/// Whether the user's thread still polls, as `max.poll.interval.ms` wants it. A thread that waits inside of a poll is
/// never late, however long it waits; outside of one it is late from that long after its last poll on.
final class PollInterval {
    private final long maxMs;
    private boolean inPoll;
    private long lastMs;

    PollInterval(long maxMs) {
        this.maxMs = maxMs;
    }

    void entered(long nowMs) {
        inPoll = true;
        lastMs = nowMs;
    }

    void left(long nowMs) {
        inPoll = false;
        lastMs = nowMs;
    }

    /// The time counts from now on, as if a poll had just ended.
    void restart(long nowMs) {
        lastMs = nowMs;
    }

    boolean isInPoll() {
        return inPoll;
    }

    boolean isOver(long nowMs) {
        return !inPoll && nowMs - lastMs >= maxMs;
    }

    /// No earlier than this can [#isOver] become true.
    long nextCheckMs(long nowMs) {
        return (inPoll ? nowMs : lastMs) + maxMs;
    }
}
