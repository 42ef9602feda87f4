package io.chapar.cli;

import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;

import java.util.List;

/// A transaction with one record, of a test's own; it is aborted in the end.
final class HeldTransaction implements AutoCloseable {
    private static final int LONG_MS = 600_000;

    private final Producer<String, String> producer;

    private HeldTransaction(Producer<String, String> producer) {
        this.producer = producer;
    }

    static HeldTransaction begin(RunningBroker broker, String topic, String id) throws Exception {
        return begin(broker, topic, id, LONG_MS);
    }

    /// `timeoutMs`: for so long, and then it is aborted by the broker.
    static HeldTransaction begin(RunningBroker broker, String topic, String id, int timeoutMs) throws Exception {
        Producer<String, String> producer = Producer.open(ProducerConfig.builder(broker.address()).transactionalId(id)
                .transactionTimeoutMs(timeoutMs).clientId(id + "-client").build(), Serdes.string(), Serdes.string());
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, 0, null, null, "open", List.of())).get();
        return new HeldTransaction(producer);
    }

    void commit() {
        producer.commitTransaction();
    }

    @Override
    public void close() {
        producer.close();
    }
}
