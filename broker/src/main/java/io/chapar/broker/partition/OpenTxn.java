package io.chapar.broker.partition;

import io.chapar.broker.producer.ProducerTable;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;

/// A transaction that is open at one partition, as it was at one moment. Two equal values mean that nothing was written
/// to the transaction in between.
///
/// @param lastOffset of the producer's last batch here, -1 when it is not known
/// @param lastTimestampMs as the producer gave it
/// @param coordinatorEpoch of the last marker of this producer, -1 before the first
public record OpenTxn(
        TopicPartition partition,
        long producerId,
        short producerEpoch,
        long firstOffset,
        long lastOffset,
        long lastTimestampMs,
        int coordinatorEpoch) {

    /// In the order of their first offsets: the first one holds the last stable offset.
    static List<OpenTxn> all(TopicPartition partition, ProducerTable producers) {
        if (!producers.hasOpenTxns()) {
            return List.of();
        }
        List<OpenTxn> open = new ArrayList<>();
        producers.describeOpen((id, epoch, first, last, timestampMs, coordinatorEpoch) -> open.add(
                new OpenTxn(partition, id, epoch, first, last, timestampMs, coordinatorEpoch)));
        return open;
    }

    /// As an administrator would abort it: no epoch is raised, and no coordinator that was here is outranked.
    MarkerAppend abortMarker() {
        return new MarkerAppend(producerId, producerEpoch, Math.max(0, coordinatorEpoch), false, (short) 0);
    }
}
