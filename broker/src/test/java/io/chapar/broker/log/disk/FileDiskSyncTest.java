package io.chapar.broker.log.disk;

import io.chapar.broker.runtime.ManualLoop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

/// A device that cannot be synced stands for a disk that fails.
@EnabledOnOs(OS.LINUX)
class FileDiskSyncTest {
    @TempDir
    Path folder;

    @Test
    void aSyncThatFailsIsTold() throws IOException {
        Files.createSymbolicLink(folder.resolve("failing"), Path.of("/dev/null"));
        Files.writeString(folder.resolve("well"), "there");
        AtomicInteger failures = new AtomicInteger();
        try (FileDisk disk = new FileDisk(folder, failures::incrementAndGet)) {
            disk.sync(List.of("well", "gone meanwhile"));
            assertEquals(0, failures.get());
            assertThrows(IOException.class, () -> disk.sync(List.of("failing")));
            assertEquals(1, failures.get());

            ManualLoop loop = new ManualLoop();
            List<IOException> ended = new ArrayList<>();
            disk.syncLater(List.of("failing"), false, loop, ended::add);
            loop.awaitTask();
            assertInstanceOf(StorageException.class, ended.getFirst());
            assertEquals(2, failures.get());
        }
    }
}
