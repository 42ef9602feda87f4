package io.chapar.broker.partition;

import io.chapar.broker.producer.VerificationGuard;
import org.jspecify.annotations.Nullable;

/// How a client's batch came in.
///
/// @param apiVersion version of the Produce request
/// @param acks -1, 0 or 1
/// @param guard what [Partition#verificationGuard] gave for this batch before the coordinator was asked, or null
/// @param guardEpoch the leader epoch in which it did: in another one neither the guard nor its absence says anything
/// @param looked what [Partition#look] gave for this batch, finished; or null for a batch that is looked at while it is
///        appended
/// @param firstSequence what its producer has to begin with where the partition does not know it; negative for anything
public record ClientAppend(short apiVersion, short acks, @Nullable VerificationGuard guard, int guardEpoch,
        @Nullable LongLook looked, int firstSequence) {
    /// Of [#guardEpoch]: the present one.
    public static final int THIS_EPOCH = -1;
    /// Of [#guardEpoch]: nobody led here who could have given one.
    public static final int NO_EPOCH = -2;

    public ClientAppend(short apiVersion, short acks, @Nullable VerificationGuard guard) {
        this(apiVersion, acks, guard, THIS_EPOCH, null, -1);
    }

    public ClientAppend(short apiVersion, short acks, @Nullable VerificationGuard guard, int guardEpoch) {
        this(apiVersion, acks, guard, guardEpoch, null, -1);
    }

    boolean isGuardedIn(int epoch) {
        return guardEpoch == THIS_EPOCH || guardEpoch == epoch;
    }

    public ClientAppend after(@Nullable LongLook finished) {
        return new ClientAppend(apiVersion, acks, guard, guardEpoch, finished, firstSequence);
    }

    public ClientAppend beginningWith(int sequence) {
        return sequence == firstSequence ? this
                : new ClientAppend(apiVersion, acks, guard, guardEpoch, looked, sequence);
    }
}
