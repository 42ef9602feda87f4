package io.chapar.broker.cluster;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.peer.socket.Certificates;
import io.chapar.broker.peer.socket.PeerTls;
import io.chapar.testing.FreePorts;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Three brokers of this process, over sockets and with the quorum's library, under the load of Kafka's own clients
/// with their defaults: each broker is stopped and started again in turn, and no client notices but by what it waits.
/// Links between them are encrypted.
class RollingRestartIT {
    /// Below the shortest time-out of any client.
    private static final Duration NO_TIMEOUT = Duration.ofSeconds(20);
    private static final List<String> TOPICS = List.of("plain", "transactional");

    @TempDir
    Path folder;

    private final Map<Integer, Integer> ports = new TreeMap<>();
    private final Map<Integer, Broker> brokers = new TreeMap<>();
    private String quorum;
    private PeerTls.Stores stores;

    @BeforeEach
    void begin() throws IOException, InterruptedException {
        Certificates own = Certificates.of(folder, "ip:127.0.0.1");
        stores = own.stores(folder, true, List.of(own));
        List<String> voters = new ArrayList<>();
        for (int node = 1; node <= 3; node++) {
            ports.put(node, FreePorts.one());
            voters.add(node + "@127.0.0.1:" + FreePorts.inARow(2));
        }
        quorum = String.join(",", voters);
        Map<Integer, CompletableFuture<Broker>> starting = new TreeMap<>();
        for (int node = 1; node <= 3; node++) {
            BrokerConfig config = config(node);
            starting.put(node, CompletableFuture.supplyAsync(() -> Broker.start(config), Thread::startVirtualThread));
        }
        starting.forEach((node, one) -> brokers.put(node, one.join()));
    }

    private BrokerConfig config(int node) {
        Map<String, String> settings = new TreeMap<>(Map.of(
                "node.id", Integer.toString(node), "quorum", quorum,
                "listeners", "127.0.0.1:" + ports.get(node), "log.dirs", folder.resolve("node-" + node).toString(),
                "transaction.state.log.num.partitions", "3", "offsets.topic.num.partitions", "3",
                "num.network.threads", "1"));
        settings.put("listener.name.peer.ssl.keystore.location", stores.keystore().toString());
        settings.put("listener.name.peer.ssl.truststore.location", stores.truststore().toString());
        return BrokerConfig.of(settings);
    }

    @AfterEach
    void end() {
        List<CompletableFuture<Void>> ended = new ArrayList<>();
        brokers.values().forEach(one -> ended.add(CompletableFuture.runAsync(one::close, Thread::startVirtualThread)));
        ended.forEach(CompletableFuture::join);
    }

    private Map<String, Object> clients() {
        return new TreeMap<>(Map.of("bootstrap.servers", ports.values().stream().map(port -> "127.0.0.1:" + port)
                .collect(Collectors.joining(","))));
    }

    private static void await(Admin admin, Predicate<TopicPartitionInfo> ofEach) {
        List<String> others = new ArrayList<>();
        try {
            Awaitility.await().ignoreExceptions().until(() -> {
                Set<String> all = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
                others.clear();
                admin.describeTopics(all).allTopicNames().get().values().forEach(topic -> topic.partitions().stream()
                        .filter(ofEach.negate()).forEach(partition -> others.add(topic.name() + " " + partition)));
                return others.isEmpty();
            });
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("in the end there were " + others, e);
        }
    }

    private static boolean isInSync(TopicPartitionInfo partition) {
        return partition.isr().size() == 3;
    }

    private static boolean isLedByTheFirst(TopicPartitionInfo partition) {
        return partition.leader() != null && partition.leader().id() == partition.replicas().getFirst().id();
    }

    @Test
    void noRequestFailsWhileEachBrokerIsRestartedInTurn() throws Exception {
        restartAll(1);
    }

    @Test
    @Tag("nightly")
    void norDoesOneInManyRounds() throws Exception {
        restartAll(5);
    }

    private void restartAll(int rounds) throws Exception {
        try (Admin admin = Admin.create(clients())) {
            admin.createTopics(TOPICS.stream().map(name -> new NewTopic(name, 3, (short) 3)
                    .configs(Map.of("min.insync.replicas", "2"))).toList()).all().get();
            SteadyLoad load = new SteadyLoad(clients(), TOPICS.getFirst(), TOPICS.getLast());
            try (load) {
                load.awaitMore(100);
                await(admin, RollingRestartIT::isInSync);
                for (int i = 0; i < rounds * 3; i++) {
                    int node = i % 3 + 1;
                    brokers.remove(node).close();
                    load.awaitMore(100);
                    brokers.put(node, Broker.start(config(node)));
                    await(admin, RollingRestartIT::isInSync);
                    load.awaitMore(20);
                }
                await(admin, RollingRestartIT::isLedByTheFirst);
                load.awaitMore(20);
            }
            assertEquals(List.of(), load.failures());
            assertTrue(load.longestWaitMs() < NO_TIMEOUT.toMillis(), load.longestWaitMs() + " ms");
            load.assertAllReadOnce();
            TopicPartition one = new TopicPartition(TOPICS.getFirst(), 0);
            assertInstanceOf(ElectionNotNeededException.class,
                    admin.electLeaders(ElectionType.PREFERRED, Set.of(one)).partitions().get().get(one).orElseThrow());
        }
    }
}
