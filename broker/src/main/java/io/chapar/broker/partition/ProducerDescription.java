package io.chapar.broker.partition;

import io.chapar.broker.producer.ProducerTable;

import java.util.ArrayList;
import java.util.List;

/// A producer as one partition knows it.
///
/// @param lastSequence -1 when no batch of this epoch is known
/// @param coordinatorEpoch -1 before the first marker
/// @param currentTxnStartOffset -1 when no transaction is open
public record ProducerDescription(
        long producerId,
        short producerEpoch,
        int lastSequence,
        long lastTimestamp,
        int coordinatorEpoch,
        long currentTxnStartOffset) {

    static List<ProducerDescription> all(ProducerTable producers) {
        List<ProducerDescription> all = new ArrayList<>();
        producers.describe((producerId, epoch, sequence, timestamp, coordinatorEpoch, txnStart) -> all.add(
                new ProducerDescription(producerId, epoch, sequence, timestamp, coordinatorEpoch, txnStart)));
        return all;
    }
}
