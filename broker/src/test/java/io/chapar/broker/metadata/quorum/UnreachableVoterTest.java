package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.Proposed;
import io.chapar.broker.metadata.quorum.CallCodec.Kind;
import io.chapar.broker.runtime.Loop;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A voter that cannot be asked, or does not do what it is asked for, is asked anew without end; but not as fast as
/// a thread can.
@Timeout(180)
class UnreachableVoterTest {
    private static final int SNAPSHOT_EVERY = 20;
    private static final int TIMES = 6;

    @TempDir
    Path folder;

    private final ConcurrentLinkedQueue<Long> askedNs = new ConcurrentLinkedQueue<>();
    private QuorumCluster cluster;

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

    private void create(int node, String name) throws Exception {
        CompletableFuture<Proposed<List<TopicOutcome>>> ended = new CompletableFuture<>();
        Loop loop = cluster.loop(node);
        cluster.log(node).propose(new CreateTopics(List.of(new NewTopic(name, 1, new TreeMap<>())), false),
                loop.nowMs() + 30_000, loop, ended::complete);
        assertInstanceOf(Committed.class, ended.get(60, TimeUnit.SECONDS));
    }

    private void lose(int away, Kind lost) {
        askedNs.clear();
        cluster.losing((to, kind) -> {
            boolean isLost = to == away && kind == lost;
            if (isLost) {
                askedNs.add(System.nanoTime());
            }
            return isLost;
        });
    }

    private void assertNotAskedTooOften() {
        Awaitility.await().atMost(Duration.ofMinutes(1)).pollInterval(Duration.ofMillis(20))
                .until(() -> askedNs.size() >= TIMES);
        List<Long> at = List.copyOf(askedNs).subList(0, TIMES);
        long tookMs = TimeUnit.NANOSECONDS.toMillis(at.getLast() - at.getFirst());
        // The rest is counted from a moment before the call.
        assertTrue(tookMs >= (TIMES - 1) * VoterCalls.REST_MS * 9 / 10,
                () -> "asked " + TIMES + " times within " + tookMs + " ms");
    }

    @Test
    void neitherEntriesNorSnapshotsAreOfferedWithoutRest() throws Exception {
        int away = (cluster.controller() + 1) % 3;
        cluster.stop(away);
        int here = cluster.controller();
        create(here, "first");
        lose(away, Kind.APPEND);
        assertNotAskedTooOften();
        for (int i = 0; i < 4 * SNAPSHOT_EVERY; i++) {
            create(here, "t" + i);
        }
        lose(away, Kind.SNAPSHOT);
        cluster.start(away);
        assertNotAskedTooOften();
        cluster.losing((to, kind) -> false);
        Awaitility.await().atMost(Duration.ofMinutes(1)).pollInterval(Duration.ofMillis(20)).until(
                () -> cluster.log(away).image().equals(cluster.log(here).image()));
    }
}
