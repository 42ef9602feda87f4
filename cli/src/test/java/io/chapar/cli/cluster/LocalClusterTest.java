package io.chapar.cli.cluster;

import io.chapar.cli.process.ProcessIdentity;
import io.chapar.cli.process.ProcessIdentity.Signal;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Processes are started, found again, signalled and left alone. Shells stand for brokers.
final class LocalClusterTest {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final StartPlanCore.Wish ANY_PORTS = new StartPlanCore.Wish(null, 0, Map.of());
    private static final String READY = "echo 'chapar ready on here'; exec sleep 1000";

    @TempDir
    Path temporary;

    private final List<String> events = new ArrayList<>();
    private ClusterFolder folder;

    /// What shells of nodes run; the last is for all further ones.
    private LocalCluster cluster(String... scripts) {
        folder = new ClusterFolder(temporary.resolve("cluster"));
        return new LocalCluster(folder, (_, node) -> List.of("sh", "-c",
                scripts[Math.min(node.id(), scripts.length) - 1]), events::add);
    }

    @AfterEach
    void endAll() {
        ClusterFile file = folder.readOrNull();
        if (file != null) {
            file.nodes().values().stream().filter(node -> node.process() != null)
                    .forEach(node -> node.process().signal(Signal.KILL));
        }
    }

    private ProcessIdentity.State state(int node) {
        return folder.read().node(node).state();
    }

    @Test
    void whatStartsIsFoundAgainAndStartedAgain() throws Exception {
        LocalCluster cluster = cluster(READY);
        ClusterFile first = cluster.start(ANY_PORTS, LIMIT);
        assertEquals(first, folder.read());
        assertEquals(3, events.stream().filter(event -> event.matches(
                "node-[123] is ready on 127.0.0.1:\\d+, process \\d+, after \\d+ ms")).count(), events.toString());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.secret())));
        String secret = Files.readString(folder.secret());
        assertEquals(65, secret.length());

        cluster.signal(2, Signal.KILL, LIMIT);
        assertEquals(List.of(ProcessIdentity.State.RUNNING, ProcessIdentity.State.GONE,
                ProcessIdentity.State.RUNNING), List.of(state(1), state(2), state(3)));
        ClusterFailure gone = assertThrows(ClusterFailure.class, () -> cluster.signal(2, Signal.TERM, LIMIT));
        assertTrue(gone.getMessage().startsWith("node-2 is not running"), gone.getMessage());

        ClusterFile second = cluster.start(ANY_PORTS, LIMIT);
        assertEquals(first.node(1), second.node(1));
        assertNotEquals(first.node(2), second.node(2));
        assertEquals(first.node(2).port(), second.node(2).port());
        assertEquals(first.node(3), second.node(3));
        assertEquals(secret, Files.readString(folder.secret()));
        assertTrue(Files.exists(temporary.resolve("cluster/node-2.log.old")));

        assertEquals(3, cluster.stop(LIMIT));
        assertEquals(0, cluster.stop(LIMIT));
    }

    @Test
    void aStoppedProcessIsToldFromOneThatRuns() throws Exception {
        LocalCluster cluster = cluster(READY);
        cluster.start(new StartPlanCore.Wish(1, 0, Map.of()), LIMIT);
        cluster.signal(1, Signal.STOP, LIMIT);
        Awaitility.await().until(() -> state(1) == ProcessIdentity.State.STOPPED);
        cluster.signal(1, Signal.CONT, LIMIT);
        Awaitility.await().until(() -> state(1) == ProcessIdentity.State.RUNNING);
        cluster.signal(1, Signal.STOP, LIMIT);
        assertEquals(1, cluster.stop(LIMIT), "one that is held hears the end too");
        assertEquals(ProcessIdentity.State.GONE, state(1));
    }

    /// The machine gave the number to somebody else.
    @Test
    void aProcessThatIsNotOursGetsNoSignal() throws Exception {
        LocalCluster cluster = cluster(READY);
        cluster.start(new StartPlanCore.Wish(1, 0, Map.of()), LIMIT);
        Process strange = new ProcessBuilder("sleep", "1000").start();
        try {
            LocalNode ours = folder.read().node(1);
            ProcessIdentity itsOwn = ProcessIdentity.of(strange.pid());
            ProcessIdentity wrong = new ProcessIdentity(strange.pid(), ours.process().life() + "0");
            folder.write(folder.read().with(ours.runBy(wrong)));
            assertEquals(0, cluster.stop(LIMIT));
            assertThrows(ClusterFailure.class, () -> cluster.signal(1, Signal.KILL, LIMIT));
            assertFalse(wrong.signal(Signal.STOP));
            assertEquals(ProcessIdentity.State.RUNNING, itsOwn.state());
            ours.process().signal(Signal.KILL);
            assertTrue(ours.process().awaitEnd(LIMIT));
            cluster.start(ANY_PORTS, LIMIT);
            assertEquals(ProcessIdentity.State.RUNNING, itsOwn.state());
        } finally {
            strange.destroyForcibly();
        }
    }

    @Test
    void whenOneEndsBeforeItIsReadyTheOthersAreStopped() {
        LocalCluster cluster = cluster(READY, "echo first words; echo 'chapar: No port' >&2; exit 1", READY);
        ClusterFailure failure = assertThrows(ClusterFailure.class, () -> cluster.start(ANY_PORTS, LIMIT));
        assertTrue(failure.getMessage().startsWith("node-2 ended before it was ready"), failure.getMessage());
        assertTrue(failure.getMessage().endsWith("cluster/node-2.log"), failure.getMessage());
        assertTrue(events.containsAll(List.of("  node-2: first words", "  node-2: chapar: No port")),
                events.toString());
        assertEquals(List.of(ProcessIdentity.State.GONE, ProcessIdentity.State.GONE, ProcessIdentity.State.GONE),
                List.of(state(1), state(2), state(3)));
    }

    /// A voter whose folder is gone ends; it takes the others to let it vote anew.
    @Test
    void whereTheClusterWasThereBeforeTheOthersRunOn() throws Exception {
        cluster(READY).start(ANY_PORTS, LIMIT);
        cluster(READY).stop(LIMIT);
        LocalCluster cluster = cluster("sleep 0.3; " + READY, READY, "echo 'chapar: no folder'; exit 1");
        ClusterFailure failure = assertThrows(ClusterFailure.class, () -> cluster.start(ANY_PORTS, LIMIT));
        assertEquals("node-3 ended before it was ready; node-1 and node-2 run on. Its log is "
                + temporary.resolve("cluster/node-3.log"), failure.getMessage());
        assertTrue(events.contains("  node-3: chapar: no folder"), events.toString());
        assertEquals(List.of(ProcessIdentity.State.RUNNING, ProcessIdentity.State.RUNNING,
                ProcessIdentity.State.GONE), List.of(state(1), state(2), state(3)));
        cluster(READY).start(ANY_PORTS, LIMIT);
        assertEquals(ProcessIdentity.State.RUNNING, state(3));
    }

    @Test
    void onePortThatSomebodyHasKeepsNoneOfTheOthersFromStarting() throws Exception {
        LocalCluster cluster = cluster(READY);
        ClusterFile file = cluster.start(ANY_PORTS, LIMIT);
        cluster.stop(LIMIT);
        try (ServerSocket taken = new ServerSocket(file.node(2).port(), 1, InetAddress.getLoopbackAddress())) {
            ClusterFailure failure = assertThrows(ClusterFailure.class, () -> cluster.start(ANY_PORTS, LIMIT));
            assertEquals("node-2 cannot start: its port " + taken.getLocalPort() + " is taken by another process, and"
                    + " it has no other; node-1 and node-3 run on. Its log is "
                    + temporary.resolve("cluster/node-2.log"), failure.getMessage());
        }
        assertEquals(List.of(ProcessIdentity.State.RUNNING, ProcessIdentity.State.GONE,
                ProcessIdentity.State.RUNNING), List.of(state(1), state(2), state(3)));
        cluster.start(ANY_PORTS, LIMIT);
        assertEquals(ProcessIdentity.State.RUNNING, state(2));
    }

    /// As where the disk of the folder is full: what was started would be nobody's.
    @Test
    void whatCannotBeWrittenDownDoesNotRunOn() throws Exception {
        cluster(READY).start(ANY_PORTS, LIMIT);
        cluster(READY).stop(LIMIT);
        Path pid = temporary.resolve("pid");
        LocalCluster cluster = new LocalCluster(folder, (_, _) -> {
            // Where the file is written before it takes its place.
            assertTrue(folder.path().resolve("cluster.properties.new").toFile().mkdir());
            return List.of("sh", "-c", "echo $$ > " + pid + "; " + READY);
        }, events::add);
        ClusterFailure failure = assertThrows(ClusterFailure.class, () -> cluster.start(ANY_PORTS, LIMIT));
        assertTrue(failure.getMessage().startsWith("Cannot write " + temporary), failure.getMessage());
        Awaitility.await().until(() -> !Files.exists(pid) || Files.readString(pid).isBlank() || ProcessHandle.of(
                Long.parseLong(Files.readString(pid).strip())).filter(ProcessHandle::isAlive).isEmpty());
    }

    @Test
    void whoRanBeforeRunsOnWhenAnotherDoesNotBecomeReady() throws Exception {
        cluster(READY).start(ANY_PORTS, LIMIT);
        cluster(READY).signal(3, Signal.KILL, LIMIT);
        LocalCluster cluster = cluster(READY, READY, "exec sleep 1000");
        ClusterFailure failure = assertThrows(ClusterFailure.class,
                () -> cluster.start(ANY_PORTS, Duration.ofMillis(300)));
        assertTrue(failure.getMessage().startsWith("node-3 was not ready after 0 s"), failure.getMessage());
        assertEquals(List.of(ProcessIdentity.State.RUNNING, ProcessIdentity.State.RUNNING,
                ProcessIdentity.State.GONE), List.of(state(1), state(2), state(3)));
    }

    @Test
    void whoDoesNotStopIsNamed() throws Exception {
        LocalCluster cluster = cluster("trap '' TERM; echo 'chapar ready'; while :; do sleep 0.05; done", READY);
        cluster.start(new StartPlanCore.Wish(2, 0, Map.of()), LIMIT);
        ClusterFailure failure = assertThrows(ClusterFailure.class, () -> cluster.stop(Duration.ofSeconds(1)));
        assertTrue(failure.getMessage().startsWith("After 1 s node 1 is still there"), failure.getMessage());
        assertEquals(ProcessIdentity.State.GONE, state(2));
    }

    @Test
    void twoStartsAtOnceAreOneTooMany() throws IOException {
        LocalCluster cluster = cluster(READY);
        try (FileChannel _ = folder.lock()) {
            assertTrue(assertThrows(ClusterFailure.class, () -> cluster.start(ANY_PORTS, LIMIT)).getMessage()
                    .startsWith("Another 'chapar cluster start'"));
        }
    }

    @Test
    void anEmptyFolderIsSaidToBeOne() {
        LocalCluster cluster = cluster(READY);
        assertTrue(assertThrows(ClusterFailure.class, () -> cluster.stop(LIMIT)).getMessage()
                .startsWith("There is no cluster in " + temporary));
    }
}
