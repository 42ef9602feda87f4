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
public record ClientAppend(short apiVersion, short acks, @Nullable VerificationGuard guard, @Nullable LongLook looked) {
    public ClientAppend(short apiVersion, short acks, @Nullable VerificationGuard guard) {
        this(apiVersion, acks, guard, null);
    }

    public ClientAppend after(@Nullable LongLook finished) {
        return new ClientAppend(apiVersion, acks, guard, finished);
    }
}
