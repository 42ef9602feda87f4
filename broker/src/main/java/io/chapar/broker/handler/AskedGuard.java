package io.chapar.broker.handler;

import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;

/// What a partition said before the coordinator was asked whether a batch may be written there.
///
/// @param guard null where there is nothing to ask, or nobody leads here who would know
/// @param epoch as [ClientAppend#guardEpoch] has it
record AskedGuard(@Nullable VerificationGuard guard, int epoch) {
    static final AskedGuard NONE = new AskedGuard(null, ClientAppend.NO_EPOCH);

    /// @param adds whether the coordinator is asked to add the partition
    static AskedGuard of(@Nullable Partition partition, RecordBatch batch, boolean adds) {
        return partition == null || partition.refusal() != ErrorCode.NONE ? NONE : new AskedGuard(
                partition.verificationGuard(batch.producerId(), batch.producerEpoch(), batch.baseSequence(), adds),
                partition.leaderEpoch());
    }
}
