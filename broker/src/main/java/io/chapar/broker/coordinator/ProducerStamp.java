package io.chapar.broker.coordinator;

import io.chapar.broker.producer.VerificationGuard;
import org.jspecify.annotations.Nullable;

/// Which transaction records of a [CoordinatorLog] belong to, and the proof that it was still open when the
/// transaction coordinator was asked. Made by [CoordinatorLog#stamp] alone; serves one append.
public final class ProducerStamp {
    private final long producerId;
    private final short producerEpoch;
    private final @Nullable VerificationGuard guard;
    private final int leaderEpoch;

    /// @param leaderEpoch in which the partition gave the guard, or found that there is nothing to ask
    ProducerStamp(long producerId, short producerEpoch, @Nullable VerificationGuard guard, int leaderEpoch) {
        this.producerId = producerId;
        this.producerEpoch = producerEpoch;
        this.guard = guard;
        this.leaderEpoch = leaderEpoch;
    }

    public long producerId() {
        return producerId;
    }

    public short producerEpoch() {
        return producerEpoch;
    }

    /// Null when the transaction is open on the partition already, or the partition judges at the append.
    @Nullable VerificationGuard guard() {
        return guard;
    }

    /// Whether the guard, or that there is none, says something in this leadership.
    boolean isOf(int epoch) {
        return leaderEpoch == epoch;
    }
}
