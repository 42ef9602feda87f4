package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.group.CommittedOffset;
import io.chapar.broker.group.GroupRecord;
import io.chapar.broker.group.GroupRecordCodec;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.protocol.message.Response;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;

/// Committed offsets are what `__consumer_offsets` says: those of a transaction from its COMMIT marker on, never those
/// of an aborted or open one; and they never go back, since nobody here reads backwards. Those of a topic that has come
/// back under its name are nothing any more.
final class CommittedOffsetsFollowTheLog extends Promise {
    private static final long NOTHING = -1;

    private record Pending(String key, UUID topicId, long offset, long position, long fromUs) {}

    /// What a leader's log held beyond what everybody had seen: the epoch of what stood at each offset. Another may
    /// stand there in the end, when somebody else comes to lead.
    private record Tail(GhostLog log, NavigableMap<Long, Integer> epochs) {
        boolean held(long position, SeenBatch batch) {
            return Integer.valueOf(batch.leaderEpoch()).equals(epochs.get(position));
        }
    }

    /// What somebody was told of an offset as settled, when this was on its way into the log of offsets.
    private record Told(String key, Tail tail) {}

    private record Value(long fromUs, UUID topicId, long offset, long position) {}

    private final Map<String, List<Value>> values = new TreeMap<>();
    /// The furthest offset that a record of a transaction has named, whatever became of it: with its topic an offset is
    /// forgotten before its transaction ends.
    private final Map<String, Long> named = new TreeMap<>();
    private final Map<String, List<Pending>> pending = new TreeMap<>();
    private final List<Told> told = new ArrayList<>();

    CommittedOffsetsFollowTheLog() {
        super("Committed offsets are what the log says, and never go back");
    }

    private static String key(SimulatedCluster cluster, String group, TopicPartition partition) {
        return cluster.number() + "/" + group + "/" + partition;
    }

    @Override
    void folded(GhostLog log, SeenBatch batch) {
        if (!log.id().topic().equals(CoordinatorKeys.CONSUMER_OFFSETS)) {
            return;
        }
        String producer = log.name() + "#" + batch.producerId();
        if (!batch.isData()) {
            List<Pending> decided = pending.remove(producer);
            if (decided != null && batch.commits()) {
                decided.forEach(one -> put(one.key(), one.topicId(), one.offset(), one.position()));
            }
            return;
        }
        for (SeenBatch.SeenRecord record : batch.records()) {
            switch (GroupRecordCodec.read(record.key(), record.value())) {
                case GroupRecord.OffsetCommitted commit -> {
                    String key = key(log.cluster(), commit.groupId(), commit.partition());
                    if (batch.transactional()) {
                        noticed(log, key, record.offset(), batch);
                        named.merge(key, commit.value().offset(), Math::max);
                        pending.computeIfAbsent(producer, _ -> new ArrayList<>())
                                .add(new Pending(
                                        key, commit.value().topicId(), commit.value().offset(), record.offset(),
                                        ghosts().world().nowUs()));
                    } else {
                        put(key, commit.value().topicId(), commit.value().offset(), record.offset());
                    }
                }
                case GroupRecord.OffsetForgotten gone -> {
                    String key = key(log.cluster(), gone.groupId(), gone.partition());
                    // What an open transaction wants to commit there is forgotten with it.
                    pending.values().forEach(some -> some.removeIf(one -> one.key().equals(key)));
                    put(key, CommittedOffset.NO_TOPIC_ID, NOTHING, record.offset());
                }
                case null, default -> { }
            }
        }
    }

    /// A record that stood in the log when somebody asked, and that nobody had seen committed yet, was on its way.
    private void noticed(GhostLog log, String key, long position, SeenBatch batch) {
        for (Told one : told) {
            if (one.tail().log() == log && one.key().equals(key) && one.tail().held(position, batch)) {
                breach("the offset of " + key + " was told as settled while what a transaction changes it to was on its"
                        + " way into " + log.name() + "@" + position);
            }
        }
        told.removeIf(one -> one.tail().log() == log && one.tail().epochs().lastKey() < log.end());
    }

    /// The group's committed position as the log has it; -1 when there is none.
    long committed(SimulatedCluster cluster, String group, TopicPartition partition) {
        List<Value> all = values.getOrDefault(key(cluster, group, partition), List.of());
        return all.isEmpty() ? NOTHING : all.getLast().offset();
    }

    /// Whether a record of a transaction with this offset or a later one has come into the log.
    boolean isWritten(SimulatedCluster cluster, String group, TopicPartition partition, long offset) {
        return named.getOrDefault(key(cluster, group, partition), NOTHING) >= offset;
    }

    @Override
    void asked(SimulatedBroker broker, ServerConnection.Exchange exchange) {
        if (exchange.request() instanceof OffsetFetchRequest request && request.requireStable()) {
            List<Tail> tails = new ArrayList<>();
            for (GhostLog log : ghosts().all()) {
                SeenReplica there = log.id().topic().equals(CoordinatorKeys.CONSUMER_OFFSETS) ? log.at(broker) : null;
                if (there != null && there.isLeading() && !ghosts().isDeposed(broker, log)) {
                    tails.add(new Tail(log, tail(log, there.partition())));
                }
            }
            tails.removeIf(tail -> tail.epochs().isEmpty());
            exchange.memo(tails);
        }
    }

    private static NavigableMap<Long, Integer> tail(GhostLog log, Partition leading) {
        NavigableMap<Long, Integer> epochs = new TreeMap<>();
        PartitionLog open = leading.logToClose();
        for (long at = log.end(); open != null && at < open.logEnd(); at++) {
            epochs.put(at, open.epochAt(at));
        }
        return epochs;
    }

    /// Remembers what was told as settled where something was on its way.
    private void remember(SimulatedBroker broker, ServerConnection.Exchange exchange, String key) {
        if (exchange.memo() instanceof List<?> tails) {
            for (Object one : tails) {
                if (one instanceof Tail tail && tail.epochs().lastKey() >= tail.log().end()
                        && !ghosts().isDeposed(broker, tail.log())) {
                    told.add(new Told(key, tail));
                }
            }
        }
    }

    private void put(String key, UUID topicId, long offset, long position) {
        List<Value> all = values.computeIfAbsent(key, _ -> new ArrayList<>());
        Value last = all.isEmpty() ? null : all.getLast();
        if (last != null && last.position() > position) {
            return;
        }
        if (last != null && last.topicId().equals(topicId) && offset != NOTHING && offset < last.offset()
                && !ghosts().isLossy()) {
            breach("the offset of " + key + " went back from " + last.offset() + " to " + offset);
        }
        all.add(new Value(ghosts().world().nowUs(), topicId, offset, position));
    }

    @Override
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {
        if (!(response instanceof OffsetFetchResponse answer)
                || !(exchange.request() instanceof OffsetFetchRequest request) || ghosts().isLossy()) {
            return;
        }
        if (answer.groups().isEmpty() && answer.errorCode() == 0) {
            answer.topics().forEach(topic -> topic.partitions().forEach(one -> check(broker, exchange,
                    request.groupId(), topic.name(), one.partitionIndex(), one.committedOffset(), one.errorCode())));
        }
        answer.groups().stream().filter(group -> group.errorCode() == 0)
                .forEach(group -> group.topics().forEach(topic -> topic.partitions().forEach(one -> check(broker,
                        exchange, group.groupId(), topic.name(), one.partitionIndex(), one.committedOffset(),
                        one.errorCode()))));
    }

    private void check(SimulatedBroker broker, ServerConnection.Exchange exchange, String group, String topic,
            int partition, long told, short error) {
        boolean stable = exchange.request() instanceof OffsetFetchRequest asked && asked.requireStable();
        // Who does not want to go on from there may be told what is old.
        if (error != 0 || topic.isEmpty()
                || (!stable && ghosts().isDeposed(broker, ghosts().groupLog(broker, group)))) {
            return;
        }
        String key = key(broker.cluster(), group, new TopicPartition(topic, partition));
        boolean undecided = stable && pending.values().stream().anyMatch(some -> some.stream()
                        .anyMatch(one -> one.key().equals(key) && one.fromUs() < exchange.begunUs()));
        if (undecided) {
            breach("the offset of " + key + " was told as settled while a transaction may still change it");
        }
        remember(broker, exchange, key);
        List<Value> all = values.getOrDefault(key, List.of());
        // Right is what held at any moment between request and answer.
        boolean right = told == NOTHING && (all.isEmpty() || all.getFirst().fromUs() >= exchange.begunUs());
        for (int i = 0; i < all.size() && !right; i++) {
            boolean still = i + 1 == all.size() || all.get(i + 1).fromUs() >= exchange.begunUs();
            right = still && (all.get(i).offset() == told
                    || (told == NOTHING && cameBack(broker, topic, all.get(i).topicId())));
        }
        if (!right) {
            breach("the offset of " + key + " was told as " + told + ", the log says " + all);
        }
    }

    /// Whether a topic of this name exists, or has existed, that is not the one of this id.
    private boolean cameBack(SimulatedBroker broker, String topic, UUID id) {
        TopicImage now = broker.image().topic(topic);
        if (now != null && !now.id().equals(id)) {
            return true;
        }
        for (GhostLog log : ghosts().all()) {
            if (log.cluster() == broker.cluster() && log.id().topic().equals(topic) && !log.topicId().equals(id)) {
                return true;
            }
        }
        return false;
    }

    /// What was on its way may be lost.
    @Override
    void stopped(SimulatedBroker broker) {
        told.removeIf(one -> one.tail().log().broker() == broker);
    }

    @Override
    void startedOver(GhostLog log) {
        if (log.id().topic().equals(CoordinatorKeys.CONSUMER_OFFSETS)) {
            values.clear();
            named.clear();
            pending.clear();
            told.clear();
        }
    }
}
