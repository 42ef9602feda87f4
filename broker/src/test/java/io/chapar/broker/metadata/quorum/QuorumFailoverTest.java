package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.Proposed;
import io.chapar.broker.metadata.MetadataLog.Refused;
import io.chapar.broker.runtime.Loop;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Voters of one process that end and come back while wishes come.
@Tag("nightly")
class QuorumFailoverTest {
    private static final int SNAPSHOT_EVERY = 20;

    @TempDir
    Path folder;

    private QuorumCluster cluster;
    /// How each topic's creation ended, as far as it has.
    private final Map<String, Proposed<List<TopicOutcome>>> ended = new ConcurrentSkipListMap<>();
    private final AtomicInteger asked = new AtomicInteger();

    @BeforeEach
    void begin() throws IOException {
        cluster = new QuorumCluster(3, folder, SNAPSHOT_EVERY, 4096);
        cluster.startAll();
        cluster.create();
    }

    @AfterEach
    void end() throws Exception {
        cluster.close();
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofMinutes(2)).pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2)).until(condition);
    }

    private String create(int node, long withinMs) {
        String name = "t" + asked.incrementAndGet();
        Loop loop = cluster.loop(node);
        cluster.log(node).propose(
                new CreateTopics(List.of(new NewTopic(name, 1, new TreeMap<>())), false), loop.nowMs() + withinMs,
                loop, how -> assertNull(ended.put(name, how), "answered once"));
        return name;
    }

    private void created(int node) {
        String name = create(node, 60_000);
        await(() -> ended.containsKey(name));
        assertTrue(ended.get(name) instanceof Committed<List<TopicOutcome>>, () -> ended.get(name).toString());
    }

    /// All that are up show the same, and it is what was answered.
    private void check() {
        created(cluster.controller());
        int controller = cluster.controller();
        for (int node = 0; node < cluster.size(); node++) {
            if (cluster.isUp(node)) {
                int other = node;
                await(() -> cluster.log(other).image().version() == cluster.log(controller).image().version());
                assertEquals(cluster.log(controller).image(), cluster.log(other).image());
            }
        }
        ClusterImage image = cluster.log(controller).image();
        ended.forEach((name, how) -> {
            if (how instanceof Committed<List<TopicOutcome>>) {
                assertNotNull(image.topic(name), () -> name + " was committed and is gone");
            } else if (how instanceof Refused<List<TopicOutcome>>) {
                assertNull(image.topic(name), () -> name + " was refused and is there");
            }
        });
    }

    @Test
    void anotherControllerGoesOnAndNothingCommittedIsLost() throws IOException {
        for (int round = 0; round < 3; round++) {
            for (int node = 0; node < 3; node++) {
                for (int i = 0; i < 5; i++) {
                    create(node, 30_000);
                }
            }
            int controller = cluster.controller();
            cluster.stop(controller);
            int survivor = (controller + 1) % 3;
            created(survivor);
            cluster.start(controller);
            check();
        }
    }

    @Test
    void aControllerThatEndsWhileItHandsOverLosesNothing() throws Exception {
        for (int round = 0; round < 6; round++) {
            for (int node = 0; node < 3; node++) {
                for (int i = 0; i < 5; i++) {
                    create(node, 30_000);
                }
            }
            int controller = cluster.controller();
            QuorumMetadataLog log = cluster.log(controller);
            Thread handing = Thread.ofVirtual().start(() -> log.handOver(1_000));
            int wait = round;
            await(() -> wait % 2 == 0 || log.controller() != controller || !handing.isAlive());
            cluster.stop(controller);
            created((controller + 1) % 3);
            handing.join();
            cluster.start(controller);
            check();
        }
    }

    @Test
    void allAtOnceEndAndComeBack() throws IOException {
        for (int i = 0; i < 30; i++) {
            created(i % 3);
        }
        create(0, 30_000);
        for (int node = 0; node < 3; node++) {
            cluster.stop(node);
        }
        cluster.startAll();
        check();
        assertTrue(cluster.log(cluster.controller()).image().topics().size() >= 31);
    }

    @Test
    void whoWasAwayForLongIsGivenASnapshot() throws IOException {
        created(0);
        int away = (cluster.controller() + 1) % 3;
        cluster.stop(away);
        int here = cluster.controller();
        for (int i = 0; i < 4 * SNAPSHOT_EVERY; i++) {
            created(here);
        }
        assertTrue(firstLogIndex(here) > SNAPSHOT_EVERY, "the log's beginning is gone");
        cluster.start(away);
        await(() -> cluster.log(away).image().topics().size() > 4 * SNAPSHOT_EVERY);
        check();
        created(away);
    }

    private long firstLogIndex(int node) throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("node" + node))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("log_") && !name.startsWith("log_inprogress"))
                    .mapToLong(name -> Long.parseLong(name.substring(4, name.indexOf('-'))))
                    .min().orElse(Long.MAX_VALUE);
        }
    }

    @Test
    void aVoterWhoseLogIsGoneDoesNotVoteAgain() throws IOException {
        created(0);
        int gone = (cluster.controller() + 1) % 3;
        cluster.stop(gone);
        try (Stream<Path> files = Files.walk(folder.resolve("node" + gone))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.endsWith("node" + gone) && !file.endsWith("began")) {
                    Files.delete(file);
                }
            }
        }
        IOException refusal = assertThrows(IOException.class, () -> cluster.start(gone));
        assertTrue(refusal.getMessage().contains("must not vote again"), refusal.getMessage());
        created(cluster.controller());
    }

    @Test
    void aMinorityDecidesNothing() throws IOException {
        created(0);
        int controller = cluster.controller();
        cluster.stop((controller + 1) % 3);
        cluster.stop((controller + 2) % 3);
        String alone = create(controller, 3_000);
        await(() -> ended.containsKey(alone));
        assertTrue(!(ended.get(alone) instanceof Committed<List<TopicOutcome>>), "nobody else has it");
        cluster.start((controller + 1) % 3);
        check();
    }
}
