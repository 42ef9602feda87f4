package io.chapar.broker.group;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static java.util.Objects.requireNonNull;

/// Appends of transactions that are not decided yet, and markers that were seen before their outcome was. If a marker
/// did not wait for that, it would end what is then staged for ever.
final class TxnAppends {
    private final Map<Long, Open> byProducer = new LinkedHashMap<>();

    record Marker(long offset, boolean commit) {}

    private static final class Open {
        private int appends = 0;
        private final Deque<Marker> early = new ArrayDeque<>();
    }

    void begin(long producerId) {
        byProducer.computeIfAbsent(producerId, _ -> new Open()).appends++;
    }

    /// Whether the marker waits; if not it is to be taken in now.
    boolean await(long producerId, Marker marker) {
        Open open = byProducer.get(producerId);
        if (open != null) {
            open.early.addLast(marker);
        }
        return open != null;
    }

    /// The markers that stand before an append that is decided.
    List<Marker> before(long producerId, long offset) {
        Deque<Marker> early = open(producerId).early;
        List<Marker> due = new ArrayList<>();
        while (!early.isEmpty() && early.getFirst().offset() < offset) {
            due.add(early.removeFirst());
        }
        return due;
    }

    /// An append is decided, and what came of it is taken in.
    ///
    /// @return the markers that waited, if it was the last
    List<Marker> decided(long producerId) {
        Open open = open(producerId);
        open.appends--;
        if (open.appends > 0) {
            return List.of();
        }
        byProducer.remove(producerId);
        return List.copyOf(open.early);
    }

    private Open open(long producerId) {
        return requireNonNull(byProducer.get(producerId), "an append of its transaction is not decided yet");
    }
}
