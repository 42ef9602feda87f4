package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.share.state.ShareStateRecord;
import io.chapar.broker.share.state.ShareStateRecord.Snapshot;
import io.chapar.broker.share.state.ShareStateRecord.Update;
import io.chapar.broker.share.state.ShareStateRecordCodec;
import io.chapar.broker.share.state.StateBatch;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.ShareFetchResponse;
import org.jspecify.annotations.Nullable;

import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/// A record of a share group is given to one member at a time, and no more often than it may be, until one has accepted
/// or rejected it, which is written before it is told; it is never given again then. None is passed over. What is done
/// with stays so, and where the group begins moves forward alone.
final class SharesFollowTheRules extends Promise {
    private record Key(int cluster, UUID topicId, int partition) {}

    /// Whom an offset was given to, and until when nobody else may have it.
    private record Hold(String member, ServerConnection connection, long untilUs) {}

    private static final class Shared {
        private long start = -1;
        private int stateEpoch = -1;
        private int leaderEpoch = -1;
        /// By offset, from the start on.
        private final TreeMap<Long, Byte> states = new TreeMap<>();
        private final BitSet given = new BitSet();
        private final BitSet accepted = new BitSet();
        private final TreeMap<Long, Hold> holds = new TreeMap<>();

        boolean isDone(long offset) {
            return offset < start || isFinal(states.getOrDefault(offset, StateBatch.AVAILABLE));
        }
    }

    private final boolean committedOnly;
    private final Map<Key, Shared> all =
            new TreeMap<>(Comparator.comparingInt(Key::cluster).thenComparing(Key::topicId)
                    .thenComparingInt(Key::partition));

    SharesFollowTheRules(ModernGroup group) {
        super("Records of a share group are given until one member is done with them");
        committedOnly = group.committedOnly();
    }

    private static boolean isFinal(byte state) {
        return state == StateBatch.ACKNOWLEDGED || state == StateBatch.ARCHIVED;
    }

    private Shared of(SimulatedCluster cluster, UUID topicId, int partition) {
        return all.computeIfAbsent(new Key(cluster.number(), topicId, partition), _ -> new Shared());
    }

    /// Where the group begins to read what the log holds; -1 before it does.
    long start(GhostLog log) {
        return of(log.cluster(), log.topicId(), log.id().partition()).start;
    }

    // ---- the log

    @Override
    void folded(GhostLog log, SeenBatch batch) {
        if (!log.id().topic().equals(CoordinatorKeys.SHARE_STATE) || !batch.isData()) {
            return;
        }
        for (SeenBatch.SeenRecord record : batch.records()) {
            switch (ShareStateRecordCodec.read(record.key(), record.value())) {
                case Snapshot snapshot -> take(log, snapshot);
                case Update update -> take(log, update);
                case ShareStateRecord.Forgotten gone -> all.remove(
                        new Key(log.cluster().number(), gone.key().topicId(), gone.key().partition()));
                case null -> { }
            }
        }
    }

    private void take(GhostLog log, Snapshot record) {
        Shared shared = of(log.cluster(), record.key().topicId(), record.key().partition());
        if (record.stateEpoch() != shared.stateEpoch) {
            shared.stateEpoch = record.stateEpoch();
            shared.start = record.startOffset();
            shared.states.clear();
        }
        TreeMap<Long, Byte> before = new TreeMap<>(shared.states);
        move(log, shared, record.leaderEpoch(), record.startOffset(), record.batches(), record);
        TreeMap<Long, Byte> now = new TreeMap<>();
        record.batches().forEach(one -> put(now, one));
        before.tailMap(shared.start, true).forEach((offset, state) -> {
            if (isFinal(state) && !state.equals(now.get(offset))) {
                wrong(shared, record.key().topicId(), record.key().partition(), offset,
                        "was done with, and a snapshot does not say so");
            }
        });
    }

    private void take(GhostLog log, Update record) {
        Shared shared = of(log.cluster(), record.key().topicId(), record.key().partition());
        move(log, shared, record.leaderEpoch(), record.startOffset(), record.batches(), record);
    }

    private static void put(Map<Long, Byte> states, StateBatch batch) {
        for (long offset = batch.first(); offset <= batch.last(); offset++) {
            states.put(offset, batch.state());
        }
    }

    private void move(GhostLog log, Shared shared, int leaderEpoch, long start, List<StateBatch> batches,
            ShareStateRecord by) {
        if (ghosts().isLossy()) {
            return;
        }
        GhostLog read = readLog(log.cluster(), shared);
        if (leaderEpoch < shared.leaderEpoch) {
            breach("a state was written in leader epoch " + leaderEpoch + " after one in " + shared.leaderEpoch
                    + ": " + by);
        }
        shared.leaderEpoch = leaderEpoch;
        for (StateBatch batch : batches) {
            if (batch.deliveries() > ModernGroup.DELIVERIES) {
                breach("offsets " + batch + " were delivered more often than they may be");
            }
            for (long offset = batch.first(); offset <= batch.last(); offset++) {
                byte before = shared.states.getOrDefault(offset, StateBatch.AVAILABLE);
                if (offset >= shared.start && isFinal(before) && before != batch.state()) {
                    breach("offset " + offset + " was in state " + before + " and is in another by " + by);
                }
                if (batch.state() == StateBatch.ACKNOWLEDGED && !shared.accepted.get((int) offset)) {
                    breach("offset " + offset + " counts as accepted, and nobody has accepted it");
                }
                if (batch.state() == StateBatch.ARCHIVED) {
                    passed(read, shared, offset);
                }
                shared.states.put(offset, batch.state());
            }
        }
        if (start >= 0) {
            if (start < shared.start) {
                breach("the group's beginning went back from " + shared.start + " to " + start + " by " + by);
            }
            for (long offset = Math.max(0, shared.start); offset < start && shared.start >= 0; offset++) {
                passed(read, shared, offset);
            }
            shared.start = start;
            shared.states.headMap(start).clear();
        }
    }

    private @Nullable GhostLog readLog(SimulatedCluster cluster, Shared shared) {
        for (Map.Entry<Key, Shared> one : all.entrySet()) {
            if (one.getValue() == shared) {
                return ghosts().log(cluster, one.getKey().topicId(), one.getKey().partition());
            }
        }
        return null;
    }

    /// Nobody will be given it any more.
    private void passed(@Nullable GhostLog log, Shared shared, long offset) {
        Map.Entry<Long, SeenBatch> batch = log == null ? null : log.batches().floorEntry(offset);
        if (log == null || batch == null || batch.getValue().last() < offset || shared.given.get((int) offset)) {
            return;
        }
        GhostLog.Fate fate = log.fate(batch.getValue());
        boolean shown = batch.getValue().isData() && (!committedOnly || fate != GhostLog.Fate.ABORTED);
        if (shown) {
            breach(log.name() + "@" + offset + " (" + fate + ") is passed over, and nobody was given it");
        }
    }

    private void wrong(Shared shared, UUID topicId, int partition, long offset, String what) {
        if (!ghosts().isLossy()) {
            breach("offset " + offset + " of " + topicId + "-" + partition + " " + what + ": " + shared.states);
        }
    }

    // ---- requests and answers

    @Override
    void asked(SimulatedBroker broker, ServerConnection.Exchange exchange) {
        ShareSaid said = ShareSaid.of(exchange.request());
        if (said == null) {
            return;
        }
        if (said.epoch() <= 0) {
            all.values().forEach(shared -> shared.holds.values().removeIf(one -> one.member().equals(said.member())));
        }
        said.forgotten().forEach(part -> of(broker.cluster(), part.topicId(), part.partition()).holds.values()
                .removeIf(one -> one.member().equals(said.member())));
        said.each((part, offset, type) -> {
            Shared shared = of(broker.cluster(), part.topicId(), part.partition());
            if (type == ShareSaid.ACCEPT) {
                shared.accepted.set((int) offset);
            }
            shared.holds.remove(offset);
        });
    }

    @Override
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {
        ShareSaid said = ShareSaid.of(exchange.request());
        if (said == null || ghosts().isLossy()) {
            return;
        }
        said.each((part, offset, type) -> {
            Shared shared = of(broker.cluster(), part.topicId(), part.partition());
            boolean decides = type == ShareSaid.ACCEPT || type == ShareSaid.REJECT;
            if (decides && ShareSaid.isTaken(response, part) && !shared.isDone(offset)) {
                breach(broker.name() + " told " + said.member() + " that offset " + offset + " of " + part
                        + " is done with, and that is not in the log");
            }
        });
        if (response instanceof ShareFetchResponse answer && answer.errorCode() == 0) {
            answer.responses().forEach(topic -> topic.partitions().forEach(part -> {
                GhostLog log = ghosts().log(broker.cluster(), topic.topicId(), part.partitionIndex());
                Shared shared = of(broker.cluster(), topic.topicId(), part.partitionIndex());
                part.acquiredRecords().forEach(acquired -> {
                    shared.given.set((int) acquired.firstOffset(), (int) acquired.lastOffset() + 1);
                    // Who has not heard of its successor may not know what is done with.
                    if (!ghosts().isDeposed(broker, log)) {
                        given(broker, exchange, said.member(), shared, acquired);
                    }
                });
            }));
        }
    }

    private void given(SimulatedBroker broker, ServerConnection.Exchange exchange, String member, Shared shared,
            ShareFetchResponse.AcquiredRecords acquired) {
        if (acquired.deliveryCount() < 1 || acquired.deliveryCount() > ModernGroup.DELIVERIES) {
            breach(broker.name() + " gave " + member + " " + acquired);
        }
        long nowUs = ghosts().world().nowUs();
        for (long offset = acquired.firstOffset(); offset <= acquired.lastOffset(); offset++) {
            if (shared.isDone(offset)) {
                breach(broker.name() + " gave " + member + " offset " + offset + " again, which is done with: "
                        + "the group begins at " + shared.start + ", " + shared.states);
            }
            Hold other = shared.holds.get(offset);
            if (other != null && keepsLocks() && !other.connection().isGone() && nowUs < other.untilUs()) {
                breach(broker.name() + " gave " + member + " offset " + offset + ", which " + other.member() + " has");
            }
            shared.holds.put(offset, new Hold(member, exchange.connection(),
                    exchange.begunUs() + ModernGroup.LOCK_MS * 990L));
        }
    }

    /// Whether nothing but time and the members themselves takes locks away.
    private boolean keepsLocks() {
        Swarm swarm = ghosts().swarm();
        return !swarm.cluster() && !swarm.mayGoOffline() && !swarm.slowSyncs() && swarm.followerDelayMs() < 0;
    }

    @Override
    void stopped(SimulatedBroker broker) {
        all.values().forEach(shared -> shared.holds.clear());
    }

    @Override
    void startedOver(GhostLog log) {
        if (log.id().topic().equals(CoordinatorKeys.SHARE_STATE)) {
            all.clear();
        }
    }
}
