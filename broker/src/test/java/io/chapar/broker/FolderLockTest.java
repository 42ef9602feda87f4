package io.chapar.broker;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import static org.junit.jupiter.api.Assertions.assertEquals;

class FolderLockTest {
    @TempDir
    private Path temporary;

    private static String permissions(Path folder) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder));
    }

    @Test
    void aNewFolderIsItsOwnersAlone() throws IOException {
        Path folder = temporary.resolve("above").resolve("data");
        FolderLock.take(folder).release();
        assertEquals("rwx------", permissions(folder));
    }

    @Test
    void aFolderThatIsThereStaysAsItIs() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("data"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-x---"));
        FolderLock.take(folder).release();
        assertEquals("rwxr-x---", permissions(folder));
    }
}
