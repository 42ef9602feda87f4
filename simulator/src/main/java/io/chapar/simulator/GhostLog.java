package io.chapar.simulator;

import io.chapar.broker.partition.Partition;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

import static java.util.Objects.requireNonNull;

/// What a partition's log holds, worked out anew from its batches as they were seen to appear: the measure by which the
/// broker's own view of it is judged.
final class GhostLog {
    private final SimulatedCluster cluster;
    private final TopicPartition id;
    private final UUID topicId;
    private final long bornUs;
    private final NavigableMap<Long, SeenBatch> batches = new TreeMap<>();
    private final SortedMap<Long, Producer> producers = new TreeMap<>();
    /// Transactions that have ended, by their first offset.
    private final NavigableMap<Long, Ended> ended = new TreeMap<>();
    private long start;
    private long knownFrom;
    private long end;
    private boolean damaged;
    private long lastCall = Long.MAX_VALUE;
    /// By broker, as they were last looked at.
    private final SortedMap<Integer, SeenReplica> replicas = new TreeMap<>();
    /// Of who leads it, or did last; while one is looked at, that one. Null before the first.
    private @Nullable SeenReplica current;
    /// By broker, what its log reached from and to when that was last looked at.
    private final Map<Integer, Reach> reaches = new TreeMap<>();
    /// Who was the first to lead it.
    private final SimulatedBroker first;
    /// Of the last leadership that was seen.
    int leaderEpoch = -1;

    /// A producer in this log.
    static final class Producer {
        short epoch = -1;
        int lastSequence = -1;
        int coordinatorEpoch = -1;
        short lastMarkerEpoch = -1;
        /// First offset of the open transaction, or -1.
        long openFrom = -1;
        /// Last offset of its last batch of data, or -1.
        long lastData = -1;
    }

    /// @param from where it was begun anew behind all that it had, or 0
    private record Reach(long from, long end) {
        Reach next(long start, long endNow) {
            return new Reach(start > end ? start : Math.min(from, start), endNow);
        }
    }

    /// A transaction with data here.
    record Ended(long producerId, long first, long marker, boolean committed) {}

    enum Fate { PLAIN, OPEN, COMMITTED, ABORTED }

    GhostLog(SimulatedBroker broker, TopicPartition id, UUID topicId, long bornUs) {
        first = broker;
        cluster = broker.cluster();
        this.id = id;
        this.topicId = topicId;
        this.bornUs = bornUs;
    }

    SimulatedCluster cluster() {
        return cluster;
    }

    /// Who leads it, or did last.
    SimulatedBroker broker() {
        return current == null ? first : current.broker();
    }

    /// Whether its topic is there still.
    boolean exists() {
        return cluster.exists(topicId);
    }

    TopicPartition id() {
        return id;
    }

    UUID topicId() {
        return topicId;
    }

    long bornUs() {
        return bornUs;
    }

    long end() {
        return end;
    }

    NavigableMap<Long, SeenBatch> batches() {
        return batches;
    }

    SortedMap<Long, Producer> producers() {
        return producers;
    }

    /// Of who leads it, or did last, or is being looked at.
    @Nullable Partition partition() {
        return current == null ? null : current.partition();
    }

    /// What this broker has of it, as far as it was looked at; null for nothing.
    @Nullable SeenReplica at(SimulatedBroker broker) {
        return at(broker.nodeId());
    }

    @Nullable SeenReplica at(int node) {
        return replicas.get(node);
    }

    SeenReplica current() {
        return requireNonNull(current, "looked at before");
    }

    /// From here on this is what is looked at, until [#lookedAt].
    ///
    /// @return whether it is another than was looked at before: a new life of its broker, or another role
    boolean lookAt(SimulatedBroker broker, Partition opened, boolean leads) {
        SeenReplica known = replicas.get(broker.nodeId());
        boolean another = known == null || !known.is(opened, leads);
        SeenReplica replica = another ? new SeenReplica(broker, opened, leads) : known;
        if (another) {
            replicas.put(broker.nodeId(), replica);
        }
        current = replica;
        return another;
    }

    /// What this broker's log reaches from and to now. Where it begins behind its former end, it was begun anew there,
    /// as by a follower whose leader has nothing older: of what stood in front it knows nothing.
    void reaches(SimulatedBroker broker, Partition partition) {
        reaches.compute(broker.nodeId(), (_, before) -> (before == null ? new Reach(0, 0) : before)
                .next(partition.logStartOffset(), partition.logEndOffset()));
    }

    /// Where the log that is looked at was begun anew; 0 when it was not.
    long beganAnewAt() {
        return beganAnewAt(current().broker());
    }

    private long beganAnewAt(SimulatedBroker broker) {
        Reach reach = reaches.get(broker.nodeId());
        return reach == null ? 0 : reach.from();
    }

    /// Who leads in the latest leadership comes first again.
    void lookedAt() {
        for (SeenReplica one : replicas.values()) {
            if (one.isLeading() && (!current().isLeading() || one.epoch > current().epoch)) {
                current = one;
            }
        }
    }

    /// Whether this was there already when the log was opened, or got another role: of an earlier life, or of a leader
    /// that was followed.
    boolean isFromBefore(SeenBatch batch) {
        return batch.last() < current().openedUpTo();
    }

    /// What each broker has of it, as far as it was looked at; also of brokers that have died since.
    List<SeenReplica> replicas() {
        return List.copyOf(replicas.values());
    }

    /// Whether an index of it was being built anew when it was last read.
    boolean isBeingIndexed() {
        return current().isBeingIndexed();
    }

    /// Up to here this life's log has been looked at.
    long verified() {
        return current == null ? 0 : current.verified();
    }

    void verified(long upTo) {
        current().verified(upTo);
    }

    /// Who processes this topic is about to stop: what comes later, on a request that was long on its way, is not
    /// processed.
    void lastCall() {
        lastCall = end;
    }

    boolean isBeforeLastCall(long offset) {
        return offset < lastCall;
    }

    /// Bits of its segments were turned around on the disk: what it holds is not what was written.
    boolean isDamaged() {
        return damaged;
    }

    void damage() {
        damaged = true;
    }

    /// What lies below cannot be read.
    void unreadableUpTo(long offset) {
        verified(offset);
        end = Math.max(end, offset);
    }

    boolean isCompacted() {
        return id.topic().startsWith("__") || id.topic().startsWith("compacted");
    }

    String name() {
        return cluster.name() + "/" + id;
    }

    void startMoved(long to) {
        start = Math.max(start, to);
        end = Math.max(end, start);
        verified(Math.max(verified(), start));
    }

    long start() {
        return start;
    }

    /// What stood before was never seen, or does not count any more since [#startOver].
    long knownFrom() {
        return knownFrom;
    }

    /// First offset of the oldest open transaction, or the end.
    long firstOpen() {
        long first = end;
        for (Producer producer : producers.values()) {
            if (producer.openFrom >= 0) {
                first = Math.min(first, producer.openFrom);
            }
        }
        return first;
    }

    /// The same, as far as this broker's log says: where it was begun anew behind the beginning of one, that one is
    /// open from the first of its batches on that is there.
    long firstOpen(SimulatedBroker broker) {
        long from = beganAnewAt(broker);
        long first = end;
        for (Map.Entry<Long, Producer> producer : producers.entrySet()) {
            long open = openFrom(producer.getKey(), producer.getValue(), from);
            first = open < 0 ? first : Math.min(first, open);
        }
        return first;
    }

    /// First offset of its open transaction in the log that is looked at, or -1.
    long openFrom(long producerId) {
        Producer producer = producers.get(producerId);
        return producer == null ? -1 : openFrom(producerId, producer, beganAnewAt());
    }

    private long openFrom(long producerId, Producer producer, long from) {
        if (producer.openFrom < 0 || producer.openFrom >= from) {
            return producer.openFrom;
        }
        for (SeenBatch batch : batches.tailMap(producer.openFrom).values()) {
            if (batch.producerId() == producerId && batch.isData() && batch.last() >= from) {
                return batch.base();
            }
        }
        return -1;
    }

    /// Whether a batch with that offset was seen.
    boolean holds(long offset) {
        Map.Entry<Long, SeenBatch> found = batches.floorEntry(offset);
        return found != null && found.getValue().last() >= offset;
    }

    /// Takes in the next batch.
    void fold(SeenBatch batch) {
        batches.put(batch.base(), batch);
        end = batch.last() + 1;
        if (batch.producerId() < 0) {
            return;
        }
        Producer producer = producers.computeIfAbsent(batch.producerId(), _ -> new Producer());
        if (batch.marker() != null) {
            if (producer.openFrom >= 0) {
                ended.put(producer.openFrom,
                        new Ended(batch.producerId(), producer.openFrom, batch.base(), batch.marker().commit()));
                producer.openFrom = -1;
            }
            if (batch.epoch() != producer.epoch) {
                producer.lastSequence = -1;
            }
            producer.lastMarkerEpoch = batch.epoch();
            producer.coordinatorEpoch = batch.marker().coordinatorEpoch();
        } else {
            producer.lastSequence = batch.lastSequence();
            producer.lastData = batch.last();
            if (batch.transactional() && producer.openFrom < 0) {
                producer.openFrom = batch.base();
            }
        }
        producer.epoch = batch.epoch();
    }

    /// What became of the transaction that this batch belongs to.
    Fate fate(SeenBatch batch) {
        if (!batch.transactional()) {
            return Fate.PLAIN;
        }
        Ended txn = end(batch);
        return txn == null ? Fate.OPEN : txn.committed() ? Fate.COMMITTED : Fate.ABORTED;
    }

    /// How the transaction has ended that this batch belongs to; null while it is open.
    @Nullable Ended end(SeenBatch batch) {
        for (Ended one : ended.headMap(batch.base(), true).descendingMap().values()) {
            if (one.producerId() == batch.producerId()) {
                return one.marker() < batch.base() ? null : one;
            }
        }
        return null;
    }

    /// Offset of the last record that a reader is to be given in the end; -1 when there is none.
    long lastShown(boolean committedOnly) {
        for (SeenBatch batch : batches.descendingMap().values()) {
            if (batch.last() < start) {
                return -1;
            }
            for (SeenBatch.SeenRecord record : batch.records().reversed()) {
                if ((!committedOnly || isVisible(batch)) && !maySkip(batch, record)) {
                    return record.offset();
                }
            }
        }
        return -1;
    }

    /// Whether a reader of committed data is given it.
    boolean isVisible(SeenBatch batch) {
        Fate fate = fate(batch);
        return batch.isData() && (fate == Fate.PLAIN || fate == Fate.COMMITTED);
    }

    /// Whether a reader from the beginning may go without the record: deleted, or replaced by a later one of its key,
    /// or not worth keeping.
    boolean maySkip(SeenBatch batch, SeenBatch.SeenRecord record) {
        if (record.offset() < start) {
            return true;
        }
        return isCompacted() && (record.value() == null || fate(batch) == Fate.ABORTED
                || batches.tailMap(batch.base()).values().stream().filter(this::isVisible)
                        .flatMap(later -> later.records().stream())
                        .anyMatch(later -> later.offset() > record.offset()
                                && requireNonNull(later.key(), "what is compacted has keys").equals(record.key())));
    }

    /// What the log held when it was opened anew becomes the measure from here on.
    void startOver(long logStart) {
        batches.clear();
        producers.clear();
        ended.clear();
        start = logStart;
        end = logStart;
        knownFrom = logStart;
    }

    List<SeenBatch> from(long offset) {
        return new ArrayList<>(batches.tailMap(offset).values());
    }
}
