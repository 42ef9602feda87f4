package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.producer.RecordMetadata;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/// A [RecordSink] over the client's producer.
final class LogSink implements RecordSink {
    private final Producer<byte[], byte[]> producer;
    private final AtomicReference<Throwable> firstFailure = new AtomicReference<>();

    private LogSink(Producer<byte[], byte[]> producer) {
        this.producer = producer;
    }

    /// With `EXACTLY_ONCE` it has taken the transactional id over when this returns.
    static LogSink open(ProcessorConfig config, String memberName) {
        Producer<byte[], byte[]> producer = Producer.open(ClientSettings.producer(config, memberName), Serdes.bytes(),
                Serdes.bytes());
        if (config.delivery() == Delivery.EXACTLY_ONCE) {
            try {
                producer.initTransactions();
            } catch (RuntimeException e) {
                producer.close();
                throw e;
            }
        }
        return new LogSink(producer);
    }

    @Override
    public void begin() {
        firstFailure.set(null);
        producer.beginTransaction();
    }

    @Override
    public void send(SinkRecord record) {
        ProducerRecord<byte[], byte[]> output = new ProducerRecord<>(record.topic(), null,
                Math.max(0, record.timestampMs()), record.key(), record.value(), record.headers());
        CompletableFuture<RecordMetadata> _ = producer.send(output).whenComplete((written, failure) -> {
            if (failure != null) {
                firstFailure.compareAndSet(null, failure);
            }
        });
    }

    @Override
    public void flush() {
        producer.flush();
        Throwable failure = firstFailure.getAndSet(null);
        if (failure != null) {
            throw failure instanceof ChaparException known ? known
                    : new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR, "Writing failed", failure);
        }
    }

    @Override
    public void stage(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group) {
        if (!positions.isEmpty()) {
            producer.sendOffsets(positions, group);
        }
    }

    @Override
    public void commit() {
        producer.commitTransaction();
    }

    @Override
    public void abort() {
        producer.abortTransaction();
    }

    @Override
    public void close() {
        producer.close();
    }
}
