package io.chapar.broker.replica;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// What throttled replicas were sent lately, over all loops of a broker: after so many bytes of one kind as its rate
/// allows in some time, nothing of that kind is sent for that long. From any thread.
public final class SendingRates {
    /// All that this broker sends; what it sends to one follower has that one's number.
    static final int TO_ALL = -1;

    private static final long US_PER_SECOND = 1_000_000;

    private final ConcurrentHashMap<Integer, AtomicLong> freeAtUs = new ConcurrentHashMap<>();

    boolean isFree(int kind, long nowMs) {
        AtomicLong free = freeAtUs.get(kind);
        return free == null || free.get() <= nowMs * 1_000;
    }

    /// @param rate bytes a second, more than 0
    void sent(int kind, int bytes, long rate, long nowMs) {
        long takesUs = bytes * US_PER_SECOND / rate;
        freeAtUs.computeIfAbsent(kind, _ -> new AtomicLong())
                .updateAndGet(free -> Math.max(free, nowMs * 1_000) + takesUs);
    }
}
