package io.chapar.broker.metrics;

import io.chapar.protocol.message.ApiKey;
import org.jspecify.annotations.Nullable;

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

    /// The requests of one API.
    static final class Api {
        /// Error code -> answers.
        final Map<Short, Long> answers = new LinkedHashMap<>();
        final Distribution duration = new Distribution();
        /// Answers without an error.
        long done;
    }

    /// @param ns from the moment in which the request was begun to its answer, waiting included
    public void answered(@Nullable ApiKey api, short errorCode, long ns) {
        Api one = apis.get(api);
        if (one == null) {
            one = new Api();
            apis.put(api, one);
        }
        if (errorCode == 0) {
            one.done++;
        } else {
            one.answers.merge(errorCode, 1L, Long::sum);
        }
        one.duration.record(ns);
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
        other.apis.forEach((key, theirs) -> {
            Api ours = apis.computeIfAbsent(key, _ -> new Api());
            ours.done += theirs.done;
            ours.duration.add(theirs.duration);
            theirs.answers.forEach((error, count) -> ours.answers.merge(error, count, Long::sum));
        });
    }

    Map<ApiKey, Api> apis() {
        return apis;
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
