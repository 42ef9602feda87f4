package io.chapar.broker.replica;

import io.chapar.broker.replica.FollowMessage.Acknowledge;
import io.chapar.broker.replica.FollowMessage.Batches;
import io.chapar.broker.replica.FollowMessage.Behind;
import io.chapar.broker.replica.FollowMessage.Credit;
import io.chapar.broker.replica.FollowMessage.Diverged;
import io.chapar.broker.replica.FollowMessage.Drop;
import io.chapar.broker.replica.FollowMessage.Refused;
import io.chapar.broker.replica.FollowMessage.Subscribe;
import io.chapar.broker.replica.FollowMessage.SyncAtOnce;
import io.chapar.broker.replica.FollowMessage.ToFollower;
import io.chapar.protocol.TopicPartition;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;

/// One broker that leads partitions, as one loop of a follower sees it.
///
/// ```
///          follow                 Batches
/// (none) ---------> SUBSCRIBING -----------> FOLLOWING
///                     ^  ^  |  Diverged, Behind  |
///                     |  |  +-----> CUTTING <----+
///                     |  +------------+ truncated
///                     +--PAUSING <-- Refused, or what came does not fit
/// ```
/// A link that breaks puts all back to SUBSCRIBING, from where their logs end by then: nothing is assumed about what
/// arrived at the other side. A cut goes to the end of the last epoch that both have, as the leader names them, one
/// epoch after the other (KIP-279), and never asks the high watermark. What comes for a slot that is not used any more
/// is dropped.
///
/// Of one loop. Times are that loop's, in milliseconds.
public final class FollowerCore {
    static final long FIRST_PAUSE_MS = 20;
    static final long LONGEST_PAUSE_MS = 1_000;

    private enum Phase { SUBSCRIBING, FOLLOWING, CUTTING, PAUSING }

    /// A partition that is followed. `end` and `lastEpoch` are those of the log here.
    private static final class Followed {
        private final TopicPartition id;
        private final UUID topicId;
        private final int epoch;
        private long end;
        private int lastEpoch;
        private long synced;
        /// As the leader has said in this subscription.
        private boolean syncAtOnce;
        private int slot;
        private Phase phase = Phase.SUBSCRIBING;
        private long pauseMs = FIRST_PAUSE_MS;
        private long againAtMs;

        Followed(TopicPartition id, UUID topicId, int epoch, long end, int lastEpoch) {
            this.id = id;
            this.topicId = topicId;
            this.epoch = epoch;
            this.end = end;
            this.lastEpoch = lastEpoch;
        }
    }

    private final int creditBytes;
    private final Function<TopicPartition, List<Long>> open;
    private final Map<TopicPartition, Followed> followed = new LinkedHashMap<>();
    private final Map<Integer, Followed> bySlot = new LinkedHashMap<>();
    private final Set<Followed> grown = new LinkedHashSet<>();
    private final Set<Followed> pausing = new LinkedHashSet<>();
    private boolean linked;
    private int nextSlot;
    private int consumedBytes;

    /// @param creditBytes what may be under way on the link
    /// @param open where the transactions begin that have no marker in the log here, as it is when that is asked for
    public FollowerCore(int creditBytes, Function<TopicPartition, List<Long>> open) {
        this.creditBytes = creditBytes;
        this.open = open;
    }

    // ---- what the image says

    /// The other broker leads this partition in this epoch.
    ///
    /// @param end of the log here
    /// @param lastEpoch of the last batch in it; -1 for none
    public void follow(TopicPartition id, UUID topicId, int epoch, long end, int lastEpoch,
            Consumer<FollowerEffect> out) {
        leave(id, out);
        Followed one = new Followed(id, topicId, epoch, end, lastEpoch);
        followed.put(id, one);
        subscribe(one, out);
    }

    /// It does not any more, or this broker keeps it no more. A cut that is under way is not waited for.
    public void leave(TopicPartition id, Consumer<FollowerEffect> out) {
        Followed one = followed.remove(id);
        if (one != null) {
            release(one, out);
        }
    }

    // ---- the link

    public void linked(Consumer<FollowerEffect> out) {
        linked = true;
        nextSlot = 0;
        consumedBytes = 0;
        out.accept(new FollowerEffect.Send(new Credit(creditBytes)));
        followed.values().forEach(one -> {
            if (one.phase != Phase.CUTTING) {
                subscribe(one, out);
            }
        });
    }

    public void unlinked() {
        linked = false;
        bySlot.clear();
        grown.clear();
    }

    private void subscribe(Followed one, Consumer<FollowerEffect> out) {
        one.phase = Phase.SUBSCRIBING;
        pausing.remove(one);
        syncAtOnce(one, false, out);
        if (linked) {
            one.slot = nextSlot++;
            bySlot.put(one.slot, one);
            out.accept(new FollowerEffect.Send(new Subscribe(
                    one.slot, one.topicId, one.id.partition(), one.epoch, one.end, one.lastEpoch, open.apply(one.id))));
        }
    }

    /// Whatever still comes for its slot is not taken.
    private void release(Followed one, Consumer<FollowerEffect> out) {
        grown.remove(one);
        pausing.remove(one);
        if (bySlot.remove(one.slot, one)) {
            out.accept(new FollowerEffect.Send(new Drop(one.slot)));
        }
    }

    // ---- what comes

    public void received(ToFollower message, long nowMs, Consumer<FollowerEffect> out) {
        if (message instanceof Batches batches) {
            consumedBytes += batches.bytes().remaining();
        }
        Followed one = bySlot.get(message.slot());
        if (one == null) {
            return;
        }
        switch (message) {
            case Batches batches -> take(one, batches, nowMs, out);
            case SyncAtOnce wish -> syncAtOnce(one, wish.wanted(), out);
            case Diverged diverged -> {
                end(one, Phase.CUTTING);
                out.accept(new FollowerEffect.Truncate(one.id, diverged.epoch(), diverged.end()));
            }
            case Behind behind -> {
                end(one, Phase.CUTTING);
                out.accept(new FollowerEffect.BeginAnew(one.id, behind.logStart()));
            }
            case Refused _ -> {
                end(one, Phase.PAUSING);
                pause(one, nowMs);
            }
        }
    }

    private static void syncAtOnce(Followed one, boolean wanted, Consumer<FollowerEffect> out) {
        if (one.syncAtOnce != wanted) {
            one.syncAtOnce = wanted;
            out.accept(new FollowerEffect.SyncAtOnce(one.id, wanted));
        }
    }

    private void take(Followed one, Batches batches, long nowMs, Consumer<FollowerEffect> out) {
        boolean fits = batches.from() == one.end && batches.next() >= batches.from()
                && (batches.next() > batches.from() || !batches.bytes().hasRemaining());
        if (!fits) {
            giveUp(one, nowMs, out);
            return;
        }
        if (one.phase == Phase.SUBSCRIBING) {
            one.phase = Phase.FOLLOWING;
            if (one.synced > 0) {
                grown.add(one);
            }
        }
        one.pauseMs = FIRST_PAUSE_MS;
        if (batches.next() > batches.from()) {
            out.accept(new FollowerEffect.Append(one.id, batches.bytes(), batches.next()));
            if (one.phase != Phase.FOLLOWING) {
                return;
            }
        }
        out.accept(new FollowerEffect.Advance(
                one.id, Math.min(batches.highWatermark(), batches.next()), batches.logStart()));
    }

    /// The leader has ended the subscription.
    private void end(Followed one, Phase phase) {
        bySlot.remove(one.slot);
        grown.remove(one);
        one.phase = phase;
    }

    private void giveUp(Followed one, long nowMs, Consumer<FollowerEffect> out) {
        release(one, out);
        one.phase = Phase.PAUSING;
        pause(one, nowMs);
    }

    private void pause(Followed one, long nowMs) {
        pausing.add(one);
        one.againAtMs = nowMs + one.pauseMs;
        one.pauseMs = Math.min(LONGEST_PAUSE_MS, one.pauseMs * 2);
    }

    // ---- what was done

    /// @param lastEpoch of the last batch that the log has now
    public void appended(TopicPartition id, long end, int lastEpoch) {
        Followed one = followed.get(id);
        if (one != null && one.phase == Phase.FOLLOWING) {
            one.end = end;
            one.lastEpoch = lastEpoch;
            grown.add(one);
        }
    }

    /// What came is not what can come next in the log here, and nothing of it was appended: it is asked for again.
    public void notAppended(TopicPartition id, long nowMs, Consumer<FollowerEffect> out) {
        Followed one = followed.get(id);
        if (one != null && one.phase == Phase.FOLLOWING) {
            giveUp(one, nowMs, out);
        }
    }

    /// All below is on stable storage.
    public void synced(TopicPartition id, long to) {
        Followed one = followed.get(id);
        if (one != null && to > one.synced) {
            one.synced = to;
            if (one.phase == Phase.FOLLOWING) {
                grown.add(one);
            }
        }
    }

    /// As [#appended], after a cut: the leader is asked again from there.
    public void truncated(TopicPartition id, long end, int lastEpoch, Consumer<FollowerEffect> out) {
        Followed one = followed.get(id);
        if (one != null && one.phase == Phase.CUTTING) {
            one.end = end;
            one.lastEpoch = lastEpoch;
            one.synced = Math.min(one.synced, end);
            subscribe(one, out);
        }
    }

    /// Tells the leader of all that has been done in this turn.
    public void turnEnded(Consumer<FollowerEffect> out) {
        if (!linked) {
            return;
        }
        for (Followed one : grown) {
            out.accept(new FollowerEffect.Send(new Acknowledge(one.slot, one.end, Math.min(one.synced, one.end))));
        }
        grown.clear();
        if (consumedBytes > 0) {
            out.accept(new FollowerEffect.Send(new Credit(consumedBytes)));
            consumedBytes = 0;
        }
    }

    // ---- time

    /// [Long#MAX_VALUE] when there is nothing to wait for.
    public long nextMs() {
        return pausing.stream().mapToLong(one -> one.againAtMs).min().orElse(Long.MAX_VALUE);
    }

    public void tick(long nowMs, Consumer<FollowerEffect> out) {
        for (Followed one : List.copyOf(pausing)) {
            if (one.againAtMs <= nowMs) {
                subscribe(one, out);
            }
        }
    }
}
