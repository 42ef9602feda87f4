package io.chapar.cli.backup;

import io.chapar.broker.BackupSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Backups of a folder on which no broker runs, and what is not taken for one.
final class BackupsTest {
    private static final Instant NOW = Instant.parse("2026-11-30T22:15:03Z");

    @TempDir
    Path folder;
    private Path data;
    private Path backup;

    @BeforeEach
    void fill() throws IOException {
        data = folder.resolve("data");
        backup = folder.resolve("backups").resolve("one");
        write("meta.properties", "version=1\ncluster.id=theirs\nnode.id=7\n");
        write("orders-0/00000000000000000000.log", "records");
        write("begun/aa-0", "");
        write("reserve", "nothing");
        write("backup.wanted", "somebody");
    }

    private void write(String path, String text) throws IOException {
        Path file = data.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Manifest create() throws InterruptedException {
        try (BackupSource source = BackupSource.open(data, 0)) {
            assertFalse(source.isLive());
            return Backups.create(source, backup, NOW, 0);
        }
    }

    private static Map<String, String> files(Path of) throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> all = Files.walk(of)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                found.put(of.relativize(file).toString(), Files.readString(file));
            }
        }
        return found;
    }

    private void refused(Path restored, String... said) {
        BackupFailure failure = assertThrows(BackupFailure.class, () -> Backups.restore(backup, restored, 0));
        for (String part : said) {
            assertTrue(String.valueOf(failure.getMessage()).contains(part), failure.getMessage());
        }
        assertFalse(Files.exists(restored));
        assertFalse(Files.exists(restored.resolveSibling(restored.getFileName() + Backups.UNFINISHED)));
    }

    @Test
    void whatIsRestoredIsWhatWasThere() throws Exception {
        Manifest made = create();
        assertEquals(new Manifest(NOW, "theirs", 7, false, made.files()), made);
        assertEquals(made, Backups.verify(backup));
        Path restored = folder.resolve("restored");
        assertEquals(made, Backups.restore(backup, restored, 1_000_000));
        Map<String, String> expected = files(data);
        List.of("reserve", "backup.wanted", ".lock").forEach(expected::remove);
        assertEquals(expected, files(restored));
        assertEquals(List.of(new Backups.Found("one", made.summary(), null)), Backups.list(folder.resolve("backups")));
    }

    @Test
    void aBitThatTurnedIsNamedAndNothingIsRestored() throws Exception {
        create();
        Files.writeString(backup.resolve("orders-0/00000000000000000000.log"), "recordz");
        refused(folder.resolve("restored"), "orders-0/00000000000000000000.log has another checksum");
    }

    @Test
    void whatIsMissingOrTooMuchIsNamed() throws Exception {
        create();
        Files.delete(backup.resolve("begun/aa-0"));
        Files.writeString(backup.resolve("orders-0/other"), "");
        refused(folder.resolve("restored"), "begun/aa-0 is missing", "orders-0/other is no part of it");
    }

    @Test
    void whatIsUnfinishedIsNoBackup() throws Exception {
        create();
        Files.delete(backup.resolve(Manifest.NAME));
        refused(folder.resolve("restored"), "is not a finished backup");
        assertEquals("no backup: it has no manifest", Backups.list(backup.getParent()).getFirst().trouble());
        Path unfinished = backup.resolveSibling("two" + Backups.UNFINISHED);
        Files.move(backup, unfinished);
        backup = unfinished;
        refused(folder.resolve("restored"), "is not a finished backup");
        assertEquals("unfinished: delete it unless it is being made",
                Backups.list(backup.getParent()).getFirst().trouble());
    }

    @Test
    void aManifestThatWasChangedOrLeadsElsewhereIsRefused() throws Exception {
        Manifest made = create();
        Path manifest = backup.resolve(Manifest.NAME);
        String text = Files.readString(manifest);
        Files.writeString(manifest, text.replace("node 7", "node 8"));
        refused(folder.resolve("restored"), "is damaged");
        Files.writeString(manifest, text.substring(0, text.length() - 1));
        refused(folder.resolve("restored"), "is damaged");
        for (String path : List.of("../../data/meta.properties", "/etc/hostname", "a//b", "a/./b", "a\0b")) {
            Manifest elsewhere = new Manifest(NOW, made.cluster(), 7, false,
                    List.of(new Manifest.Entry(path, 1, 1)));
            Files.writeString(manifest, elsewhere.text());
            refused(folder.resolve("restored"), "is damaged");
        }
    }

    /// A folder of backups is listed whatever else lies there.
    @Test
    void aManifestWithoutAnEndTakesNoMemory() throws Exception {
        create();
        Path other = Files.createDirectories(backup.resolveSibling("other"));
        try (RandomAccessFile huge = new RandomAccessFile(other.resolve(Manifest.NAME).toFile(), "rw")) {
            huge.setLength(4L << 30);
        }
        assertEquals("damaged", Backups.list(backup.getParent()).getLast().trouble());
        Manifest made = Backups.verify(backup);
        Files.writeString(other.resolve(Manifest.NAME), made.text().replace("chapar-backup 1", "chapar-backup 2"));
        assertTrue(assertThrows(BackupFailure.class, () -> Backups.verify(other)).getMessage()
                .contains("makes backups of another form"));
        Files.writeString(other.resolve(Manifest.NAME), made.text() + "file 00000000 0 more\n");
        assertEquals("damaged", Backups.list(backup.getParent()).getLast().trouble());
    }

    @Test
    void whatIsThereIsLeftAsItIs() throws Exception {
        create();
        Map<String, String> before = files(data);
        BackupFailure failure = assertThrows(BackupFailure.class, () -> Backups.restore(backup, data, 0));
        assertTrue(String.valueOf(failure.getMessage()).contains("is there already"), failure.getMessage());
        assertEquals(before, files(data));
        assertTrue(assertThrows(BackupFailure.class, this::create).getMessage().contains("is there already"));
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Backups.restore(backup, empty, 0);
        assertTrue(Files.exists(empty.resolve("meta.properties")));
    }

    @Test
    void aFolderBehindALinkIsCopiedAsWellAsPartsOfIt() throws Exception {
        Path elsewhere = folder.resolve("elsewhere");
        Files.move(data.resolve("orders-0"), elsewhere);
        Files.createSymbolicLink(data.resolve("orders-0"), elsewhere);
        data = Files.createSymbolicLink(folder.resolve("link"), data);
        create();
        Path into = Files.createDirectory(folder.resolve("real"));
        Path restored = Files.createSymbolicLink(folder.resolve("restored"), into);
        Backups.restore(backup, restored, 0);
        assertEquals("records", Files.readString(into.resolve("orders-0/00000000000000000000.log")));
        assertTrue(Files.isSymbolicLink(restored));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    @Timeout(60)
    void whatIsNoPlainFileIsNotRead() throws Exception {
        create();
        Path mark = backup.resolve("begun/aa-0");
        Files.delete(mark);
        Files.createSymbolicLink(mark, Path.of("/dev/zero"));
        refused(folder.resolve("restored"), "begun/aa-0 is no plain file");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aPlaceThatIsAnotherFileSystemIsRefusedAtOnce() throws Exception {
        create();
        BackupFailure failure =
                assertThrows(BackupFailure.class, () -> Backups.requireSameFileSystem(Path.of("/proc")));
        assertTrue(failure.getMessage().contains("name a folder in it"), failure.getMessage());
        Backups.requireSameFileSystem(backup);
    }

    /// With its disk, say: what lies beneath gets nothing.
    @Test
    void aPlaceThatIsGoneIsNotMadeAnew() throws Exception {
        Path gone = folder.resolve("gone");
        IOException failure = assertThrows(IOException.class, () -> new Copying(0)
                .copy(data.resolve("orders-0/00000000000000000000.log"), Copying.WHOLE, gone, "orders-0/a.log"));
        assertTrue(failure.getMessage().contains("orders-0/a.log' cannot be written: "), failure.getMessage());
        assertFalse(Files.exists(gone));
    }

    @Test
    void whatBreaksOffLeavesNothing() throws Exception {
        try (BackupSource source = BackupSource.open(data, 0)) {
            Files.delete(data.resolve("orders-0/00000000000000000000.log"));
            assertThrows(BackupFailure.class, () -> Backups.create(source, backup, NOW, 0));
        }
        assertEquals(List.of(), Backups.list(backup.getParent()));
    }
}
