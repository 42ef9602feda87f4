package io.chapar.cli;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What `docs/operations.md` says to do about a lost and about a damaged segment of a broker that stands alone, where
/// there is a backup.
@Tag("nightly")
final class ProceduresIT {
    /// Of two batches each.
    private static final String SMALL_SEGMENTS = "segment.bytes=2048";
    private static final List<String> LINES =
            IntStream.range(0, 8).mapToObj(i -> i + "x".repeat(900)).toList();
    /// A partition that is offline is looked at again every half minute.
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path folder;

    private static List<String> read(RunningBroker broker, String from) {
        return RunningBroker.done(broker.run("", "consume", "orders", "--from", from, "--exit-at-end"))
                .lines().toList();
    }

    private void fill() throws Exception {
        try (RunningBroker broker = RunningBroker.start(folder)) {
            RunningBroker.done(broker.run("", "topic", "create", "orders", "--config", SMALL_SEGMENTS));
            for (String line : LINES) {
                RunningBroker.done(broker.run(line + "\n", "produce", "orders"));
            }
            assertEquals(LINES, read(broker, "earliest"));
            BackupCommandIT.made(folder, "one");
            broker.terminate();
        }
    }

    /// The second, which is sealed: what is before it and behind it is there.
    private Path segment() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("data/orders-0"))) {
            List<Path> segments = files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
            assertTrue(segments.size() > 3, segments::toString);
            return segments.get(1);
        }
    }

    private Path inBackup(Path segment) {
        return folder.resolve("backups/one/orders-0").resolve(segment.getFileName());
    }

    @Test
    void aSegmentThatIsLostComesBackFromABackupWhileTheBrokerRuns() throws Exception {
        fill();
        Path lost = segment();
        Files.delete(lost);
        try (RunningBroker broker = RunningBroker.start(folder)) {
            String why = RunningBroker.done(broker.run("", "topic", "describe", "orders"));
            assertTrue(why.contains("orders/0 is offline") && why.contains("offsets 2 to 3 are missing"), why);
            Files.copy(inBackup(lost), lost);
            Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(1)).until(() -> !RunningBroker.done(
                    broker.run("", "topic", "describe", "orders")).contains("offline"));
            assertEquals(LINES, read(broker, "earliest"));
            RunningBroker.done(broker.run("more\n", "produce", "orders"));
        }
    }

    @Test
    void aSegmentThatIsDamagedIsReadAroundAndPutBack() throws Exception {
        fill();
        Path hurt = segment();
        long behind = Long.parseLong(hurt.getFileName().toString().substring(0, 20)) + 2;
        try (RunningBroker broker = RunningBroker.start(folder)) {
            try (RandomAccessFile file = new RandomAccessFile(hurt.toFile(), "rw")) {
                file.setLength(20);
            }
            assertEquals(LINES.subList((int) behind, LINES.size()), read(broker, Long.toString(behind)));
            broker.terminate();
        }
        Files.delete(hurt);
        Files.copy(inBackup(hurt), hurt);
        try (RunningBroker broker = RunningBroker.start(folder)) {
            assertEquals(LINES, read(broker, "earliest"));
        }
    }
}
