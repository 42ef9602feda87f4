package io.chapar.broker.coordinator;

/// Which transaction records of a [CoordinatorLog] belong to, and the proof that it was still open when the
/// transaction coordinator was asked. Made by [CoordinatorLog#stamp] alone; serves one append.
public final class ProducerStamp {
    private final long producerId;
    private final short producerEpoch;

    ProducerStamp(long producerId, short producerEpoch) {
        this.producerId = producerId;
        this.producerEpoch = producerEpoch;
    }

    public long producerId() {
        return producerId;
    }

    public short producerEpoch() {
        return producerEpoch;
    }
}
