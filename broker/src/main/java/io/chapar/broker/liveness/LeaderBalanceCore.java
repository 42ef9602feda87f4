package io.chapar.broker.liveness;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.LeaderElections;
import io.chapar.broker.metadata.MetadataCommand.ElectLeaders;
import io.chapar.broker.metadata.MetadataCommand.ElectionKind;
import io.chapar.broker.runtime.Beat;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Gives partitions back to their first replica: from [#SETTLE_MS] after its broker was unfenced, wherever that replica
/// is in sync. The controller's soft state, which is never written down; a new one lets everybody settle anew.
///
/// One command is under way at a time, with as many partitions as it takes, and [#PAUSE_MS] lie between the end of one
/// and the next. Nothing is ordered, nor looked through, while nothing has changed.
///
/// Owned by the controller's loop. Times are that loop's, in milliseconds.
final class LeaderBalanceCore {
    static final long SETTLE_MS = 5_000;
    static final long PAUSE_MS = 1_000;

    private record Settling(long epoch, long sinceMs) {}

    /// Those that are active; at most one for each broker in the image.
    private final Map<Integer, Settling> settling = new TreeMap<>();
    private boolean isUnderWay;
    private long dueMs = Long.MAX_VALUE;
    private long lookedAtVersion = -1;
    private int lookedAtReady;

    /// This broker has just become the controller.
    void elected(ClusterImage image, long nowMs) {
        settling.clear();
        isUnderWay = false;
        lookedAtVersion = -1;
        dueMs = nowMs + PAUSE_MS;
        changed(image, nowMs);
    }

    /// The image is another one.
    void changed(ClusterImage image, long nowMs) {
        settling.keySet().retainAll(image.brokers().keySet());
        for (BrokerImage broker : image.brokers().values()) {
            Settling known = settling.get(broker.id());
            if (!broker.isActive()) {
                settling.remove(broker.id());
            } else if (known == null || known.epoch() != broker.epoch()) {
                settling.put(broker.id(), new Settling(broker.epoch(), nowMs));
            }
        }
        dueMs = Math.min(dueMs, Beat.before(nowMs + PAUSE_MS, nowMs));
    }

    /// What is to be put into the log; [#ended] has to be told when that has ended. To be called when [#nextMs] has
    /// come.
    @Nullable ElectLeaders tick(ClusterImage image, long nowMs) {
        dueMs = Beat.before(nowMs + PAUSE_MS, nowMs);
        int ready = (int) settling.keySet().stream().filter(node -> isReady(node, nowMs)).count();
        if (isUnderWay) {
            return null;
        }
        if (image.version() == lookedAtVersion && ready == lookedAtReady) {
            dueMs = nextReadyMs(nowMs);
            return null;
        }
        List<TopicPartition> due = LeaderElections.due(image, node -> isReady(node, nowMs), ElectLeaders.MOST);
        if (due.isEmpty()) {
            lookedAtVersion = image.version();
            lookedAtReady = ready;
            dueMs = nextReadyMs(nowMs);
            return null;
        }
        isUnderWay = true;
        return new ElectLeaders(ElectionKind.PREFERRED, due);
    }

    /// Until then, and until the image is another one, all stays as it is.
    private long nextReadyMs(long nowMs) {
        return settling.values().stream().mapToLong(known -> known.sinceMs() + SETTLE_MS)
                .filter(atMs -> atMs > nowMs).min().orElse(Long.MAX_VALUE);
    }

    private boolean isReady(int node, long nowMs) {
        Settling known = settling.get(node);
        return known != null && nowMs - known.sinceMs() >= SETTLE_MS;
    }

    /// However it ended: what it did is in the image.
    void ended(long nowMs) {
        isUnderWay = false;
        dueMs = nowMs + PAUSE_MS;
    }

    /// When [#tick] is due; [Long#MAX_VALUE] for never. May be earlier after [#changed] and [#ended].
    long nextMs() {
        return dueMs;
    }
}
