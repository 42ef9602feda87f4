package io.chapar.client.producer;

import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.transport.Backoff;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/// The parts of a producer one by one, on the loop and before the brokers of a [ProducerBench] whose own core does
/// nothing.
final class CorePieces {
    static final TopicPartition T0 = new TopicPartition("t", 0);
    static final TopicPartition T1 = new TopicPartition("t", 1);

    final ProducerBench bench;
    final TxnLink txn = new TxnLink();
    final PartitionQueues queues;
    final Numbering numbering;
    final Deliveries deliveries;

    private CorePieces(ProducerBench bench) {
        this.bench = bench;
        ProducerConfig config = bench.config;
        Backoff backoff = new Backoff(100, 1_000, new Random(7));
        queues = new PartitionQueues(config, txn::isV2);
        numbering = new Numbering(new IdentitySource(bench.loop, bench.transport, bench.metadata, config.client(),
                backoff), bench.memory, config.idempotent(), txn);
        deliveries = new Deliveries(config, bench.metadata, bench.memory, backoff, queues, numbering, txn);
    }

    /// With topic `t` of two partitions, known.
    static CorePieces with(Object... settings) {
        CorePieces pieces = new CorePieces(ProducerBench.plain(settings).topic("t", 2));
        pieces.bench.metadata.watch("t");
        pieces.bench.loop.advance(10);
        return pieces;
    }

    long nowMs() {
        return bench.loop.nowMs();
    }

    PendingRecord record(String topic, int partition) {
        ByteBuffer value = ByteBuffer.wrap("v".getBytes(StandardCharsets.UTF_8));
        int size = RecordBatch.HEADER_BYTES + RecordBatchBuilder.maxSizeOf(null, value, List.of());
        if (!bench.memory.tryTake(size)) {
            throw new AssertionError("no memory");
        }
        return PendingRecord.of(topic, partition, 0, null, value, List.of(), size, nowMs(),
                new SendFuture(0, null, value));
    }

    CompletableFuture<RecordMetadata> add(TopicPartition partition) {
        PendingRecord record = record(partition.topic(), partition.partition());
        queues.add(partition.topic(), partition.partition(), record);
        return future(record);
    }

    static CompletableFuture<RecordMetadata> future(PendingRecord record) {
        return (SendFuture) record.receipt();
    }

    /// The oldest waiting batch of the partition leaves under the present identity.
    Batch leave(TopicPartition partition) {
        PartitionQueue queue = queues.of(partition);
        Batch batch = queue.sendable(numbering.identity(), 0, nowMs());
        if (batch == null) {
            throw new AssertionError("nothing may leave");
        }
        queue.leave(batch, numbering.identity());
        return batch;
    }

    boolean isAllMemoryBack() {
        return bench.memory.freeBytes() == bench.memory.total();
    }
}
