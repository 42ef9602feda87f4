package io.chapar.processor;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What is in a state folder besides stores, and what a store's log holds when it was cut off anywhere.
class StoreFolderTest {
    private static final long MEMORY = 8 << 20;
    private static final Standing STANDING = new Standing(new UUID(1, 2), 30, 5, 40);
    private static final int ROWS = 20_000;

    @TempDir
    private Path directory;

    private Path application() {
        return directory.resolve("app");
    }

    private static byte[] key(int number) {
        return ("key-" + number).getBytes(StandardCharsets.UTF_8);
    }

    private static void use(DiskStorage storage, String step) {
        CommittedRows rows = storage.rows(step, 0);
        rows.open();
        commit(rows, 1, STANDING);
        rows.close();
    }

    private static void commit(CommittedRows rows, int count, @Nullable Standing standing) {
        Overlay changes = new Overlay(rows);
        for (int number = 0; number < count; number++) {
            changes.put(key(number), new byte[100]);
        }
        rows.commit(changes, standing);
    }

    private static void makeOld(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            all.forEach(file -> assertTrue(file.toFile().setLastModified(1_000)));
        }
    }

    private List<String> folders() throws IOException {
        try (Stream<Path> all = Files.list(application())) {
            return all.filter(Files::isDirectory).map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    /// A step may be called as what is set aside of another one's store is.
    @Test
    void whatIsSetAsideIsNoStepsStore() throws IOException {
        try (DiskStorage storage = DiskStorage.open(directory, "app", MEMORY)) {
            use(storage, "a");
            CommittedRows rows = storage.rows("a-0.aside", 5);
            rows.open();
            commit(rows, 1, STANDING);
            rows.close();
        }
        new StoreFolder(application().resolve("a-0")).setAside(1_700_000_000_000L);
        assertEquals(List.of("a-0.aside-1700000000000", "a-0.aside-5"), folders());
        Files.createDirectory(application().resolve("a-0"));
        new StoreFolder(application().resolve("a-0")).setAside(1_700_000_000_001L);
        assertEquals(List.of("a-0.aside-1700000000001", "a-0.aside-5"), folders());
    }

    /// Folders of the user's, or another program's, are nobody's to delete, however old they are.
    @Test
    void onlyStoresOfThisApplicationAreDeleted() throws IOException {
        DiskStorage storage = DiskStorage.open(directory, "app", MEMORY);
        use(storage, "old");
        use(storage, "renamed");
        storage.close();
        Files.move(application().resolve("renamed-0"), application().resolve("backup"));
        Path photos = Files.createDirectories(application().resolve("photos").resolve("deep"));
        Files.writeString(photos.resolve("one"), "mine");
        Files.createDirectory(application().resolve("total-7"));
        makeOld(application());
        DiskStorage.open(directory, "app", MEMORY).close();
        assertEquals(List.of("backup", "photos", "total-7"), folders());
        assertEquals("mine", Files.readString(photos.resolve("one")));
    }

    @Test
    void aFolderOfTheUsersInAStoresPlaceIsSetAsideAndKept() throws IOException {
        Path theirs = Files.createDirectories(application().resolve("step-0"));
        Files.writeString(theirs.resolve("letter"), "mine");
        DiskStorage storage = DiskStorage.open(directory, "app", MEMORY);
        use(storage, "step");
        storage.close();
        makeOld(application());
        DiskStorage.open(directory, "app", MEMORY).close();
        List<String> left = folders();
        assertEquals(1, left.size());
        assertEquals(List.of("letter"), names(application().resolve(left.getFirst())));
    }

    /// What a link leads to is somebody else's.
    @Test
    void aMarkIsNotWrittenThroughALink() throws IOException {
        Path theirs = Files.writeString(directory.resolve("letter"), "mine");
        Path store = Files.createDirectories(application().resolve("step-0"));
        Files.createSymbolicLink(store.resolve(StoreFolder.MARK), theirs);
        assertThrows(IOException.class, () -> new StoreFolder(store).mark());
        assertEquals("mine", Files.readString(theirs));
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).toList();
        }
    }

    /// A disk that fails again and again does not fill up with what was set aside.
    @Test
    void ofStoresThatWereSetAsideTheLastOneIsKept() throws IOException {
        DiskStorage storage = DiskStorage.open(directory, "app", MEMORY);
        for (int time = 0; time < 4; time++) {
            use(storage, "step");
            damage(application().resolve("step-0"));
        }
        use(storage, "step");
        storage.close();
        assertEquals(2, folders().size(), () -> "step-0 and one that was set aside");
    }

    private static void damage(Path store) throws IOException {
        try (Stream<Path> files = Files.list(store)) {
            for (Path file : files.filter(name -> name.getFileName().toString().startsWith("MANIFEST")).toList()) {
                Files.write(file, new byte[9]);
            }
        }
    }

    private static Path log(Path store) throws IOException {
        try (Stream<Path> files = Files.list(store)) {
            return files.filter(name -> name.getFileName().toString().endsWith(".log")).findFirst().orElseThrow();
        }
    }

    private interface Image {
        void check(CommittedRows rows);
    }

    /// The store as a process leaves it that dies when so much of the log is written.
    private void cutOff(int bytes, Image image) throws IOException {
        Path place = directory.resolve("cut-" + bytes);
        Path copy = Files.createDirectories(place.resolve("app").resolve("step-0"));
        try (Stream<Path> files = Files.list(application().resolve("step-0"))) {
            files.forEach(file -> copy(file, copy.resolve(file.getFileName())));
        }
        Path log = log(copy);
        Files.write(log, Arrays.copyOf(Files.readAllBytes(log), bytes));
        DiskStorage storage = DiskStorage.open(place, "app", MEMORY);
        CommittedRows rows = storage.rows("step", 0);
        rows.open();
        image.check(rows);
        rows.close();
        storage.close();
    }

    private static void copy(Path from, Path to) {
        try {
            Files.copy(from, to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Rows that are gone while the store still says how far it is would never be read again.
    @Test
    void aStoreThatIsEmptiedIsWholeOrKnownToBeEmpty() throws IOException {
        DiskStorage storage = DiskStorage.open(directory, "app", MEMORY);
        CommittedRows rows = storage.rows("step", 0);
        rows.open();
        commit(rows, 3, STANDING);
        int before = Files.readAllBytes(log(application().resolve("step-0"))).length;
        rows.clear();
        int after = Files.readAllBytes(log(application().resolve("step-0"))).length;
        assertTrue(after > before);
        for (int bytes = before; bytes <= after; bytes++) {
            cutOff(bytes, cut -> {
                boolean whole = cut.standing() != null;
                for (int number = 0; number < 3; number++) {
                    assertEquals(whole, cut.get(key(number)) != null);
                }
            });
        }
        rows.close();
        storage.close();
    }

    /// However large it is.
    @Test
    void aLargeCommitIsThereAsAWholeOrNotAtAll() throws IOException {
        DiskStorage storage = DiskStorage.open(directory, "app", MEMORY);
        CommittedRows rows = storage.rows("step", 0);
        rows.open();
        int before = Files.readAllBytes(log(application().resolve("step-0"))).length;
        commit(rows, ROWS, STANDING);
        int after = Files.readAllBytes(log(application().resolve("step-0"))).length;
        assertTrue(after - before > ROWS * 100);
        for (int part = 0; part <= 8; part++) {
            int bytes = before + (int) ((long) (after - before) * part / 8);
            cutOff(bytes, cut -> {
                int[] found = new int[1];
                cut.from(new byte[0], Integer.MAX_VALUE, (key, value) -> found[0]++);
                assertEquals(bytes == after ? ROWS : 0, found[0]);
                if (bytes == after) {
                    assertEquals(STANDING, cut.standing());
                    assertArrayEquals(new byte[100], cut.get(key(ROWS - 1)));
                } else {
                    assertNull(cut.standing());
                }
            });
        }
        rows.close();
        storage.close();
    }
}
