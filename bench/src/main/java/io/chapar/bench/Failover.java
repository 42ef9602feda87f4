package io.chapar.bench;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import static java.util.Objects.requireNonNull;

/// How long writers wait when the leader of their partition gets SIGKILL: a stock producer with its defaults, but
/// without linger, writes one record after the other, and the time counts from the signal to the next acknowledgement.
///
/// The producer is in this process and not in one of its own: what it waits for is tens of milliseconds at least, and
/// the signal and the acknowledgement have to be told by one clock.
final class Failover {
    /// With fewer there is no majority left when one is gone.
    static final int FEWEST_BROKERS = 3;

    private static final long STEADY_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long GIVE_UP_SECONDS = 60;
    private static final long LOOK_EVERY_MS = 50;
    private static final int VALUE_BYTES = 100;

    private final Brokers brokers;
    private final Consumer<String> progress;
    private int strikes;

    /// Who is killed: a leader that is not the controller, or one that is.
    enum Victim {
        LEADER("leader", "a leader"), CONTROLLER("controller", "a leader that is the controller");

        private final String key;
        private final String words;

        Victim(String key, String words) {
            this.key = key;
            this.words = words;
        }

        String key() {
            return key;
        }

        String words() {
            return words;
        }
    }

    Failover(Brokers brokers, Consumer<String> progress) {
        this.brokers = brokers;
        this.progress = progress;
    }

    static boolean isPossible(Brokers brokers) {
        return brokers.count() >= FEWEST_BROKERS;
    }

    /// Kills one, and starts it again; returns when all replicas are in sync again. The time in milliseconds.
    double strike(Victim victim) throws InterruptedException {
        String topic = "failover-" + ++strikes;
        progress.accept("loses " + victim.words());
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers.bootstrap()))) {
            int controller = admin.describeMetadataQuorum().quorumInfo().get().leaderId();
            int leader = victim == Victim.CONTROLLER ? controller : controller % brokers.count() + 1;
            List<Integer> replicas = IntStream.range(0, FEWEST_BROKERS)
                    .mapToObj(i -> (leader - 1 + i) % brokers.count() + 1).toList();
            admin.createTopics(List.of(new NewTopic(topic, Map.of(0, replicas))
                    .configs(Map.of("min.insync.replicas", "2")))).all().get();
            double waitedMs = waitOfAWriter(topic, leader);
            brokers.restart(leader);
            awaitInSync(admin, topic);
            return waitedMs;
        } catch (ExecutionException e) {
            throw failure("The cluster cannot be asked", e);
        }
    }

    private double waitOfAWriter(String topic, int leader) throws InterruptedException {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", brokers.bootstrap(), "linger.ms", "0"),
                new ByteArraySerializer(), new ByteArraySerializer())) {
            long steady = System.nanoTime();
            do {
                write(producer, topic);
            } while (System.nanoTime() - steady < STEADY_NS);
            long begin = System.nanoTime();
            brokers.kill(leader);
            boolean isGone;
            do {
                // What is acknowledged before the signal has its effect has not waited.
                isGone = brokers.isGone(leader);
                write(producer, topic);
            } while (!isGone);
            return (System.nanoTime() - begin) / 1e6;
        }
    }

    private static void write(KafkaProducer<byte[], byte[]> producer, String topic) throws InterruptedException {
        try {
            producer.send(new ProducerRecord<>(topic, 0, null, new byte[VALUE_BYTES])).get();
        } catch (ExecutionException e) {
            throw failure("A record was not written", e);
        }
    }

    private static void awaitInSync(Admin admin, String topic) throws InterruptedException, ExecutionException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(GIVE_UP_SECONDS);
        while (!isInSync(admin, topic)) {
            if (System.nanoTime() - deadline > 0) {
                throw new BenchFailure("A broker that came back was not in sync within a minute.");
            }
            Thread.sleep(LOOK_EVERY_MS);
        }
    }

    private static boolean isInSync(Admin admin, String topic) throws InterruptedException, ExecutionException {
        Collection<String> all = new ArrayList<>(List.of(topic));
        return requireNonNull(admin.describeTopics(all).allTopicNames().get().get(topic), "it was asked for")
                .partitions().stream().allMatch(one -> one.isr().size() == one.replicas().size());
    }

    private static BenchFailure failure(String sentence, ExecutionException e) {
        Throwable why = requireNonNull(e.getCause(), "why not");
        return new BenchFailure(sentence + ": " + why.getMessage(), why);
    }
}
