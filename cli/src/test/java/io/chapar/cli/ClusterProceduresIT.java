package io.chapar.cli;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.StringJoiner;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What `docs/operations.md` and `docs/cluster.md` say to do about a replica that is damaged, about a voter that
/// has lost its disk or has no room left on it, and about a newer release, on the three processes of
/// `chapar cluster start`.
@Tag("nightly")
final class ClusterProceduresIT {
    private static final String FEW = "offsets.topic.num.partitions=1";
    private static final List<String> LINES =
            IntStream.range(0, 8).mapToObj(i -> i + "x".repeat(900)).toList();

    @TempDir
    Path folder;

    /// Of segments with two batches each; node 1 leads it.
    private static void fill(RunningCluster cluster) throws IOException {
        cluster.done("", "topic", "create", "orders", "--config", "segment.bytes=2048");
        cluster.awaitAllInSync();
        for (String line : LINES) {
            cluster.done(line + "\n", "produce", "orders");
        }
        cluster.awaitSameRecords("orders-0");
    }

    private static void assertStarted(Run start) {
        assertEquals(0, start.exitCode(), start.out() + start.err());
    }

    private void move(RunningCluster cluster, List<Integer> replicas) throws IOException {
        Path plan = folder.resolve("plan.json");
        Files.writeString(plan, "{\"version\":1,\"partitions\":[{\"topic\":\"orders\",\"partition\":0,\"replicas\":"
                + replicas + "}]}");
        cluster.done("", "cluster", "reassign", "--plan", plan.toString(), "--watch");
    }

    private static int leader(RunningCluster cluster) {
        String json = cluster.done("", "topic", "describe", "orders", "-o", "json");
        int at = json.indexOf("\"leader\":") + "\"leader\":".length();
        return Integer.parseInt(json.substring(at, at + 1));
    }

    private void awayAndBack(RunningCluster cluster, int hurt) throws IOException {
        List<Integer> others = IntStream.rangeClosed(1, RunningCluster.NODES).filter(id -> id != hurt).boxed().toList();
        move(cluster, others);
        Awaitility.await().atMost(RunningCluster.PATIENCE)
                .until(() -> !Files.exists(cluster.data(hurt).resolve("orders-0")));
        assertEquals(LINES, cluster.read("orders"));
        move(cluster, List.of(hurt, others.get(0), others.get(1)));
        cluster.awaitAllInSync();
        cluster.awaitSameRecords("orders-0");
        Awaitility.await().atMost(RunningCluster.PATIENCE).until(() -> leader(cluster) == hurt);
        assertEquals(LINES, cluster.read("orders"), "of the replica that was damaged");
    }

    @Test
    void aLeaderWithADamagedSegmentIsReassignedAwayAndBack() throws Exception {
        try (RunningCluster cluster = new RunningCluster(folder, FEW)) {
            assertStarted(cluster.start());
            fill(cluster);
            int hurt = leader(cluster);
            try (RandomAccessFile file = new RandomAccessFile(
                    cluster.segments(hurt, "orders-0").get(1).toFile(), "rw")) {
                file.setLength(20);
            }
            awayAndBack(cluster, hurt);
        }
    }

    @Test
    void aReplicaThatIsOfflineIsReassignedAwayAndBack() throws Exception {
        try (RunningCluster cluster = new RunningCluster(folder, FEW)) {
            assertStarted(cluster.start());
            fill(cluster);
            int hurt = leader(cluster);
            cluster.end(hurt, "TERM");
            Path lost = cluster.segments(hurt, "orders-0").get(1);
            Files.delete(lost);
            assertStarted(cluster.start());
            assertEquals(LINES, cluster.read("orders"), "of the others");
            String status = cluster.done("", "cluster", "status", "-o", "json");
            assertTrue(status.contains("\"underReplicated\":1,"), status);
            String described = cluster.done("", "topic", "describe", "orders");
            assertTrue(described.contains("orders/0 is offline at broker " + hurt + ": ")
                    && described.contains(lost.getFileName().toString()), described);
            awayAndBack(cluster, hurt);
        }
    }

    @Test
    void aVoterWhoseFolderIsLostVotesAgain() throws Exception {
        try (RunningCluster cluster = new RunningCluster(folder, FEW)) {
            assertStarted(cluster.start());
            fill(cluster);
            cluster.end(3, "KILL");
            deleteAll(cluster.data(3));
            Run start = cluster.start();
            assertEquals(1, start.exitCode(), start.out());
            assertTrue(start.err().contains("node-3") && start.err().contains("run on"), start.err());
            assertEquals(LINES, cluster.read("orders"));

            cluster.done("", "cluster", "quorum", "remove", "3");
            assertStarted(cluster.start());
            awaitVoters(cluster);
            cluster.awaitAllInSync();
            cluster.awaitSameRecords("orders-0");
        }
    }

    /// What it lacked room for it gets from the others.
    @Test
    void aVoterWhoseDiskWasFullIsStartedAgainAndNothingElse() throws Exception {
        try (RunningCluster cluster = new RunningCluster(folder, FEW)) {
            Path disk = Files.createDirectories(cluster.data(3));
            Assumptions.assumeTrue(ran("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk.toString()),
                    "SKIPPED: a small file system cannot be mounted here");
            try {
                assertStarted(cluster.start());
                fill(cluster);
                cluster.end(3, "KILL");
                Path filler = disk.resolve("filler");
                fillUp(disk, filler);
                Run start = cluster.start();
                assertEquals(1, start.exitCode(), start.out());
                assertTrue(start.err().contains("node-3") && start.err().contains("run on"), start.err());
                assertEquals(LINES, cluster.read("orders"));

                Files.delete(filler);
                assertStarted(cluster.start());
                awaitVoters(cluster);
                cluster.awaitAllInSync();
                cluster.awaitSameRecords("orders-0");
            } finally {
                ran("umount", "-l", disk.toString());
            }
        }
    }

    /// The same classes in another place, for want of a second release. `FeatureLevelScenarios` has levels that rise.
    @Test
    void brokersOfAnotherFolderTakeOverOneByOne() throws Exception {
        try (RunningCluster cluster = new RunningCluster(folder, FEW)) {
            assertStarted(cluster.start());
            fill(cluster);
            cluster.runs(copyOfClasses(folder.resolve("newer")));
            for (int node = 1; node <= RunningCluster.NODES; node++) {
                cluster.end(node, "TERM");
                assertStarted(cluster.start());
                cluster.awaitAllInSync();
                assertTrue(cluster.commandLine(node).contains(folder.resolve("newer").toString()), "node " + node);
                assertEquals(LINES, cluster.read("orders"));
            }
            String said = cluster.done("", "cluster", "upgrade");
            assertTrue(said.contains("All features are at the newest level"), said);
            cluster.done("more\n", "produce", "orders");
            cluster.awaitSameRecords("orders-0");
        }
    }

    /// @return a class path
    private static String copyOfClasses(Path to) throws IOException {
        StringJoiner all = new StringJoiner(File.pathSeparator);
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path from = Path.of(entry).toAbsolutePath();
            if (!Files.exists(from) || from.getFileName().toString().equals("test-classes")) {
                continue;
            }
            Path copy = to.resolve(all.length() + "-" + from.getFileName());
            all.add(copy.toString());
            try (Stream<Path> files = Files.walk(from)) {
                for (Path file : files.toList()) {
                    Path target = copy.resolve(from.relativize(file).toString());
                    if (Files.isDirectory(file)) {
                        Files.createDirectories(target);
                    } else {
                        Files.createDirectories(target.toAbsolutePath().getParent());
                        Files.createSymbolicLink(file.equals(from) ? copy : target, file);
                    }
                }
            }
        }
        return all.toString();
    }

    private static void awaitVoters(RunningCluster cluster) {
        Awaitility.await().atMost(RunningCluster.PATIENCE).untilAsserted(() -> {
            String quorum = cluster.done("", "cluster", "quorum");
            for (int node = 1; node <= RunningCluster.NODES; node++) {
                String start = node + " ";
                assertTrue(quorum.lines().map(String::strip)
                        .anyMatch(line -> line.startsWith(start)
                                && (line.contains(" follower ") || line.contains(" leader "))), quorum);
            }
        });
    }

    /// With what the broker has put by for such a day as well.
    private static void fillUp(Path disk, Path filler) throws IOException {
        Files.deleteIfExists(disk.resolve("reserve"));
        byte[] block = new byte[4096];
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (Files.getFileStore(disk).getUsableSpace() > 0) {
                out.write(block);
            }
        }
        assertFalse(Files.exists(disk.resolve("reserve")));
    }

    private static void deleteAll(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static boolean ran(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
