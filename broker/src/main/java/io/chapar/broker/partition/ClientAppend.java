package io.chapar.broker.partition;

import io.chapar.broker.producer.VerificationGuard;
import org.jspecify.annotations.Nullable;

/// How a client's batch came in.
///
/// @param apiVersion version of the Produce request
/// @param acks -1, 0 or 1
/// @param guard what [Partition#verificationGuard] gave for this batch before the coordinator was asked, or null
/// @param looked what [Partition#look] gave for this batch, finished; or null for a batch that is looked at while it is
///        appended
/// @param firstSequence what its producer has to begin with where the partition does not know it; negative for anything
public record ClientAppend(short apiVersion, short acks, @Nullable VerificationGuard guard, @Nullable LongLook looked,
        int firstSequence) {
    public ClientAppend(short apiVersion, short acks, @Nullable VerificationGuard guard) {
        this(apiVersion, acks, guard, null, -1);
    }

    public ClientAppend after(@Nullable LongLook finished) {
        return new ClientAppend(apiVersion, acks, guard, finished, firstSequence);
    }

    public ClientAppend beginningWith(int sequence) {
        return sequence == firstSequence ? this : new ClientAppend(apiVersion, acks, guard, looked, sequence);
    }
}
