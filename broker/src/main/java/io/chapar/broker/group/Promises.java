package io.chapar.broker.group;

/// Ids that were given to newcomers who have not come back with them, and until when they may.
final class Promises {
    /// Of more, the first are forgotten; one that comes back after all begins anew.
    static final int MOST = 10_000;

    private final Expiries untilMs = new Expiries();
    private long bytes = 0;

    void add(String memberId, long until) {
        untilMs.put(memberId, until);
        bytes += GroupSizes.promise(memberId);
        String oldest = untilMs.oldest();
        if (untilMs.size() > MOST && oldest != null) {
            remove(oldest);
        }
    }

    boolean has(String memberId) {
        return untilMs.has(memberId);
    }

    /// Whether the id was promised.
    boolean remove(String memberId) {
        boolean was = untilMs.remove(memberId);
        if (was) {
            bytes -= GroupSizes.promise(memberId);
        }
        return was;
    }

    void expire(long nowMs) {
        for (String memberId : untilMs.takeDue(nowMs, MOST)) {
            bytes -= GroupSizes.promise(memberId);
        }
    }

    boolean isEmpty() {
        return untilMs.size() == 0;
    }

    /// Long.MAX_VALUE for never.
    long nextMs() {
        return untilMs.nextMs();
    }

    long bytes() {
        return bytes;
    }
}
