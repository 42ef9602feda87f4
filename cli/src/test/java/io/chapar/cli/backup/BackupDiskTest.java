package io.chapar.cli.backup;

import io.chapar.broker.BackupSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The disk that a backup, or what is restored, is written to fills up or goes away meanwhile: it is said, and nothing
/// that looks finished is left. Needs the right to mount a small file system, and is passed over where that is missing.
@Tag("nightly")
final class BackupDiskTest {
    private static final int MEGABYTE = 1 << 20;
    private static final int DISK_MEGABYTES = 8;
    /// After the first megabyte there are two seconds to do something in.
    private static final long SLOW = MEGABYTE / 2;

    @TempDir
    Path folder;

    private Path data;
    private Path disk;

    @BeforeEach
    void mount() throws Exception {
        data = folder.resolve("data");
        Files.createDirectories(data.resolve("orders-0"));
        Files.writeString(data.resolve("meta.properties"), "version=1\ncluster.id=theirs\nnode.id=7\n");
        for (int i = 0; i < 4; i++) {
            Files.write(data.resolve("orders-0/" + i + ".log"), new byte[MEGABYTE]);
        }
        disk = Files.createDirectory(folder.resolve("disk"));
        Assumptions.assumeTrue(ran("mount", "-t", "tmpfs", "-o", "size=" + DISK_MEGABYTES + "m", "tmpfs",
                disk.toString()), "SKIPPED: a small file system cannot be mounted here");
    }

    @AfterEach
    void unmount() throws Exception {
        ran("umount", "-l", disk.toString());
    }

    private static boolean ran(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private void fill() {
        try (OutputStream file = Files.newOutputStream(disk.resolve("others"))) {
            byte[] some = new byte[1 << 16];
            while (true) {
                file.write(some);
            }
        } catch (IOException full) {
            // As it is to be.
        }
    }

    private Manifest create(Path backup, long bytesPerSecond) throws InterruptedException {
        try (BackupSource source = BackupSource.open(data, 0)) {
            return Backups.create(source, backup, Instant.EPOCH, bytesPerSecond);
        }
    }

    /// Does it once the first file has been begun.
    private static CompletableFuture<Void> when(Path unfinished, Runnable meanwhile) {
        return CompletableFuture.runAsync(() -> {
            Awaitility.await().until(() -> Files.exists(unfinished.resolve("orders-0")));
            meanwhile.run();
        });
    }

    private static List<String> names(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void said(BackupFailure failure, String... parts) {
        for (String part : parts) {
            assertTrue(failure.getMessage().contains(part), failure.getMessage());
        }
    }

    @Test
    void aDiskThatOthersFillMeanwhile() throws Exception {
        CompletableFuture<Void> filled = when(disk.resolve("one.unfinished"), this::fill);
        said(assertThrows(BackupFailure.class, () -> create(disk.resolve("one"), SLOW)),
                "The backup was not made: ", "one.unfinished/orders-0/", "cannot be written: No space left on device");
        filled.join();
        assertEquals(List.of("others"), names(disk));
    }

    @Test
    void aDiskThatIsTooSmallFromTheBeginning() throws Exception {
        Files.write(disk.resolve("others"), new byte[5 * MEGABYTE]);
        said(assertThrows(BackupFailure.class, () -> create(disk.resolve("one"), 0)), "it takes 41943", " left");
        assertEquals(List.of("others"), names(disk));
    }

    @Test
    void aDiskThatGoesAwayMeanwhile() throws Exception {
        CompletableFuture<Void> gone = when(disk.resolve("one.unfinished"), () -> {
            try {
                assertTrue(ran("umount", "-l", disk.toString()));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        said(assertThrows(BackupFailure.class, () -> create(disk.resolve("one"), SLOW)),
                "The backup was not made: ", "cannot be written: ", "is not there");
        gone.join();
        assertEquals(List.of(), names(disk), "nothing was written to what lies beneath");
    }

    @Test
    void aRestoredFolderWhoseDiskFillsMeanwhile() throws Exception {
        Path backup = folder.resolve("backups/one");
        create(backup, 0);
        CompletableFuture<Void> filled = when(disk.resolve("data.unfinished"), this::fill);
        said(assertThrows(BackupFailure.class, () -> Backups.restore(backup, disk.resolve("data"), SLOW)),
                "Nothing was restored: ", "cannot be written: No space left on device");
        filled.join();
        assertEquals(List.of("others"), names(disk));
    }
}
