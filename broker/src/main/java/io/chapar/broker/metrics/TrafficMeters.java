package io.chapar.broker.metrics;

import io.chapar.protocol.message.ApiKey;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/// What the connections of one loop do. Plain numbers, touched on that loop alone.
public final class TrafficMeters {
    private final EnumMap<ApiKey, Api> apis = new EnumMap<>(ApiKey.class);
    private long receivedBytes;
    private long sentBytes;
    private long closedForFault;
    private long waitedForRoom;
    private long gaveUpWaitingForRoom;
    private long gaveUpForPace;
    private long waiting;

    /// The requests of one API.
    static final class Api {
        /// Error code -> answers.
        final Map<Short, Long> answers = new LinkedHashMap<>();
        final Distribution duration = new Distribution();
        /// Answers without an error.
        long done;
        /// Before they began, since requests ahead of them on their connections had not been answered.
        long waitedNs;
        /// From the answer to the moment in which the client had taken it.
        long sendingNs;
    }

    private Api of(ApiKey api) {
        Api one = apis.get(api);
        if (one == null) {
            one = new Api();
            apis.put(api, one);
        }
        return one;
    }

    /// @param waitedNs from its arrival to the moment in which it was begun
    /// @param ns from that to its answer, waiting for records and the like included
    public void answered(ApiKey api, short errorCode, long waitedNs, long ns, String clientId, long nowNs) {
        Api one = of(api);
        one.waitedNs += waitedNs;
        if (errorCode == 0) {
            one.done++;
        } else {
            one.answers.merge(errorCode, 1L, Long::sum);
        }
        one.duration.record(ns, clientId, nowNs);
    }

    /// @param ns from the answer to the moment in which the client had taken it
    public void taken(ApiKey api, long ns) {
        of(api).sendingNs += ns;
    }

    /// So many more requests have come and not begun; fewer where it is negative.
    public void waiting(int more) {
        waiting += more;
    }

    public void received(long bytes) {
        receivedBytes += bytes;
    }

    public void sent(long bytes) {
        sentBytes += bytes;
    }

    /// A connection was ended because of what came over it.
    public void closedForFault() {
        closedForFault++;
    }

    /// A large request is not read any further until others have left memory for it.
    public void waitedForRoom() {
        waitedForRoom++;
    }

    /// Its connection was closed because they did not.
    public void gaveUpWaitingForRoom() {
        gaveUpWaitingForRoom++;
    }

    /// A connection was closed because a large request did not get on while others waited for the memory it took.
    public void gaveUpForPace() {
        gaveUpForPace++;
    }

    void add(TrafficMeters other) {
        receivedBytes += other.receivedBytes;
        sentBytes += other.sentBytes;
        closedForFault += other.closedForFault;
        waitedForRoom += other.waitedForRoom;
        gaveUpWaitingForRoom += other.gaveUpWaitingForRoom;
        gaveUpForPace += other.gaveUpForPace;
        waiting += other.waiting;
        other.apis.forEach((key, theirs) -> {
            Api ours = apis.computeIfAbsent(key, _ -> new Api());
            ours.done += theirs.done;
            ours.waitedNs += theirs.waitedNs;
            ours.sendingNs += theirs.sendingNs;
            ours.duration.add(theirs.duration);
            theirs.answers.forEach((error, count) -> ours.answers.merge(error, count, Long::sum));
        });
    }

    Map<ApiKey, Api> apis() {
        return apis;
    }

    /// Requests that have come and not begun.
    long waiting() {
        return waiting;
    }

    long receivedBytes() {
        return receivedBytes;
    }

    long sentBytes() {
        return sentBytes;
    }

    long faults() {
        return closedForFault;
    }

    /// Times that a large request waited for memory.
    public long waitsForRoom() {
        return waitedForRoom;
    }

    /// Those of them that came to nothing.
    public long vainWaitsForRoom() {
        return gaveUpWaitingForRoom;
    }

    /// Connections closed for a large request that did not get on.
    public long cutsForPace() {
        return gaveUpForPace;
    }
}
