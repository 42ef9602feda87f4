package io.chapar.broker.net;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;

/// Requests of one connection that have not begun, in the order in which they came. On its loop.
final class WaitingRequests<B> {
    private final ServerLimits limits;
    private final ArrayDeque<RequestInProgress<B>> requests = new ArrayDeque<>();
    private long bytes;

    WaitingRequests(ServerLimits limits) {
        this.limits = limits;
    }

    void add(RequestInProgress<B> request) {
        requests.add(request);
        bytes += request.size();
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
