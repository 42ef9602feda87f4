package io.chapar.compatibility;

import io.chapar.cli.cluster.ClusterFolder;
import io.chapar.cli.cluster.GrowPlanCore;
import io.chapar.cli.cluster.LocalCluster;
import io.chapar.cli.cluster.StartPlanCore;
import io.chapar.cli.process.ProcessIdentity.Signal;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.QuorumDescription;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// One broker becomes three, and these five; then all replicas go back to three of them, others than at first. A
/// producer with its client's defaults writes all the while, and all of it is there in the end, once and in order.
@Tag("nightly")
class GrownClusterIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String PROBE = "probe";

    @TempDir
    Path folder;

    private final List<String> events = new ArrayList<>();

    private LocalCluster cluster() {
        return LocalCluster.of(new ClusterFolder(folder), "-XX:TieredStopAtLevel=1 -Xmx192m", events::add);
    }

    private String start(int nodes) throws InterruptedException {
        return cluster().start(new StartPlanCore.Wish(nodes, nodes == 1 ? 0 : null, Map.of(
                "num.partitions", "3", "offsets.topic.num.partitions", "3",
                "transaction.state.log.num.partitions", "3")), LIMIT).bootstrap();
    }

    @AfterEach
    void end() {
        if (Files.exists(folder.resolve("cluster.properties"))) {
            new ClusterFolder(folder).read().nodes().values().forEach(node -> {
                if (node.process() != null) {
                    node.process().signal(Signal.KILL);
                }
            });
        }
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(200)).ignoreExceptions().until(condition);
    }

    @Test
    void oneThreeFiveAndThreeAgainWithoutALostRecord() throws Exception {
        StockClients alone = new StockClients(start(1));
        try (var admin = alone.admin()) {
            admin.createTopics(List.of(new NewTopic(PROBE, 1, (short) 1), new NewTopic("kept", 3, (short) 1)))
                    .all().get();
        }
        try (FailoverProbe probe = new FailoverProbe(alone, PROBE)) {
            awaitWrites(probe);
            cluster().stop(LIMIT);
            String bootstrap = start(3);
            awaitWrites(probe);
            try (Admin admin = Admin.open(bootstrap)) {
                await(() -> voters(admin).equals(List.of(1, 2, 3)));
                move(admin, GrowPlanCore.plan(admin.listTopics(), admin.describeCluster().nodes(), 3));
            }
            awaitWrites(probe);
            try (Admin admin = Admin.open(start(5))) {
                assertEquals(List.of(1, 2, 3), voters(admin));
                assertEquals(5, admin.describeCluster().nodes().size());
                move(admin, everywhere(admin, List.of(4, 5, 2)));
                awaitWrites(probe);
                move(admin, everywhere(admin, List.of(3, 2, 1)));
                awaitWrites(probe);
                for (int node = 4; node <= 5; node++) {
                    cluster().signal(node, Signal.TERM, LIMIT);
                }
                await(() -> admin.describeCluster().nodes().size() == 3);
                try (var stock = alone.admin()) {
                    stock.unregisterBroker(4).all().get();
                    stock.unregisterBroker(5).all().get();
                }
                assertEquals(List.of(), admin.describeCluster().fenced());
                awaitWrites(probe);
            }
            probe.assertNothingIsLost();
            System.out.println("a cluster of one, three, five and three brokers: " + probe);
        }
        cluster().stop(LIMIT);
    }

    private static void awaitWrites(FailoverProbe probe) {
        for (int i = 0; i < 5; i++) {
            long now = System.nanoTime();
            await(() -> probe.firstAfterMs(now) >= 0);
        }
    }

    private static List<Integer> voters(Admin admin) {
        AdminResult<QuorumDescription> described = admin.describeQuorum();
        return described instanceof AdminResult.Done<QuorumDescription>(QuorumDescription quorum)
                ? quorum.voters().stream().map(QuorumDescription.Replica::node).sorted().toList() : List.of();
    }

    private static Map<TopicPartition, List<Integer>> everywhere(Admin admin, List<Integer> replicas) {
        Map<TopicPartition, List<Integer>> all = new TreeMap<>();
        for (TopicView topic : admin.listTopics()) {
            topic.partitions().forEach(each -> all.put(new TopicPartition(topic.name(), each.partition()), replicas));
        }
        return all;
    }

    /// Returns when all replicas are where they should be, and in sync.
    private static void move(Admin admin, Map<TopicPartition, List<Integer>> to) {
        admin.reassign(to).forEach((partition, result) ->
                assertEquals(new AdminResult.Done<>(AdminResult.Success.SUCCESS), result, partition::toString));
        await(() -> admin.listTopics().stream().allMatch(topic -> topic.partitions().stream().allMatch(each -> {
            List<Integer> wanted = to.get(new TopicPartition(topic.name(), each.partition()));
            return wanted == null || (each.replicas().equals(wanted) && each.inSync().containsAll(wanted));
        })));
    }
}
