package io.chapar.simulator;

import io.chapar.client.RetriableException;
import io.chapar.client.producer.LoopProducer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import static java.util.Objects.requireNonNull;

/// Writes records one by one without transactions, with idempotence or without, several requests at a time.
final class IdempotentWriter extends Actor {
    private static final int BURST = 8;
    private static final int MOST_LEFT = 40;
    /// How it writes: without idempotence; with it; with five requests of one record each under way to one partition,
    /// so that who loses their answers has to send all of them again.
    enum Kind { PLAIN, IDEMPOTENT, PIPELINED }

    private final Ledger ledger;
    private final ProducerConfig config;
    private final List<String> topics;
    private final Kind kind;
    private final boolean idempotent;
    /// What the leader alone has may be lost with it.
    private final boolean waitsForAll;
    /// Refused for now, as while too few are in sync, is one copy of a request; another may be taken later.
    private final boolean mayComeTwice;
    private final int partitions;
    private final Extras extras;
    /// Null until it lives.
    private @Nullable LoopProducer producer;
    private int open;

    IdempotentWriter(SimulatedClient client, SimulatedCluster cluster, Swarm swarm, Extras extras, Ledger ledger,
            List<String> topics, Kind kind) {
        super(client);
        this.extras = extras;
        this.ledger = ledger;
        this.topics = topics;
        this.kind = kind;
        partitions = swarm.partitions();
        idempotent = kind != Kind.PLAIN;
        Map<String, Object> settings = Settings.client(swarm, cluster, client.name());
        settings.put("enable.idempotence", idempotent);
        settings.put("delivery.timeout.ms", swarm.requestTimeoutMs() * (1 + random().nextInt(4)));
        settings.put("max.block.ms", swarm.requestTimeoutMs() * 2);
        settings.put("linger.ms", 0);
        settings.put("batch.size", random().nextBoolean() ? 0 : 16_384);
        settings.put("max.in.flight.requests.per.connection", 1 + random().nextInt(5));
        mayComeTwice = swarm.replicated() && swarm.duplicatesPerMille() > 0;
        waitsForAll = idempotent || !swarm.replicated() || random().nextBoolean();
        if (!waitsForAll) {
            settings.put("acks", "1");
        }
        if (kind == Kind.PIPELINED) {
            settings.put("delivery.timeout.ms", swarm.requestTimeoutMs() * 10);
            settings.put("batch.size", 0);
            settings.put("max.in.flight.requests.per.connection", 5);
        }
        config = ProducerConfig.from(settings);
    }

    @Override
    void live() {
        open = 0;
        producer = new LoopProducer(config, client().runtime(config.client()), firstSequence());
        next();
    }

    private int firstSequence() {
        return idempotent && extras.endOfSequences() ? Integer.MAX_VALUE - random().nextInt(MOST_LEFT) : 0;
    }

    private LoopProducer producer() {
        return requireNonNull(producer, "begun to live");
    }

    private void next() {
        if (isStopping()) {
            if (open == 0) {
                producer().close();
                stopped();
            } else {
                later(100, 100, this::next);
            }
            return;
        }
        write(topics);
        later(5, random().nextInt(10) == 0 ? 1_500 : 150, this::next);
    }

    private void write(List<String> all) {
        if (kind == Kind.PIPELINED) {
            int partition = random().nextInt(partitions);
            for (int i = 0; i < BURST; i++) {
                send(all.getFirst(), partition);
            }
            return;
        }
        int burst = random().nextInt(5) == 0 ? BURST : 1;
        for (int i = 0; i < burst; i++) {
            send(all.get(random().nextInt(all.size())), null);
        }
    }

    /// Sends to the partition, or where the key belongs.
    private void send(String topic, @Nullable Integer partition) {
        String stamp = ledger.stamp(name(), topic, null, idempotent);
        Ledger.Written written = requireNonNull(ledger.record(stamp), "made above");
        open++;
        byte[] key = ("k" + random().nextInt(10)).getBytes(StandardCharsets.UTF_8);
        byte[] value = stamp.getBytes(StandardCharsets.UTF_8);
        if (topic.equals(Topics.COMPACTED) && random().nextInt(8) == 0) {
            var _ = producer().send(new ProducerRecord<>(topic, key, null));
        }
        var _ = producer().send(partition == null ? new ProducerRecord<>(topic, key, value)
                : new ProducerRecord<>(topic, partition, key, value)).whenComplete((at, failure) -> {
                    open--;
                    if (failure == null) {
                        if (waitsForAll) {
                            written.done(at.offset());
                        }
                        succeeded();
                    } else {
                        note(stamp + " " + failure);
                        if (!(mayComeTwice && failure instanceof RetriableException)) {
                            written.failed(failure);
                        }
                    }
                });
    }
}
