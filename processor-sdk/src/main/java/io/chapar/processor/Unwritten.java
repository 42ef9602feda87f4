package io.chapar.processor;

/// What came of records and is not handed over as a whole, where records are worked on while others are committed.
/// Owned by the cycle's thread.
final class Unwritten {
    private int held;
    private int sending;
    /// How often what was begun was dropped.
    private int drops;

    /// Records that have ended while nothing could be written.
    int held() {
        return held;
    }

    void hold() {
        held++;
    }

    /// What was held is taken now.
    void resumed() {
        held = 0;
    }

    /// Records of which only a part may have been sent: nothing is committed before the rest is.
    int sending() {
        return sending;
    }

    int sendingBegins() {
        sending++;
        return drops;
    }

    /// `begun`: what [#sendingBegins] gave.
    void sendingEnds(int begun) {
        sending -= begun == drops ? 1 : 0;
    }

    /// What was sent does not count any more.
    void dropped() {
        sending = 0;
        drops++;
    }
}
