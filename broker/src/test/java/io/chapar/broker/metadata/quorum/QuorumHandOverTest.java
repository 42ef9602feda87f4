package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.Proposed;
import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.broker.runtime.Loop;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A controller that stops lets another voter decide first.
class QuorumHandOverTest {
    private static final long WITHIN_MS = 10_000;

    @TempDir
    Path folder;

    private final AtomicInteger asked = new AtomicInteger();
    private QuorumCluster cluster;

    private void begin(int voters) throws IOException {
        cluster = new QuorumCluster(voters, folder, 1_000, 1 << 20);
        cluster.startAll();
        cluster.create();
    }

    @AfterEach
    void end() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofMinutes(1)).pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2)).until(condition);
    }

    private CompletableFuture<Proposed<List<TopicOutcome>>> create(int node) {
        CompletableFuture<Proposed<List<TopicOutcome>>> ended = new CompletableFuture<>();
        Loop loop = cluster.loop(node);
        cluster.log(node).propose(
                new CreateTopics(List.of(new NewTopic("t" + asked.incrementAndGet(), 1, new TreeMap<>())), false),
                loop.nowMs() + 30_000, loop, ended::complete);
        return ended;
    }

    private void created(int node) {
        assertInstanceOf(Committed.class, create(node).join());
    }

    private MetadataQuorum quorum(int node) {
        return requireNonNull(cluster.log(node).quorum(), "it is up");
    }

    /// On a machine that stands still it may be elected once more, as any other, and gives it away once more.
    private boolean isGivenAway(int first) {
        int decides = cluster.log(first).controller();
        if (decides == first) {
            cluster.log(first).handOver(WITHIN_MS);
        }
        return decides >= 0 && decides != first;
    }

    @Test
    void anotherDecidesWithoutAnElectionWhenTheOneThatDecidedIsGone() throws IOException {
        begin(3);
        int first = cluster.controller();
        created(first);
        MetadataQuorum before = quorum(first);
        assertTrue(before.isLedBy(first));
        assertEquals(List.of(0, 1, 2), before.voters().stream().map(MetadataQuorum.Voter::node).toList());

        List<CompletableFuture<Proposed<List<TopicOutcome>>>> meanwhile =
                List.of(create(0), create(1), create(2));
        assertTrue(cluster.log(first).handOver(WITHIN_MS));
        await(() -> isGivenAway(first));
        int second = cluster.log(first).controller();
        meanwhile.forEach(ended -> assertInstanceOf(Committed.class, ended.join()));
        created(first);

        cluster.stop(first);
        created(second);
        created(3 - first - second);
        assertNotEquals(first, cluster.controller());
        assertTrue(before.term() < quorum(second).term());
        assertFalse(cluster.log(3 - first - cluster.controller()).handOver(WITHIN_MS), "it does not lead");
    }

    /// The leader here is not silent at all, so that nothing but the word that it is gone can be why another one leads.
    @Test
    void whoHearsThatTheLeaderIsGoneStandsWithoutWaitingForItsSilence() throws IOException {
        begin(3);
        int first = whoStaysWhenAnotherIsGone();
        int next = (first + 1) % 3;
        cluster.loop(next).execute(() -> cluster.log(next).gone(first));
        await(() -> cluster.log(first).controller() == next && cluster.log(next).controller() == next);
        created(first);
        assertEquals(List.of(), Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.startsWith("JvmPauseMonitor")).toList(), "the library's own watch");
    }

    /// Of a machine that stands still, on which there is an election anyway, nothing can be said.
    private int whoStaysWhenAnotherIsGone() {
        for (int times = 0; times < 4; times++) {
            int first = cluster.controller();
            int next = (first + 1) % 3;
            created(next);
            await(() -> cluster.log(next).controller() >= 0);
            if (cluster.log(next).controller() == first) {
                cluster.loop(next).execute(() -> cluster.log(next).gone(3 - first - next));
                created(next);
                if (cluster.log(next).controller() == first) {
                    return first;
                }
            }
        }
        throw new AssertionError("somebody else was gone, and there was an election each time");
    }

    @Test
    void ofThoseThatAreLeftOneStandsAtOnceAndTheOthersAfterIt() {
        List<Voter> voters = IntStream.of(2, 5, 7, 8, 9)
                .mapToObj(node -> new Voter(node, new UUID(0, node), new HostPort("127.0.0.1", node))).toList();
        for (Voter gone : voters) {
            List<Long> waits = voters.stream().filter(voter -> voter != gone)
                    .map(voter -> Succession.waitMs(voters, voter.node(), gone.node())).sorted().toList();
            assertEquals(LongStream.range(0, 4).map(turn -> turn * Succession.TURN_MS).boxed().toList(), waits);
        }
        assertEquals(0, Succession.waitMs(voters, 2, 9), "the first is behind the last");
    }

    @Test
    @Tag("nightly")
    void whoeverHasMostOfTheLogIsAskedAndNobodyThatIsGone() throws IOException {
        begin(3);
        int first = cluster.controller();
        int behind = (first + 1) % 3;
        int other = 3 - first - behind;
        cluster.stop(behind);
        for (int i = 0; i < 20; i++) {
            created(first);
        }
        await(() -> {
            List<MetadataQuorum.Voter> voters = quorum(first).voters();
            return voters.get(first).logEnd() == voters.get(other).logEnd();
        });
        await(() -> quorum(first).voters().get(behind).silentMs() > 1_600);
        assertTrue(quorum(first).voters().get(behind).logEnd() < quorum(first).voters().get(other).logEnd());
        assertEquals(MetadataQuorum.NOT_KNOWN, quorum(first).voters().get(behind).behindMs());
        assertTrue(cluster.log(first).handOver(WITHIN_MS));
        created(other);
        assertEquals(other, cluster.controller());

        cluster.stop(first);
        assertFalse(cluster.log(other).handOver(WITHIN_MS), "there is nobody");
        cluster.start(behind);
        created(behind);
        await(() -> quorum(cluster.controller()).voters().get(behind).behindMs() >= 0);
        assertNotEquals(first, cluster.controller());
    }

    @Test
    void whoeverIsTheOnlyVoterDecidesUntilItsEnd() throws IOException {
        begin(1);
        assertFalse(cluster.log(0).handOver(WITHIN_MS));
        created(0);
        await(() -> quorum(0).highWatermark() == quorum(0).voters().getFirst().logEnd());
        assertTrue(quorum(0).isLedBy(0));
        assertEquals(0, quorum(0).voters().getFirst().behindMs());
    }
}
