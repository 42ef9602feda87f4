package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

/// Three brokers in three network namespaces, whose links are cut in both directions and in one, and are slow and lose
/// packets, while clients reach all of them: the verdict is that of [KilledClusterIT]. Run with
/// `CHAPAR_TESTS_AS_ROOT=yes`, as root; skipped elsewhere.
@Tag("nightly")
class CutLinksIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration REST = Duration.ofSeconds(2);
    private static final Duration BROKEN = Duration.ofSeconds(15);
    /// Two sessions, and as long again as a leader of the metadata's quorum takes to know that it is cut off.
    private static final Duration KNOWN_CUT_OFF = Duration.ofSeconds(8);
    /// Topics on the replicas of the probe's.
    private static final String ALONE = "alone-";
    private static final int CUT_OFF_LEADERS = 3;

    @TempDir
    Path folder;

    @Test
    void nothingAcknowledgedIsLost() throws Exception {
        long seed = System.nanoTime();
        try (EmulatedNetwork network = EmulatedNetwork.of(SeparatedCluster.BROKERS);
                SeparatedCluster cluster = new SeparatedCluster(folder, network, Map.of(
                        "num.partitions", "3", "offsets.topic.num.partitions", "3",
                        "transaction.state.log.num.partitions", "3"))) {
            StockClients clients = new StockClients(cluster.bootstrap());
            try (Admin admin = clients.admin()) {
                ChaosLoad.createTopics(admin);
                // On the same replicas in the same order: the same broker leads both.
                List<Integer> replicas = replicas(admin, ChaosLoad.PROBE);
                admin.createTopics(IntStream.range(0, CUT_OFF_LEADERS)
                        .mapToObj(i -> new NewTopic(ALONE + i, Map.of(0, replicas))).toList()).all().get();
                run(network, cluster, clients, admin, new Random(seed));
            } catch (Exception | Error e) {
                throw new AssertionError("Seed " + seed + ": " + e.getMessage() + "\n" + cluster.lastWords(), e);
            }
        }
    }

    private static void run(EmulatedNetwork network, SeparatedCluster cluster, StockClients clients, Admin admin,
            Random random) throws Exception {
        List<String> said = new ArrayList<>();
        try (ChaosLoad load = new ChaosLoad(clients)) {
            load.awaitProgress(REST);
            for (int i = 0; i < CUT_OFF_LEADERS; i++) {
                said.add(leaderCutOff(network, cluster, leader(admin, ChaosLoad.PROBE), load, ALONE + i));
                healed(network, load);
            }
            for (OneWay cut : everyOneWayCut(random)) {
                said.add(cutOneWay(network, admin, load, cut));
                healed(network, load);
            }
            int leader = leader(admin, ChaosLoad.PROBE);
            int follower = leader % SeparatedCluster.BROKERS + 1;
            long at = System.nanoTime();
            network.slow(leader, follower, 100, 0.01);
            network.slow(follower, leader, 100, 0.01);
            await(at, BROKEN.multipliedBy(2));
            said.add("100 ms and 1 % loss each way between a leader and a follower: longest wait "
                    + load.probe().longestGapMs(at) + " ms");
            healed(network, load);
            load.finish();
            System.out.println("cut and slow links: " + String.join("; ", said) + "; " + load + "; " + network);
        }
        ReplicaComparison.awaitSameEnds(cluster.bootstrap(), SeparatedCluster.BROKERS);
        cluster.stopAll();
        ReplicaComparison.assertSameBytes(IntStream.rangeClosed(1, SeparatedCluster.BROKERS)
                .mapToObj(cluster::data).toList());
    }

    private record OneWay(int from, int to) {}

    private static List<OneWay> everyOneWayCut(Random random) {
        List<OneWay> all = new ArrayList<>();
        for (int from = 1; from <= SeparatedCluster.BROKERS; from++) {
            for (int to = 1; to <= SeparatedCluster.BROKERS; to++) {
                if (from != to) {
                    all.add(new OneWay(from, to));
                }
            }
        }
        Collections.shuffle(all, random);
        return all;
    }

    private static String cutOneWay(EmulatedNetwork network, Admin admin, ChaosLoad load, OneWay cut)
            throws Exception {
        TopicPartitionInfo probe = partition(admin, ChaosLoad.PROBE);
        String who = "nothing from " + cut.from() + " to " + cut.to() + ", where "
                + admin.describeMetadataQuorum().quorumInfo().get().leaderId() + " decides, "
                + leader(admin, ChaosLoad.PROBE) + " leads, and " + probe.isr().stream().map(Node::id).toList()
                + " are in sync";
        long at = System.nanoTime();
        network.cut(cut.from(), cut.to());
        firstWrite(load.probe(), at + Duration.ofMillis(100).toNanos());
        await(at, BROKEN);
        return who + ": longest wait for an acknowledgement " + load.probe().longestGapMs(at) + " ms";
    }

    /// Of a partition; a client that begins at the old leader writes with acks=1 all the while, too.
    private static String leaderCutOff(EmulatedNetwork network, SeparatedCluster cluster, int leader, ChaosLoad load,
            String alone) throws Exception {
        long at = System.nanoTime();
        for (int other = 1; other <= SeparatedCluster.BROKERS; other++) {
            if (other != leader) {
                network.cut(leader, other);
                network.cut(other, leader);
            }
        }
        long first = firstWrite(load.probe(), at + Duration.ofMillis(100).toNanos()) + 100;
        await(at, KNOWN_CUT_OFF);
        readBeyondWhatItHas(cluster, leader);
        String toOldLeader;
        // What is acknowledged by one from here on may not be lost: who is cut off knows it, and refuses.
        try (FailoverProbe byOne = new FailoverProbe(
                new StockClients(cluster.bootstrap(leader)), alone, "acks=1", "enable.idempotence=false")) {
            await(at, BROKEN);
            byOne.stop();
            network.heal();
            load.awaitProgress(REST);
            // The old leader shows itself, its log and all in sync as it was, until it knows: the others are asked.
            StockClients others = new StockClients(cluster.bootstrapWithout(leader));
            try (Admin admin = others.admin()) {
                Awaitility.await("all in sync").atMost(PATIENCE).ignoreExceptions().until(() ->
                        partition(admin, alone).isr().size() == SeparatedCluster.BROKERS);
            }
            byOne.assertAllIsThere(others);
            toOldLeader = byOne.toString();
        }
        assertNotEquals(-1, first);
        return "leader " + leader + " cut off: first acknowledged write after " + first + " ms, with acks=1 "
                + toOldLeader;
    }

    /// Who begins at the old leader, with an offset that the new one has given, is not sent to the beginning.
    private static void readBeyondWhatItHas(SeparatedCluster cluster, int oldLeader) {
        TopicPartition probe = new TopicPartition(ChaosLoad.PROBE, 0);
        int other = oldLeader % SeparatedCluster.BROKERS + 1;
        long end;
        try (KafkaConsumer<String, String> reader = new StockClients(cluster.bootstrap(other)).consumer()) {
            end = reader.endOffsets(List.of(probe)).get(probe);
        }
        try (KafkaConsumer<String, String> reader = new StockClients(cluster.bootstrap(oldLeader)).consumer(
                "auto.offset.reset=earliest")) {
            reader.assign(List.of(probe));
            reader.seek(probe, end);
            List<Long> read = new ArrayList<>();
            Awaitility.await("the records behind " + end).atMost(PATIENCE).until(() -> {
                reader.poll(Duration.ofMillis(100)).forEach(record -> read.add(record.offset()));
                return !read.isEmpty();
            });
            assertEquals(end, read.getFirst());
        }
    }

    private static void healed(EmulatedNetwork network, ChaosLoad load) {
        network.heal();
        load.awaitProgress(REST);
        load.catchUp();
    }

    private static void await(long fromNanos, Duration length) {
        Awaitility.await().atMost(PATIENCE).until(() -> System.nanoTime() - fromNanos >= length.toNanos());
    }

    private static long firstWrite(FailoverProbe probe, long from) {
        Awaitility.await("a write").atMost(PATIENCE).pollInterval(Duration.ofMillis(5))
                .until(() -> probe.firstAfterMs(from) >= 0);
        return probe.firstAfterMs(from);
    }

    private static TopicPartitionInfo partition(Admin admin, String topic) throws Exception {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().getFirst();
    }

    private static List<Integer> replicas(Admin admin, String topic) throws Exception {
        return partition(admin, topic).replicas().stream().map(Node::id).toList();
    }

    private static int leader(Admin admin, String topic) {
        return Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> partition(admin, topic).leader(),
                node -> node != null && !node.isEmpty()).id();
    }
}
