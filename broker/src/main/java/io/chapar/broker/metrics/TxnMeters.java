package io.chapar.broker.metrics;

import io.chapar.txn.TxnState;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the transaction coordinators of one loop do. Plain numbers, touched on that loop alone.
public final class TxnMeters {
    /// Who had a transaction aborted.
    public enum AbortReason { CLIENT, TIMEOUT, FENCED }

    /// @param by who shut it out
    /// @param atMs of the process's clock
    public record Fence(String transactionalId, long producerId, short epoch, String by, long atMs) {}

    /// Of producers that were shut out.
    private static final int REMEMBERED = 20;
    /// Transactions whose end is awaited, on one loop; of more at a time the oldest are not measured.
    static final int MOST_AWAITED = 10_000;

    private final EnumMap<AbortReason, Long> aborts = new EnumMap<>(AbortReason.class);
    private final Distribution endToVisible = new Distribution();
    /// Producer id that the client goes on with -> when the outcome of its transaction was decided, by the machine's
    /// running time; oldest first. What another broker brings to its end stays until newer ones push it out.
    private final Map<Long, Long> decidedNs = new LinkedHashMap<>();
    private final ArrayDeque<Fence> lately = new ArrayDeque<>();
    private long fences;
    private long commits;
    private long markersSent;
    private long markersAnswered;

    /// The outcome of a transaction stands.
    private void decided(TxnState.Preparing preparing, AbortReason whyAborted) {
        switch (preparing.outcome()) {
            case COMMIT -> commits++;
            case ABORT -> aborts.merge(whyAborted, 1L, Long::sum);
        }
        decidedNs.put(preparing.successor().producerId(), System.nanoTime());
        if (decidedNs.size() > MOST_AWAITED) {
            decidedNs.remove(decidedNs.keySet().iterator().next());
        }
    }

    /// A producer was shut out.
    public void fenced(Fence fence) {
        fences++;
        lately.addLast(fence);
        if (lately.size() > REMEMBERED) {
            lately.removeFirst();
        }
    }

    /// Readers of every partition see the outcome.
    private void visible(String transactionalId, TxnState.Completed completed) {
        Long since = decidedNs.remove(completed.producerId());
        if (since != null) {
            long nowNs = System.nanoTime();
            endToVisible.record(nowNs - since, transactionalId, nowNs);
        }
    }

    /// A state of this id is committed.
    public void entered(String transactionalId, @Nullable TxnState state, AbortReason whyAborted) {
        switch (state) {
            case TxnState.Preparing preparing -> decided(preparing, whyAborted);
            case TxnState.Completed completed -> visible(transactionalId, completed);
            case null, default -> { }
        }
    }

    public void markerSent() {
        markersSent++;
    }

    public void markerAnswered() {
        markersAnswered++;
    }

    void add(TxnMeters other) {
        commits += other.commits;
        markersSent += other.markersSent;
        markersAnswered += other.markersAnswered;
        endToVisible.add(other.endToVisible);
        fences += other.fences;
        lately.addAll(other.lately);
        other.aborts.forEach((reason, count) -> aborts.merge(reason, count, Long::sum));
    }

    long fences() {
        return fences;
    }

    /// The last ones of each loop.
    List<Fence> fencedLately() {
        return List.copyOf(lately);
    }

    long commits() {
        return commits;
    }

    Map<AbortReason, Long> aborts() {
        return aborts;
    }

    Distribution endToVisible() {
        return endToVisible;
    }

    int awaited() {
        return decidedNs.size();
    }

    long markersWritten() {
        return markersAnswered;
    }

    /// On their way: sent, and not answered.
    long markersOutstanding() {
        return markersSent - markersAnswered;
    }
}
