package io.chapar.simulator;

import io.chapar.client.producer.LoopProducer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/// Writes records one by one without transactions, with idempotence or without, several requests at a time.
final class IdempotentWriter extends Actor {
    private final Ledger ledger;
    private final ProducerConfig config;
    private final List<String> topics;
    private final boolean idempotent;
    private LoopProducer producer;
    private int open;

    IdempotentWriter(SimulatedClient client, SimulatedBroker broker, Swarm swarm, Ledger ledger, List<String> topics,
            boolean idempotent) {
        super(client);
        this.ledger = ledger;
        this.topics = topics;
        this.idempotent = idempotent;
        Map<String, Object> settings = Settings.client(swarm, broker, client.name());
        settings.put("enable.idempotence", idempotent);
        settings.put("delivery.timeout.ms", swarm.requestTimeoutMs() * (1 + random().nextInt(4)));
        settings.put("max.block.ms", swarm.requestTimeoutMs() * 2);
        settings.put("linger.ms", 0);
        settings.put("batch.size", random().nextBoolean() ? 0 : 16_384);
        settings.put("max.in.flight.requests.per.connection", 1 + random().nextInt(5));
        config = ProducerConfig.from(settings);
    }

    @Override
    void live() {
        open = 0;
        producer = new LoopProducer(config, client().runtime(config.client()));
        next();
    }

    private void next() {
        if (isStopping()) {
            if (open == 0) {
                producer.close();
                stopped();
            } else {
                later(100, 100, this::next);
            }
            return;
        }
        int burst = random().nextInt(5) == 0 ? 8 : 1;
        for (int i = 0; i < burst; i++) {
            send();
        }
        later(5, random().nextInt(10) == 0 ? 1_500 : 150, this::next);
    }

    private void send() {
        String topic = topics.get(random().nextInt(topics.size()));
        String stamp = ledger.stamp(name(), topic, null, idempotent);
        Ledger.Written written = ledger.record(stamp);
        open++;
        var _ = producer.send(new ProducerRecord<>(topic, ("k" + random().nextInt(10)).getBytes(StandardCharsets.UTF_8),
                stamp.getBytes(StandardCharsets.UTF_8))).whenComplete((at, failure) -> {
                    open--;
                    if (failure == null) {
                        written.done(at.offset());
                        succeeded();
                    } else {
                        note(stamp + " " + failure);
                        written.failed(failure);
                    }
                });
    }
}
