package io.chapar.broker.cluster;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.testing.FreePorts;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// Brokers of this process, over sockets and with the quorum's library, that come and go, and stock clients.
final class GrowingCluster implements AutoCloseable {
    private final Path folder;
    private final SortedMap<Integer, Integer> ports = new TreeMap<>();
    private final SortedMap<Integer, Integer> quorumPorts = new TreeMap<>();
    private final Map<Integer, Broker> brokers = new TreeMap<>();

    GrowingCluster(Path folder) {
        this.folder = folder;
    }

    Path folder(int node) {
        return folder.resolve("node-" + node);
    }

    /// With these voters; none for a broker that has no others.
    Broker start(int node, List<Integer> voters) {
        try {
            return begin(node, voters);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Broker begin(int node, List<Integer> voters) throws IOException {
        Map<String, String> settings = new TreeMap<>();
        synchronized (this) {
            if (!ports.containsKey(node)) {
                ports.put(node, FreePorts.one());
            }
            for (int voter : voters) {
                if (!quorumPorts.containsKey(voter)) {
                    quorumPorts.put(voter, FreePorts.inARow(2));
                }
            }
            settings.put("listeners", "127.0.0.1:" + ports.get(node));
            settings.put("quorum", voters.stream().map(voter -> voter + "@127.0.0.1:" + quorumPorts.get(voter))
                    .collect(Collectors.joining(",")));
        }
        if (!voters.isEmpty() && !voters.contains(node)) {
            settings.put("peer.listener", "127.0.0.1:" + FreePorts.one());
        }
        settings.putAll(Map.of("node.id", Integer.toString(node), "log.dirs", folder(node).toString(),
                "num.network.threads", "1", "transaction.state.log.num.partitions", "1",
                "offsets.topic.num.partitions", "1"));
        Broker broker = Broker.start(BrokerConfig.of(settings));
        synchronized (this) {
            brokers.put(node, broker);
        }
        return broker;
    }

    /// Its own, where it is to be a voter.
    synchronized int quorumPort(int node) throws IOException {
        if (!quorumPorts.containsKey(node)) {
            quorumPorts.put(node, FreePorts.inARow(2));
        }
        return quorumPorts.get(node);
    }

    void startAll(List<Integer> nodes, List<Integer> voters) throws Exception {
        List<CompletableFuture<Broker>> starting = new ArrayList<>();
        nodes.forEach(node -> starting.add(
                CompletableFuture.supplyAsync(() -> start(node, voters), Thread::startVirtualThread)));
        for (CompletableFuture<Broker> one : starting) {
            one.get(90, TimeUnit.SECONDS);
        }
    }

    Broker broker(int node) {
        return brokers.get(node);
    }

    void stop(int node) {
        brokers.remove(node).close();
    }

    @Override
    public void close() {
        List<CompletableFuture<Void>> ended = new ArrayList<>();
        brokers.values().forEach(one -> ended.add(CompletableFuture.runAsync(one::close, Thread::startVirtualThread)));
        ended.forEach(CompletableFuture::join);
        brokers.clear();
    }

    Map<String, Object> clients(int node) {
        return new TreeMap<>(Map.of("bootstrap.servers", "127.0.0.1:" + ports.get(node)));
    }

    void write(int node, String topic, String value) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                clients(node), new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>(topic, 0, null, value)).get(90, TimeUnit.SECONDS);
        }
    }

    List<String> read(int node, String topic, int count) {
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                clients(node), new StringDeserializer(), new StringDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            await(() -> {
                for (ConsumerRecord<String, String> one : consumer.poll(Duration.ofMillis(100))) {
                    values.add(one.value());
                }
                return values.size() >= count;
            });
        }
        return values;
    }

    static void await(Callable<Boolean> condition) {
        Awaitility.await().ignoreExceptions().until(condition);
    }

    static List<Integer> voters(Admin admin) throws Exception {
        return admin.describeMetadataQuorum().quorumInfo().get().voters().stream()
                .map(QuorumInfo.ReplicaState::replicaId).sorted().toList();
    }
}
