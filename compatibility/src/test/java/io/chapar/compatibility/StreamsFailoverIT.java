package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Two instances of an application of Kafka Streams with `exactly_once_v2` count words, through a repartition topic and
/// a store with a changelog, while each of three brokers is killed in turn and all three at once. What comes out is, of
/// each word, 1, 2, 3 and so on up to how often it was written.
@Tag("nightly")
class StreamsFailoverIT {
    private static final String IN = "sentences";
    private static final String OUT = "counts";
    private static final int WORDS = 37;
    private static final Duration LIMIT = Duration.ofMinutes(3);

    @TempDir
    Path folder;

    private final ConcurrentLinkedQueue<Throwable> uncaught = new ConcurrentLinkedQueue<>();

    @Test
    void eachWordIsCountedOnce() throws Exception {
        try (ChaosCluster cluster = new ChaosCluster(folder.resolve("cluster"), Map.of(
                "offsets.topic.num.partitions", "3", "transaction.state.log.num.partitions", "3"))) {
            cluster.start();
            StockClients clients = new StockClients(cluster.bootstrap());
            try (Admin admin = clients.admin()) {
                admin.createTopics(List.of(ChaosLoad.replicated(IN, 3), ChaosLoad.replicated(OUT, 3))).all().get();
            }
            CountDownLatch ending = new CountDownLatch(1);
            Thread writer = Thread.ofPlatform().name("sentences").start(() -> write(clients, ending));
            try (KafkaStreams first = instance(cluster, 1); KafkaStreams second = instance(cluster, 2)) {
                awaitMore(clients, 200);
                for (int broker = 1; broker <= ChaosCluster.BROKERS; broker++) {
                    cluster.kill(broker);
                    awaitMore(clients, 100);
                    cluster.start();
                    cluster.awaitAllInSync();
                }
                for (int broker = 1; broker <= ChaosCluster.BROKERS; broker++) {
                    cluster.kill(broker);
                }
                cluster.start();
                awaitMore(clients, 200);
                ending.countDown();
                writer.join();
                assertTruth(clients);
                assertTrue(first.state().isRunningOrRebalancing() && second.state().isRunningOrRebalancing(),
                        () -> first.state() + " " + second.state() + " " + uncaught);
            } finally {
                ending.countDown();
            }
        }
    }

    private static void write(StockClients clients, CountDownLatch ending) {
        try (KafkaProducer<String, String> producer = clients.producer()) {
            for (int i = 0; !ending.await(5, TimeUnit.MILLISECONDS); i++) {
                var _ = producer.send(new ProducerRecord<>(IN, "s" + i, "w" + i % WORDS + " w" + (i * 7) % WORDS));
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private KafkaStreams instance(ChaosCluster cluster, int number) {
        StreamsBuilder topology = new StreamsBuilder();
        KStream<String, String> sentences = topology.stream(IN);
        sentences.flatMapValues(sentence -> List.of(sentence.split(" "))).groupBy((_, word) -> word,
                Grouped.with(Serdes.String(), Serdes.String())).count().toStream().mapValues(count -> "" + count)
                .to(OUT);
        Properties settings = new Properties();
        settings.putAll(Map.of("application.id", "word-counts", "bootstrap.servers", cluster.bootstrap(),
                "processing.guarantee", "exactly_once_v2", "state.dir", folder.resolve("state-" + number).toString(),
                "statestore.cache.max.bytes", "0", "default.key.serde", Serdes.StringSerde.class,
                "default.value.serde", Serdes.StringSerde.class, "num.stream.threads", "1"));
        KafkaStreams streams = new KafkaStreams(topology.build(), settings);
        streams.setUncaughtExceptionHandler(failure -> {
            uncaught.add(failure);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
        streams.start();
        return streams;
    }

    private static void awaitMore(StockClients clients, int records) {
        int wanted = clients.values(OUT, StockClients.READ_COMMITTED).size() + records;
        Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(500)).until(() ->
                clients.values(OUT, StockClients.READ_COMMITTED).size() >= wanted);
    }

    private void assertTruth(StockClients clients) {
        Map<String, Long> words = new TreeMap<>();
        for (String sentence : clients.values(IN, StockClients.READ_COMMITTED)) {
            for (String word : sentence.split(" ")) {
                words.merge(word, 1L, Long::sum);
            }
        }
        Map<String, List<Long>> truth = new TreeMap<>();
        words.forEach((word, count) -> truth.put(word, LongStream.rangeClosed(1, count).boxed().toList()));
        long all = words.values().stream().mapToLong(Long::longValue).sum();
        Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(500)).until(() ->
                clients.values(OUT, StockClients.READ_COMMITTED).size() >= all);
        Map<String, List<Long>> counted = new TreeMap<>();
        for (ConsumerRecord<String, String> each : clients.records(OUT, StockClients.READ_COMMITTED)) {
            counted.computeIfAbsent(each.key(), _ -> new ArrayList<>()).add(Long.valueOf(each.value()));
        }
        assertEquals(truth, counted);
        System.out.println("Kafka Streams, exactly_once_v2, each of three brokers killed and all at once: " + all
                + " words counted, as recomputed; uncaught failures " + uncaught);
    }
}
