package io.chapar.simulator;

import io.chapar.client.producer.LoopProducer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// Ends a topic with one transaction that has a record in each partition, so that the last thing in each is a marker.
/// For when nothing fails any more.
final class LastWord extends Actor {
    private final ProducerConfig config;
    private final Ledger ledger;
    private final String topic;
    private final int partitions;

    LastWord(SimulatedClient client, SimulatedCluster cluster, Swarm swarm, Ledger ledger, String topic) {
        super(client);
        this.ledger = ledger;
        this.topic = topic;
        partitions = swarm.partitions();
        Map<String, Object> settings = Settings.client(swarm, cluster, client.name());
        settings.put("transactional.id", client.name());
        settings.put("transaction.timeout.ms", swarm.transactionTimeoutMs());
        config = ProducerConfig.from(settings);
    }

    @Override
    void live() {
        LoopProducer producer = new LoopProducer(config, client().runtime(config.client()));
        var _ = producer.initTransactions().thenCompose(nothing -> producer.beginTransaction())
                .thenCompose(nothing -> write(producer))
                .whenComplete((nothing, failure) -> client().loop().execute(() -> {
                    producer.close();
                    if (failure == null) {
                        stopped();
                    } else {
                        note("again: " + failure);
                        later(50, 500, this::live);
                    }
                }));
    }

    private CompletableFuture<Void> write(LoopProducer producer) {
        Ledger.Txn txn = ledger.begin(name());
        for (int partition = 0; partition < partitions; partition++) {
            String stamp = ledger.stamp(name(), topic, txn, true);
            var _ = producer.send(new ProducerRecord<>(topic, partition, null, stamp.getBytes(StandardCharsets.UTF_8)));
        }
        txn.commitAsked();
        return producer.commitTransaction().thenRun(txn::committed);
    }
}
