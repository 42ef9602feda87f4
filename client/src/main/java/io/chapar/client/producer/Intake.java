package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.client.RetriableException;
import io.chapar.client.metadata.Metadata;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;

import static java.util.Objects.requireNonNull;

/// A record's way from its caller to the queue of its partition, which is chosen here once its topic is known. Each
/// record either comes into a queue or is refused: then its caller is told, its bytes are given back, and the open
/// transaction is spoiled. Records of one topic keep their order. On the loop only.
final class Intake {
    private final Metadata metadata;
    private final MemoryBudget memory;
    private final Partitioner partitioner;
    private final PartitionQueues queues;
    private final TxnLink txn;
    private final TopicWaits waits;

    Intake(Metadata metadata, ProducerConfig config, MemoryBudget memory, Partitioner partitioner,
            PartitionQueues queues, TxnLink txn) {
        this.metadata = metadata;
        this.memory = memory;
        this.partitioner = partitioner;
        this.queues = queues;
        this.txn = txn;
        waits = new TopicWaits(metadata, config.maxBlockMs(), this::place, this::refuse, queues::isActive);
    }

    void offer(PendingRecord record, long nowMs) {
        waits.offer(record, nowMs);
    }

    void refuse(PendingRecord record, ChaparException cause) {
        memory.giveBack(record.reservedBytes());
        record.receipt().failed(cause);
        txn.refused(cause);
    }

    /// The view of the cluster has changed, or could not be had.
    void onMetadata(long nowMs) {
        waits.resolve(nowMs);
    }

    void expire(long nowMs) {
        waits.expire(nowMs);
    }

    void refuseAll(ChaparException cause) {
        waits.failAll(cause);
    }

    boolean isEmpty() {
        return waits.isEmpty();
    }

    /// See [TopicWaits#deadlineMs].
    long deadlineMs() {
        return waits.deadlineMs();
    }

    /// When the first of those that wait was accepted, [Long#MAX_VALUE] when none waits.
    long oldestMs() {
        return waits.oldestMs();
    }

    private void place(PendingRecord record, int partitionCount) {
        int partition = record.partition();
        if (partition >= partitionCount) {
            metadata.refresh();
            refuse(record, new RetriableException(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "Topic " + record.topic()
                    + " has " + partitionCount + " partitions, none with number " + partition));
            return;
        }
        if (partition == PendingRecord.BY_KEY) {
            partition = Partitioner.ofHash(record.keyHash(), partitionCount);
        } else if (partition == PendingRecord.ANY_PARTITION) {
            TopicView topic = requireNonNull(
                    metadata.view().topic(record.topic()), "a topic is known by its partitions");
            partition = partitioner.keyless(topic, record.maxBytes());
        }
        queues.add(record.topic(), partition, record);
    }
}
