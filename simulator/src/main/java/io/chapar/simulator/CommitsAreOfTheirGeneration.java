package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.group.GroupRecord;
import io.chapar.broker.group.GroupRecordCodec;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.TxnOffsetCommitRequest;
import io.chapar.protocol.message.TxnOffsetCommitResponse;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.TreeMap;

/// Once a group has gone on to another generation, nobody commits for it with one of before: the partitions may be
/// somebody else's by then.
final class CommitsAreOfTheirGeneration extends Promise {
    private final LateMembers late;
    /// As the log has it, by cluster and group.
    private final Map<String, Integer> generations = new TreeMap<>();

    CommitsAreOfTheirGeneration(LateMembers late) {
        super("Who commits is of the group's generation");
        this.late = late;
    }

    private static String key(SimulatedCluster cluster, String group) {
        return cluster.name() + "/" + group;
    }

    @Override
    void folded(GhostLog log, SeenBatch batch) {
        if (!log.id().topic().equals(CoordinatorKeys.CONSUMER_OFFSETS) || !batch.isData()) {
            return;
        }
        for (SeenBatch.SeenRecord record : batch.records()) {
            switch (GroupRecordCodec.read(record.key(), record.value())) {
                case GroupRecord.GroupStored stored -> {
                    Integer before = generations.put(key(log.cluster(), stored.groupId()), stored.generation());
                    if (before != null && before < stored.generation()) {
                        late.wentOn(log.broker(), stored.groupId(), stored.generation());
                    }
                }
                case GroupRecord.GroupForgotten gone -> generations.remove(key(log.cluster(), gone.groupId()));
                case null, default -> { }
            }
        }
    }

    @Override
    void asked(SimulatedBroker broker, ServerConnection.Exchange exchange) {
        String group = group(exchange.request());
        if (group != null) {
            exchange.memo(generations.get(key(broker.cluster(), group)));
        }
    }

    @Override
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {
        if (!(exchange.memo() instanceof Integer then) || ghosts().isLossy()) {
            return;
        }
        int named = switch (exchange.request()) {
            case OffsetCommitRequest commit -> commit.generationIdOrMemberEpoch();
            case TxnOffsetCommitRequest commit -> commit.generationIdOrMemberEpoch();
            default -> -1;
        };
        boolean taken = switch (response) {
            case OffsetCommitResponse answer -> answer.topics().stream().flatMap(topic -> topic.partitions().stream())
                    .anyMatch(one -> one.errorCode() == ErrorCode.NONE.code());
            case TxnOffsetCommitResponse answer -> answer.topics().stream()
                    .flatMap(topic -> topic.partitions().stream())
                    .anyMatch(one -> one.errorCode() == ErrorCode.NONE.code());
            default -> false;
        };
        if (taken && named >= 0 && named < then) {
            breach(broker.name() + " took a commit of generation " + named + " for " + group(exchange.request())
                    + ", which was at " + then);
        }
    }

    private static @Nullable String group(Request request) {
        return switch (request) {
            case OffsetCommitRequest commit -> commit.groupId();
            case TxnOffsetCommitRequest commit -> commit.groupId();
            default -> null;
        };
    }

    @Override
    void startedOver(GhostLog log) {
        if (log.id().topic().equals(CoordinatorKeys.CONSUMER_OFFSETS)) {
            generations.clear();
        }
    }
}
