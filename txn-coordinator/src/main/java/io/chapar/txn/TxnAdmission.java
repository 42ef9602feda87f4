package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Whether a command makes sense, and whether the coordinator has room for what it asks.
final class TxnAdmission {
    private final TxnTable table;
    private final TxnLimits limits;
    private final TxnRoom room;

    TxnAdmission(TxnTable table, TxnLimits limits, TxnRoom room) {
        this.table = table;
        this.limits = limits;
        this.room = room;
    }

    /// Null when the question makes sense and is allowed.
    TxnReply.@Nullable Refused refusal(TxnCommand command) {
        if (command.transactionalId().isEmpty()) {
            return new TxnReply.Refused(ErrorCode.INVALID_REQUEST, "the transactional id is empty");
        }
        TxnReply.Refused refused = command instanceof TxnCommand.InitProducer init ? refusal(init) : null;
        if (refused != null) {
            return refused;
        }
        long growth = growth(command);
        return growth == 0 || room.grow(growth) ? null
                : new TxnReply.Refused(ErrorCode.POLICY_VIOLATION,
                        "the memory for transactions is used up (transaction.coordinator.max.bytes)");
    }

    /// How many bytes more the command may leave behind; 0 for one that ends something, or only asks.
    private long growth(TxnCommand command) {
        TxnTable.Entry known = table.find(command.transactionalId());
        return switch (command) {
            case TxnCommand.InitProducer init -> known == null ? TxnTable.bytesOf(init.transactionalId()) : 0;
            case TxnCommand.AddPartitions add when add.mode() != AddMode.VERIFY -> {
                boolean there = known != null && known.state instanceof TxnState.Ongoing open
                        && open.partitions().containsAll(add.partitions());
                yield there ? 0 : TxnTable.bytesOf(add.partitions());
            }
            case TxnCommand.AddPartitions _, TxnCommand.End _, TxnCommand.TimeOut _, TxnCommand.Complete _,
                    TxnCommand.Expire _ -> 0;
        };
    }

    private TxnReply.@Nullable Refused refusal(TxnCommand.InitProducer init) {
        if ((init.producerId() == TxnState.NO_PRODUCER_ID) != (init.producerEpoch() == ProducerEpochs.NONE)) {
            return new TxnReply.Refused(ErrorCode.INVALID_REQUEST, "half a pair of producer id and epoch");
        }
        boolean asksForTwoPhase = init.take().twoPhase() || init.take().keepOpen();
        if (asksForTwoPhase && !limits.twoPhase()) {
            return new TxnReply.Refused(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                    "two-phase commit is off (transaction.two.phase.commit.enable)");
        }
        boolean endless = init.take().twoPhase() && init.timeoutMs() == TxnState.NO_TIMEOUT;
        if (init.timeoutMs() <= 0 || (init.timeoutMs() > limits.maxTimeoutMs() && !endless)) {
            return new TxnReply.Refused(ErrorCode.INVALID_TRANSACTION_TIMEOUT, "a timeout of " + init.timeoutMs()
                    + " ms, where 1 to " + limits.maxTimeoutMs() + " are allowed (transaction.max.timeout.ms)");
        }
        boolean unknown = table.find(init.transactionalId()) == null;
        return unknown && table.size() >= limits.maxIds()
                ? new TxnReply.Refused(ErrorCode.POLICY_VIOLATION, "this coordinator knows " + limits.maxIds()
                        + " transactional ids, which is all it may (transaction.coordinator.max.ids)")
                : null;
    }

    /// The first record of a transaction, where as many are open as may be.
    boolean isOneTooMany(TxnTable.Entry entry, TxnDecision.Persist persist) {
        return persist.record().state() instanceof TxnState.Ongoing
                && !(entry.state instanceof TxnState.Ongoing)
                && table.open() >= limits.maxOpen();
    }

    TxnReply.Refused tooManyOpen() {
        return new TxnReply.Refused(ErrorCode.POLICY_VIOLATION, "this coordinator has " + limits.maxOpen()
                + " transactions open, which is all it may (transaction.coordinator.max.open)");
    }
}
