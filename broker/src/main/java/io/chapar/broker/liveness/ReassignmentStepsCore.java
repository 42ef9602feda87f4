package io.chapar.broker.liveness;

import io.chapar.broker.metadata.ClusterDelta;
import io.chapar.broker.metadata.ClusterDelta.TopicChange;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ClusterSettings;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.Reassignments;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.metadata.TopicRules;
import org.jspecify.annotations.Nullable;

import java.util.Collections;

/// When reassignments are advanced: [#SOON_MS] after something changed at one of them, or brokers did, or more may move
/// at a time, or fewer have to be in sync, where that leaves something to do. The controller's soft state, which is
/// never written down.
///
/// One command is under way at a time, and [#PAUSE_MS] lie between the end of one and the next. Nothing is looked
/// through while none of that has happened.
///
/// Owned by the controller's loop. Times are that loop's, in milliseconds.
final class ReassignmentStepsCore {
    static final long SOON_MS = 20;
    static final long PAUSE_MS = 200;

    private final TopicRules rules;
    private boolean isUnderWay;
    private long notBeforeMs;
    private long dueMs = Long.MAX_VALUE;

    ReassignmentStepsCore(TopicRules rules) {
        this.rules = rules;
    }

    /// This broker has just become the controller.
    void elected(long nowMs) {
        isUnderWay = false;
        notBeforeMs = nowMs;
        dueMs = nowMs + SOON_MS;
    }

    /// The image is another one. Whether [#nextMs] may be sooner than before.
    boolean changed(ClusterImage before, ClusterImage after, ClusterDelta delta, long nowMs) {
        if (dueMs != Long.MAX_VALUE || !concerns(before, after, delta)) {
            return false;
        }
        dueMs = Math.max(notBeforeMs, nowMs + SOON_MS);
        return !isUnderWay;
    }

    private boolean concerns(ClusterImage before, ClusterImage after, ClusterDelta delta) {
        return !after.brokers().equals(before.brokers())
                || (delta.isConfigured() && concerns(before.settings(), after.settings()))
                || delta.topics().stream().anyMatch(ReassignmentStepsCore::concerns);
    }

    private boolean concerns(ClusterSettings before, ClusterSettings after) {
        return rules.movesAtOnce(after) > rules.movesAtOnce(before) || minIsr(after) < minIsr(before);
    }

    /// Of topics that do not say: one that does is concerned by its own change.
    private int minIsr(ClusterSettings settings) {
        return rules.minIsr(Collections.emptySortedMap(), settings);
    }

    private static boolean concerns(TopicChange change) {
        return isReassigned(change.was()) || isReassigned(change.is());
    }

    private static boolean isReassigned(@Nullable TopicImage topic) {
        if (topic == null) {
            return false;
        }
        for (PartitionImage partition : topic.all()) {
            if (partition.reassignment() != null) {
                return true;
            }
        }
        return false;
    }

    /// Whether to advance them now; [#ended] has to be told when that has ended. To be called when [#nextMs] has come.
    boolean tick(ClusterImage image, long nowMs) {
        if (isUnderWay || nowMs < dueMs) {
            return false;
        }
        dueMs = Long.MAX_VALUE;
        isUnderWay = Reassignments.isDue(image, rules.movesAtOnce(image.settings()));
        return isUnderWay;
    }

    /// @param isDecided whether the image shows what came of it; otherwise it is tried again
    void ended(boolean isDecided, long nowMs) {
        isUnderWay = false;
        notBeforeMs = nowMs + PAUSE_MS;
        if (!isDecided || dueMs != Long.MAX_VALUE) {
            dueMs = notBeforeMs;
        }
    }

    /// When [#tick] is due; [Long#MAX_VALUE] while there is nothing to wait for.
    long nextMs() {
        return isUnderWay ? Long.MAX_VALUE : dueMs;
    }
}
