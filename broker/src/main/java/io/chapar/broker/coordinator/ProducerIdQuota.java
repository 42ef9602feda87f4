package io.chapar.broker.coordinator;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// How many producer ids one client address was given in the current hour. As long as nobody is authenticated the
/// address is all that tells one principal from another.
///
/// Every producer id leaves an entry in each partition that it writes to, until it expires: a client that makes a
/// producer for every record fills the memory of the broker for all.
final class ProducerIdQuota {
    private static final long HOUR_MS = TimeUnit.HOURS.toMillis(1);
    /// Addresses that are counted; in an hour with more, the rest share one count.
    private static final int MAX_HOSTS = 10_000;
    private static final String THE_REST = "";

    private final int perHour;
    private final Map<String, Integer> taken = new LinkedHashMap<>();
    private long hour = Long.MIN_VALUE;

    ProducerIdQuota(int perHour) {
        this.perHour = perHour;
    }

    int perHour() {
        return perHour;
    }

    /// Counts one, unless that is one too many.
    boolean take(String host, long nowMs) {
        long now = Math.floorDiv(nowMs, HOUR_MS);
        if (now != hour) {
            hour = now;
            taken.clear();
        }
        String counted = taken.containsKey(host) || taken.size() < MAX_HOSTS ? host : THE_REST;
        return taken.merge(counted, 1, (a, b) -> Math.min(a + b, perHour + 1)) <= perHour;
    }
}
