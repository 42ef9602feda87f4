package io.chapar.broker.partition;

import io.chapar.broker.metadata.PartitionImage;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/// How far a partition with several replicas is committed, and who is in sync with its leader, in one leadership. On
/// the leader's loop. What the leader itself has is told by [#written], right after it has begun.
///
/// The high watermark is the least that all of the *maximal* in-sync set have: those that the cluster knows of, and
/// those that the leader has asked to be added. Who it has asked to be taken out counts until the cluster has agreed.
/// So whatever in-sync set the cluster holds later, its members have all that was exposed. While fewer are in sync than
/// have to be, it stands still: whoever leaves then stays eligible, and has all that is committed (KIP-966). It only
/// rises.
///
/// A follower whose link is well and that has all is caught up, however long nothing has been written; under load one
/// is that has what there was a moment ago. One that lags for too long is asked to be taken out; one is asked in when
/// it has kept up for [#STEADY_MS] and has, in that moment, all that is committed and all that this leadership began
/// with. It need not have had all that is committed at each moment before: who acknowledges last never has, where the
/// next record is written as soon as the one before is committed.
///
/// Times are the loop's, in milliseconds.
public final class IsrCore {
    /// Of one that wavers, not each change is a change of the cluster.
    static final long STEADY_MS = 500;
    static final long REFUSED_PAUSE_MS = 200;

    /// @param partitionEpoch of the image that it is a change of
    public record Wish(int partitionEpoch, List<Integer> isr) {}

    private static final class Follower {
        private long end = -1;
        /// It has had all that there was then, and at no later time that is known.
        private long caughtUpMs;
        /// Where the leader's log ended at `goalMs`: who has so much has caught up as of then, though more is there by
        /// now.
        private long goal;
        private long goalMs;
        /// Since when it has kept up without lagging for [#STEADY_MS]; -1 while it has not.
        private long steadySinceMs = -1;

        Follower(long nowMs) {
            caughtUpMs = nowMs;
            goalMs = nowMs;
        }
    }

    private final int here;
    private final long lagMs;
    private final long epochStart;
    private final Map<Integer, Follower> followers = new TreeMap<>();
    private PartitionImage image;
    private int minIsr;
    /// What the leader has asked for, and is not answered yet.
    private @Nullable Wish asked;
    private long notBeforeMs;
    private long written;
    private long highWatermark;

    /// @param here the leader
    /// @param minIsr how many have to be in sync, the leader counted; never more than there are replicas
    /// @param epochStart where the log ended when this leadership began
    /// @param committed what is known to be committed
    public IsrCore(
            int here, PartitionImage image, int minIsr, long lagMs, long epochStart, long committed, long nowMs) {
        this.here = here;
        this.image = image;
        this.minIsr = minIsr;
        this.lagMs = lagMs;
        this.epochStart = epochStart;
        written = committed;
        highWatermark = committed;
        image.replicas().stream().filter(node -> node != here)
                .forEach(node -> followers.put(node, new Follower(nowMs)));
    }

    public long highWatermark() {
        return highWatermark;
    }

    /// Whether so many are in sync that what is acknowledged by all of them is committed.
    public boolean isEnough() {
        return image.isr().size() >= image.enough(minIsr);
    }

    public boolean isReplica(int node) {
        return image.replicas().contains(node);
    }

    int inSync() {
        return image.isr().size();
    }

    boolean isInSync(int node) {
        return image.isr().contains(node);
    }

    /// What a follower has of this leadership; -1 where that is not known.
    long endOf(int node) {
        Follower follower = followers.get(node);
        return follower == null ? -1 : follower.end;
    }

    /// By node, how many records each follower misses of what this leader may count on; without those of whom that is
    /// not known.
    Map<Integer, Long> behind() {
        Map<Integer, Long> behind = new TreeMap<>();
        followers.forEach((node, follower) -> {
            if (follower.end >= 0) {
                behind.put(node, Math.max(0, written - follower.end));
            }
        });
        return behind;
    }

    /// Nothing is to be expected of time: all replicas are in sync and have all, and no answer is waited for.
    boolean isSettled() {
        return asked == null && !image.recovering() && image.isr().size() == image.replicas().size()
                && followers.values().stream().allMatch(follower -> follower.end >= written);
    }

    /// Whether all that the log held as this leadership began is known to be committed. Before that, a leader of before
    /// may have shown more than this one does.
    boolean isAtItsBeginning() {
        return highWatermark < epochStart;
    }

    // ---- what happens

    /// How many have to be in sync from now on. Whether the high watermark rose.
    public boolean require(int atLeast) {
        minIsr = atLeast;
        return rise();
    }

    /// The leader's own log ends there. Whether the high watermark rose.
    public boolean written(long end, long nowMs) {
        // Who has had all until now lags from now on.
        followers.values().forEach(follower -> look(follower, nowMs));
        written = end;
        return rise();
    }

    /// A follower has all below. Whether the high watermark rose.
    public boolean acknowledged(int node, long end, long nowMs) {
        if (node == here || !isReplica(node)) {
            return false;
        }
        // A reassignment may have added it.
        Follower follower = followers.computeIfAbsent(node, _ -> new Follower(nowMs));
        // Behind what it had once it is when it has come back with less.
        follower.end = end;
        look(follower, nowMs);
        return rise();
    }

    /// It lost its link, or its life: what it has is not known.
    public void lost(int node, long nowMs) {
        Follower follower = followers.get(node);
        if (follower != null) {
            look(follower, nowMs);
            follower.end = -1;
            follower.steadySinceMs = -1;
        }
    }

    private void look(Follower follower, long nowMs) {
        if (follower.end >= written) {
            follower.caughtUpMs = nowMs;
        } else if (follower.end >= follower.goal) {
            follower.caughtUpMs = Math.max(follower.caughtUpMs, follower.goalMs);
            follower.goal = written;
            follower.goalMs = nowMs;
        }
        if (follower.end < 0 || nowMs - follower.caughtUpMs >= Math.min(STEADY_MS, lagMs)) {
            follower.steadySinceMs = -1;
        } else if (follower.steadySinceMs < 0) {
            follower.steadySinceMs = nowMs;
        }
    }

    /// The cluster's image of the partition is this now, in the same leadership. Whether the high watermark rose.
    public boolean become(PartitionImage after) {
        if (after.partitionEpoch() > image.partitionEpoch()) {
            image = after;
            asked = null;
            followers.keySet().retainAll(after.replicas());
        }
        return rise();
    }

    /// The cluster has refused what was asked for: nothing was changed, and nothing will be. Of an earlier wish that
    /// says nothing. Whether the high watermark rose.
    public boolean refused(Wish wish, long nowMs) {
        if (wish.equals(asked)) {
            asked = null;
            notBeforeMs = nowMs + REFUSED_PAUSE_MS;
        }
        return rise();
    }

    // ---- the in-sync set

    /// Who should be in sync with this leader, on top of the image that is known here; null for no change, or while an
    /// answer is waited for. One that never comes says nothing: who was to be added counts until the image changes.
    ///
    /// @param mayJoin whom the cluster would take in, as far as is known here: one of the others in a wish, and all of
    ///        it is refused
    public @Nullable Wish wish(long nowMs, IntPredicate mayJoin) {
        if (asked != null || nowMs < notBeforeMs) {
            return null;
        }
        List<Integer> wanted = new ArrayList<>();
        for (int node : image.replicas()) {
            Follower follower = followers.get(node);
            if (node == here || (follower != null && belongs(follower, image.isr().contains(node), nowMs)
                    && (image.isr().contains(node) || mayJoin.test(node)))) {
                wanted.add(node);
            }
        }
        if (!image.recovering() && Set.copyOf(wanted).equals(Set.copyOf(image.isr()))) {
            return null;
        }
        asked = new Wish(image.partitionEpoch(), List.copyOf(wanted));
        return asked;
    }

    private boolean belongs(Follower follower, boolean isIn, long nowMs) {
        look(follower, nowMs);
        if (isIn) {
            return nowMs - follower.caughtUpMs < lagMs;
        }
        boolean fit = follower.end >= Math.max(highWatermark, epochStart);
        return fit && follower.steadySinceMs >= 0 && nowMs - follower.steadySinceMs >= STEADY_MS;
    }

    private boolean rise() {
        if (!isEnough()) {
            return false;
        }
        Set<Integer> maximal = new LinkedHashSet<>(image.isr());
        if (asked != null) {
            maximal.addAll(asked.isr());
        }
        long everywhere = written;
        for (int node : maximal) {
            Follower follower = followers.get(node);
            if (follower != null) {
                everywhere = Math.min(everywhere, follower.end);
            } else if (node != here) {
                return false;
            }
        }
        if (everywhere <= highWatermark) {
            return false;
        }
        highWatermark = everywhere;
        return true;
    }
}
