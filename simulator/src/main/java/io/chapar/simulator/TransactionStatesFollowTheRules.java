package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.Outcome;
import io.chapar.txn.TxnInvariants;
import io.chapar.txn.TxnRecord;
import io.chapar.txn.TxnRecordCodec;
import io.chapar.txn.TxnState;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

import static java.util.Objects.requireNonNull;

/// Successive records of a transactional id in `__transaction_state` are legal steps; no transaction is both committed
/// and aborted; and one is complete only when every partition of it has its marker. Knows what the
/// coordinators of each cluster have decided so far.
final class TransactionStatesFollowTheRules extends Promise {
    private record Decision(short markerEpoch, Outcome outcome) {}

    private record Completion(SimulatedCluster cluster, String id, TxnState.Preparing decided) {}

    /// What is known of one cluster.
    private static final class Known {
        final Map<String, TxnState> states = new TreeMap<>();
        final Map<Long, String> owners = new TreeMap<>();
        final Map<Long, List<Decision>> decisions = new TreeMap<>();
    }

    private final Map<Integer, Known> clusters = new TreeMap<>();
    private final List<Completion> completions = new ArrayList<>();
    /// By the log that is not there.
    private final Map<GhostLog, List<Runnable>> questions = new LinkedHashMap<>();

    TransactionStatesFollowTheRules() {
        super("Transactions follow the rules: one decision each, complete when every partition knows");
    }

    private Known of(SimulatedCluster cluster) {
        return clusters.computeIfAbsent(cluster.number(), _ -> new Known());
    }

    /// A transactional id whose transaction is open or being ended; null when there is none.
    @Nullable String open(SimulatedCluster cluster) {
        for (Map.Entry<String, TxnState> one : of(cluster).states.entrySet()) {
            if (one.getValue() instanceof TxnState.Ongoing || one.getValue() instanceof TxnState.Preparing) {
                return one.getKey() + " at " + cluster.name() + " is " + one.getValue();
            }
        }
        return null;
    }

    @Override
    void folded(GhostLog log, SeenBatch batch) {
        if (!log.id().topic().equals(CoordinatorKeys.TRANSACTION_STATE)) {
            return;
        }
        records(List.of(batch)).forEach(record -> step(log.cluster(), record));
    }

    private static Stream<TxnRecord> records(List<SeenBatch> batches) {
        return batches.stream().flatMap(batch -> batch.records().stream())
                .map(record -> TxnRecordCodec.read(requireNonNull(record.key(), "the id"), record.value()))
                .filter(Objects::nonNull);
    }

    private void step(SimulatedCluster cluster, TxnRecord record) {
        Known known = of(cluster);
        String id = record.transactionalId();
        TxnState before = known.states.get(id);
        TxnState after = record.state();
        ghosts().world().note(cluster.name(), "state of " + id + ": " + after, 0);
        if (after == null) {
            known.states.remove(id);
            return;
        }
        if (before != null && !ghosts().isLossy() && !TxnInvariants.isLegal(before, after)) {
            breach(id + " at " + cluster.name() + " went from " + before + " to " + after);
        }
        known.states.put(id, after);
        known.owners.put(after.producerId(), id);
        if (after instanceof TxnState.Preparing decided) {
            decide(known, id, decided);
        } else if (after instanceof TxnState.Completed && before instanceof TxnState.Preparing decided) {
            completions.add(new Completion(cluster, id, decided));
        }
    }

    private void decide(Known known, String id, TxnState.Preparing decided) {
        List<Decision> all = known.decisions.computeIfAbsent(decided.producerId(), _ -> new ArrayList<>());
        if (decided.version().level() >= 2 && !ghosts().isLossy()) {
            for (Decision one : all) {
                if (one.markerEpoch() == decided.producerEpoch() && one.outcome() != decided.outcome()) {
                    breach(id + " was decided twice: " + one + " and " + decided);
                }
            }
        }
        all.add(new Decision(decided.producerEpoch(), decided.outcome()));
    }

    /// Every partition of a completed transaction has the marker, or had nothing of it, or has gone. In version 2 what
    /// bears the marker's epoch is of the transaction after.
    @Override
    void stepped(SimulatedBroker broker) {
        if (completions.isEmpty()) {
            return;
        }
        for (Completion one : completions) {
            for (TopicPartition id : one.decided().partitions()) {
                GhostLog log = ghosts().log(one.cluster(), id);
                GhostLog.Producer producer = log == null ? null : log.producers().get(one.decided().producerId());
                boolean open = producer != null && producer.openFrom >= 0
                        && (one.decided().version().level() >= 2
                                ? producer.lastMarkerEpoch < one.decided().producerEpoch()
                                        && producer.epoch < one.decided().producerEpoch()
                                : producer.epoch == one.decided().producerEpoch() && !isOpenAgain(one));
                if (log != null && open && !ghosts().isLossy(log) && log.exists()) {
                    breach(one.id() + " is complete, and " + log.name()
                            + " has it open, without the marker of producer "
                            + one.decided().producerId() + " epoch " + one.decided().producerEpoch());
                }
            }
        }
        completions.clear();
    }

    private boolean isOpenAgain(Completion one) {
        return of(one.cluster()).states.get(one.id()) instanceof TxnState.Ongoing;
    }

    // ---- questions

    /// The transactional id that the producer was given to last; null when there is none.
    @Nullable String owner(SimulatedCluster cluster, long producerId) {
        return of(cluster).owners.get(producerId);
    }

    private @Nullable GhostLog log(SimulatedCluster cluster, String id) {
        int count = ghosts().swarm().count("transaction.state.log.num.partitions");
        return ghosts().log(cluster, new TopicPartition(
                CoordinatorKeys.TRANSACTION_STATE, CoordinatorKeys.partitionOf(id, count)));
    }

    /// Whether the log of the id's coordinator is offline, or not led by who led it last. What was committed in the
    /// task in which that came about, and answered or told to partitions, nobody has seen yet.
    boolean isLost(SimulatedCluster cluster, String id) {
        GhostLog log = log(cluster, id);
        Partition last = log == null ? null : log.partition();
        return last != null && last.refusal() != ErrorCode.NONE;
    }

    /// Asks now, or as soon as a log that is lost has been looked at again.
    void whenSeen(SimulatedCluster cluster, String id, Runnable question) {
        GhostLog log = log(cluster, id);
        if (log != null && isLost(cluster, id)) {
            questions.computeIfAbsent(log, _ -> new ArrayList<>()).add(question);
        } else {
            question.run();
        }
    }

    /// In a new life a log's high watermark may be behind at first.
    @Override
    void moved(GhostLog log, Partition partition) {
        boolean isWhole = partition.highWatermark() == partition.logEndOffset();
        List<Runnable> due = isWhole ? questions.remove(log) : null;
        if (due != null) {
            due.forEach(Runnable::run);
        }
    }

    /// Null when the open transaction may end so.
    @Nullable String whyNoMarker(SimulatedCluster cluster, TopicPartition partition, SeenBatch marker) {
        if (ghosts().isLossy()) {
            return null;
        }
        String id = of(cluster).owners.get(marker.producerId());
        TxnState state = id == null ? null : of(cluster).states.get(id);
        if (!(state instanceof TxnState.Preparing decided) || decided.producerId() != marker.producerId()) {
            return "nothing is decided, " + id + " is " + state;
        }
        if ((decided.outcome() == Outcome.COMMIT) != marker.commits()
                || decided.producerEpoch() != marker.epoch()) {
            return "decided was " + decided;
        }
        return decided.partitions().contains(partition) ? null
                : "the coordinator does not know this partition: " + decided;
    }

    boolean everDecided(SimulatedCluster cluster, SeenBatch marker) {
        return ghosts().isLossy()
                || of(cluster).decisions.getOrDefault(marker.producerId(), List.of()).stream().anyMatch(one ->
                 one.markerEpoch() == marker.epoch()
                        && (one.outcome() == Outcome.COMMIT) == marker.commits());
    }

    /// Null when the coordinator knows that this transaction writes here.
    @Nullable String whyNotRegistered(SimulatedCluster cluster, TopicPartition partition, SeenBatch data) {
        if (ghosts().isLossy()) {
            return null;
        }
        String id = of(cluster).owners.get(data.producerId());
        return whyNotRegistered(id, id == null ? null : of(cluster).states.get(id), partition, data);
    }

    /// Whether one of these records, which are not known to be committed again yet, says so.
    boolean isRegistered(List<SeenBatch> uncommitted, TopicPartition partition, SeenBatch data) {
        return records(uncommitted).anyMatch(record -> whyNotRegistered(
                record.transactionalId(), record.state(), partition, data) == null);
    }

    private static @Nullable String whyNotRegistered(
            @Nullable String id, @Nullable TxnState state, TopicPartition partition, SeenBatch data) {
        return switch (state) {
            case null -> "producer " + data.producerId() + " is nobody's";
            case TxnState.Ongoing open when open.producerId() == data.producerId()
                    && open.producerEpoch() == data.epoch() && open.partitions().contains(partition) -> null;
            // Decided meanwhile; its marker comes after this batch and covers it.
            case TxnState.Preparing decided when decided.producerId() == data.producerId()
                    && decided.producerEpoch() >= data.epoch() && decided.producerEpoch() - data.epoch() <= 1
                    && decided.outcome() == Outcome.ABORT && decided.partitions().contains(partition) -> null;
            case TxnState other -> id + " is " + other;
        };
    }

    /// Whether the transaction that the producer wrote in `dataEpoch` was decided so.
    boolean isDecided(SimulatedCluster cluster, long producerId, int markerEpoch, boolean commit) {
        return ghosts().isLossy() || of(cluster).decisions.getOrDefault(producerId, List.of()).stream().anyMatch(
                one -> one.markerEpoch() == markerEpoch && (one.outcome() == Outcome.COMMIT) == commit);
    }

    @Override
    void startedOver(GhostLog log) {
        if (log.id().topic().equals(CoordinatorKeys.TRANSACTION_STATE)) {
            Known known = of(log.cluster());
            int count = ghosts().swarm().count("transaction.state.log.num.partitions");
            known.states.keySet().removeIf(
                    id -> CoordinatorKeys.partitionOf(id, count) == log.id().partition());
        }
    }
}
