package io.chapar.simulator;

import io.chapar.client.AbortableException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.LoopConsumer;
import io.chapar.client.producer.LoopProducer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

import static java.util.Objects.requireNonNull;

/// Writes transactions over several partitions, commits most and aborts some. Several with one transactional id are
/// zombies to each other.
final class TransactionalWriter extends Actor {
    private static final int MOST_RECORDS = 6;
    private static final int COMMIT_TRIES = 3;
    private static final int READ_MS = 50;
    private static final int SELDOM = 40;
    private static final int OFTEN = 3;
    private static final int REFUSED_IN_ONE_OF = 80;
    private static final int NO_PARTITION = 1_000;
    private static final int LARGEST_REQUEST_BYTES = 20_000;

    private final Ledger ledger;
    private final SimulatedCluster cluster;
    private final CommittedOffsetsFollowTheLog committed;
    private final ProducerConfig config;
    private final List<String> topics;
    /// In one transaction of how many it takes its time, perhaps more than it has. Often where a topic is compacted,
    /// which must wait for it.
    private final int lingersInOneOf;
    /// Null until it lives.
    private @Nullable LoopProducer producer;
    /// Null before its first transaction.
    private Ledger.@Nullable Txn txn;
    /// Whether its transactions carry the positions of a group that it alone uses.
    private final boolean commitsOffsets;
    private final ConsumerConfig offsetsConfig;
    /// Asks for those positions; null when there are none.
    private @Nullable LoopConsumer offsets;
    /// Whether its transactions read what others have committed before they write.
    private final boolean reads;
    private final ConsumerConfig inputConfig;
    private final List<TopicPartition> inputs;
    /// Null when they do not.
    private @Nullable LoopConsumer input;
    /// Where a record is refused before it is sent.
    private final RandomGenerator refusals;
    private int producersLife;
    private long position;
    /// What the open transaction is to commit; 0 for nothing.
    private long sent;

    TransactionalWriter(
            SimulatedClient client,
            SimulatedCluster cluster,
            Swarm swarm,
            Extras extras,
            Ledger ledger,
            CommittedOffsetsFollowTheLog committed,
            String id,
            List<String> topics) {
        super(client);
        this.ledger = ledger;
        this.cluster = cluster;
        this.committed = committed;
        this.topics = topics;
        lingersInOneOf = topics.contains(Topics.COMPACTED) ? OFTEN : SELDOM;
        Map<String, Object> settings = Settings.client(swarm, cluster, client.name());
        settings.put("transactional.id", id);
        settings.put("transaction.timeout.ms", swarm.transactionTimeoutMs());
        settings.put("max.block.ms", swarm.requestTimeoutMs() * 3);
        settings.put("delivery.timeout.ms", swarm.requestTimeoutMs() * 2);
        settings.put("linger.ms", random().nextInt(3) == 0 ? 5 : 0);
        settings.put("batch.size", random().nextInt(3) == 0 ? 0 : 16_384);
        settings.put("max.request.size", LARGEST_REQUEST_BYTES);
        settings.put("compression.type", random().nextInt(4) == 0 ? "zstd" : "none");
        config = ProducerConfig.from(settings);
        refusals = client.world().random("refusals of " + client.name());
        commitsOffsets = random().nextBoolean();
        Map<String, Object> reading = Settings.client(swarm, cluster, client.name());
        reading.put("group.id", "positions-" + name());
        offsetsConfig = ConsumerConfig.from(reading);
        reads = extras.transactionsRead();
        reading.put("isolation.level", "read_committed");
        reading.put("auto.offset.reset", "earliest");
        reading.put("max.poll.records", 20);
        inputConfig = ConsumerConfig.from(reading);
        inputs = topics.stream().flatMap(topic -> IntStream.range(0, swarm.partitions())
                .mapToObj(partition -> new TopicPartition(topic, partition))).toList();
    }

    @Override
    void live() {
        txn = null;
        producer = new LoopProducer(config, client().runtime(config.client()));
        if (producersLife != client().lives()) {
            producersLife = client().lives();
            beginReading();
        }
        initialise();
    }

    private void beginReading() {
        if (commitsOffsets) {
            offsets = new LoopConsumer(offsetsConfig, client().runtime(offsetsConfig.client()));
        }
        if (reads) {
            LoopConsumer reader = new LoopConsumer(inputConfig, client().runtime(inputConfig.client()));
            reader.assign(inputs);
            input = reader;
        }
    }

    private LoopProducer producer() {
        return requireNonNull(producer, "begun to live");
    }

    private void initialise() {
        if (isStopping()) {
            finish();
            return;
        }
        end(producer().initTransactions(), this::next, failure -> {
            if (failure instanceof RetriableException) {
                later(10, 200, this::initialise);
            } else {
                reopen(failure);
            }
        });
    }

    private void reopen(Throwable why) {
        note("opens anew: " + why);
        txn = null;
        producer().close();
        later(50, 1_500, this::live);
    }

    private Ledger.Txn txn() {
        return requireNonNull(txn, "a transaction is open");
    }

    private void next() {
        if (isStopping()) {
            finish();
            return;
        }
        if (offsets != null && random().nextInt(4) == 0) {
            var _ = offsets.committed(List.of(new TopicPartition(topics.getFirst(), 0)));
        }
        later(10, 250, () -> end(producer().beginTransaction(), this::write, this::reopen));
    }

    private void finish() {
        producer().close();
        if (offsets != null) {
            offsets.close(() -> { });
        }
        if (input != null) {
            input.close(() -> { });
        }
        stopped();
    }

    private void write() {
        txn = ledger.begin(name());
        sent = 0;
        if (input == null) {
            writeRecords();
            return;
        }
        Ledger.Txn begun = txn;
        var _ = input.poll(READ_MS).whenComplete((records, failure) -> client().loop().execute(() -> {
            if (begun != txn) {
                return;
            }
            if (failure == null) {
                records.forEach(record -> begun.read().add(
                        record.value() == null ? "" : new String(record.value(), StandardCharsets.UTF_8)));
            }
            writeRecords();
        }));
    }

    private void writeRecords() {
        int records = 1 + random().nextInt(MOST_RECORDS);
        for (int i = 0; i < records; i++) {
            String topic = topics.get(random().nextInt(topics.size()));
            String stamp = ledger.stamp(name(), topic, txn, true);
            Ledger.Written written = requireNonNull(ledger.record(stamp), "made above");
            try {
                if (topic.equals(Topics.COMPACTED) && random().nextInt(8) == 0) {
                    var _ = producer().send(new ProducerRecord<>(topic, bytes("k" + random().nextInt(10)), null));
                }
                var _ = producer().send(record(topic, stamp)).whenComplete((at, failure) -> {
                    if (failure == null) {
                        written.done(at.offset());
                    }
                });
            } catch (AbortableException e) {
                later(0, 10, this::abort);
                return;
            } catch (RuntimeException e) {
                later(0, 10, () -> reopen(e));
                return;
            }
        }
        if (offsets != null && random().nextBoolean()) {
            sendOffsets();
        } else {
            decide();
        }
    }

    /// Some are refused before they are sent: the transaction cannot be committed without them.
    private ProducerRecord<byte[], byte[]> record(String topic, String stamp) {
        byte[] key = bytes("k" + random().nextInt(10));
        return switch (refusals.nextInt(REFUSED_IN_ONE_OF)) {
            case 0 -> new ProducerRecord<>(topic, key, Arrays.copyOf(bytes(stamp), LARGEST_REQUEST_BYTES));
            case 1 -> new ProducerRecord<>(topic, NO_PARTITION, key, bytes(stamp));
            default -> new ProducerRecord<>(topic, key, bytes(stamp));
        };
    }

    /// Half of the time what follows does not wait for it: the producer has to.
    private void sendOffsets() {
        sent = ++position;
        CompletableFuture<Void> stored = producer().sendOffsets(
                Map.of(new TopicPartition(topics.getFirst(), 0), new OffsetAndMetadata(sent)),
                new GroupMetadata("positions-" + name()));
        if (random().nextBoolean()) {
            decide();
        } else {
            end(stored, this::decide, failure -> later(0, 10, this::abort));
        }
    }

    private void decide() {
        boolean slow = random().nextInt(lingersInOneOf) == 0;
        boolean commit = random().nextInt(slow ? 2 : 5) != 0;
        later(0, slow ? 2L * config.transactionTimeoutMs() : 20, () -> {
            if (commit) {
                txn().commitAsked();
                commit(COMMIT_TRIES);
            } else {
                abort();
            }
        });
    }

    private void commit(int triesLeft) {
        note("commits " + txn().name());
        end(producer().commitTransaction(), () -> {
            txn().committed();
            positionIsThere();
            succeeded();
            next();
        }, failure -> {
            note(txn().name() + " " + failure);
            switch (failure) {
                case AbortableException no -> {
                    txn().notCommitted();
                    abort();
                }
                case UnknownOutcomeException unknown when triesLeft > 1 -> commit(triesLeft - 1);
                default -> reopen(failure);
            }
        });
    }

    private void positionIsThere() {
        TopicPartition partition = new TopicPartition(topics.getFirst(), 0);
        if (sent > 0 && !committed.ghosts().isLossy()
                && !committed.isWritten(cluster, "positions-" + name(), partition, sent)) {
            client().world().broken("Positions sent with a transaction are committed with it",
                    name() + " committed " + txn().name() + " with position " + sent + ", which is not in the log");
        }
    }

    private void abort() {
        end(producer().abortTransaction(), () -> {
            succeeded();
            next();
        }, this::reopen);
    }

    /// Goes on in a task of its own.
    private void end(CompletableFuture<Void> future, Runnable then, Consumer<Throwable> otherwise) {
        LoopProducer asked = producer;
        var _ = future.whenComplete((nothing, failure) -> client().loop().execute(() -> {
            if (asked != producer) {
                return;
            }
            if (failure == null) {
                then.run();
            } else {
                otherwise.accept(failure);
            }
        }));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
