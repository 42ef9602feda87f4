package io.chapar.broker.net;

import io.chapar.broker.metrics.TrafficMeters;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;

/// Requests of one connection that have not begun, in the order in which they came. On its loop.
final class WaitingRequests<B> {
    private final ServerLimits limits;
    private final TrafficMeters traffic;
    private final ArrayDeque<RequestInProgress<B>> requests = new ArrayDeque<>();
    private long bytes;

    WaitingRequests(ServerLimits limits, TrafficMeters traffic) {
        this.limits = limits;
        this.traffic = traffic;
    }

    void add(RequestInProgress<B> request) {
        requests.add(request);
        bytes += request.size();
        traffic.waiting(1);
    }

    boolean isEmpty() {
        return requests.isEmpty();
    }

    @Nullable RequestInProgress<B> first() {
        return requests.peek();
    }

    RequestInProgress<B> takeFirst() {
        RequestInProgress<B> first = requests.remove();
        bytes -= first.size();
        traffic.waiting(-1);
        return first;
    }

    /// Nothing can have come behind it.
    boolean hasLast(RequestInProgress<B> request) {
        return request.equals(requests.peekLast());
    }

    boolean isFull() {
        return requests.size() >= limits.maxWaitingFrames() || bytes >= limits.maxWaitingBytes();
    }

    /// Whether one of them takes of what all may have for large frames.
    boolean holdRoom() {
        return requests.stream().anyMatch(one -> one.charged() > 0);
    }
}
