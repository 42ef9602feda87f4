package io.chapar.broker.handler;

import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

/// What came of one partition of a Produce request: an outcome of the append, or an error that kept it from being
/// tried.
record ProduceResult(ErrorCode error, @Nullable AppendOutcome outcome) {
    static ProduceResult of(ErrorCode error) {
        return new ProduceResult(error, null);
    }

    static ProduceResult of(ErrorCode error, @Nullable String reason) {
        return new ProduceResult(error, reason == null ? null : new AppendOutcome.Rejected(error, reason));
    }

    /// Gives this when all up to that offset is committed, or need not be; else what kept it from that.
    void whenCommitted(Partition partition, long lastOffset, ClientAppend how, long deadlineMs,
            Consumer<ProduceResult> answer) {
        if (how.acks() == -1) {
            partition.awaitCommitted(lastOffset, deadlineMs, failure -> answer.accept(
                    failure == ErrorCode.NONE ? this : new ProduceResult(afterAppend(failure), outcome)));
        } else {
            answer.accept(this);
        }
    }

    /// Once the batch is in the log, the client must not be told that it certainly is not.
    private static ErrorCode afterAppend(ErrorCode error) {
        return switch (error) {
            case NOT_ENOUGH_REPLICAS, NOT_ENOUGH_REPLICAS_AFTER_APPEND -> ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND;
            default -> ErrorCode.REQUEST_TIMED_OUT;
        };
    }
}
