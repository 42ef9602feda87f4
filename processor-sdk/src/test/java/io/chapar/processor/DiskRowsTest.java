package io.chapar.processor;

import io.chapar.client.RetriableException;
import io.chapar.client.UsageException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDB;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Stores in RocksDB: what they say, and what becomes of folders that cannot be used.
class DiskRowsTest {
    private static final long MEMORY = 8 << 20;
    private static final Standing STANDING = new Standing(new UUID(1, 2), 30, 5, 40);

    @TempDir
    private Path directory;
    private DiskStorage storage;

    @BeforeEach
    void open() {
        storage = DiskStorage.open(directory, "app", MEMORY);
    }

    @AfterEach
    void close() {
        storage.close();
    }

    private DiskRows rows() {
        DiskRows rows = (DiskRows) storage.rows("step", 3);
        rows.open();
        return rows;
    }

    private static byte[] bytes(int... numbers) {
        byte[] bytes = new byte[numbers.length];
        for (int at = 0; at < numbers.length; at++) {
            bytes[at] = (byte) numbers[at];
        }
        return bytes;
    }

    private static void commit(CommittedRows rows, byte[] key, byte @Nullable [] value) {
        Overlay changes = new Overlay(rows);
        changes.put(key, value);
        rows.commit(changes, STANDING);
    }

    private Path folder() {
        return directory.resolve("app").resolve("step-3");
    }

    private List<String> aside() throws IOException {
        try (Stream<Path> all = Files.list(directory.resolve("app"))) {
            return all.map(path -> path.getFileName().toString()).filter(name -> name.contains(".aside-")).toList();
        }
    }

    /// At every turn the same as a map in memory, through an overlay, over commits, rollbacks and openings.
    @Test
    void whateverIsDoneItIsWhatAMapWouldBe() {
        Random random = new Random(7);
        DiskRows rows = rows();
        Overlay changes = new Overlay(rows);
        NavigableMap<byte[], byte[]> committed = Store.entries();
        NavigableMap<byte[], byte[]> expected = Store.entries();
        for (int turn = 0; turn < 6_000; turn++) {
            byte[] key = key(random);
            switch (random.nextInt(40)) {
                case 0 -> {
                    changes.clear();
                    expected.clear();
                    expected.putAll(committed);
                }
                case 1, 2, 3 -> {
                    rows.commit(changes, STANDING);
                    changes.clear();
                    committed.clear();
                    committed.putAll(expected);
                }
                case 4 -> {
                    if (random.nextInt(10) == 0) {
                        rows.close();
                        rows = rows();
                        changes = new Overlay(rows);
                        expected.clear();
                        expected.putAll(committed);
                    }
                }
                default -> {
                    byte[] value = random.nextInt(3) == 0 ? bytes(turn) : null;
                    changes.put(key, value);
                    if (value == null) {
                        expected.remove(key);
                    } else {
                        expected.put(key, value);
                    }
                }
            }
            byte[] from = random.nextInt(3) == 0 ? bytes(0) : key(random);
            byte[] to = key(random);
            assertArrayEquals(expected.get(key), changes.get(key));
            if (Arrays.compareUnsigned(from, to) < 0) {
                assertRange(expected.subMap(from, true, to, false), changes, from, to);
                assertRange(committed.subMap(from, true, to, false), rows, from, to);
            }
        }
        rows.close();
    }

    /// Few keys, so that they meet; of several lengths, with the highest bytes too.
    private static byte[] key(Random random) {
        byte[] key = new byte[1 + random.nextInt(2)];
        for (int at = 0; at < key.length; at++) {
            key[at] = (byte) (random.nextInt(6) * 51);
        }
        return key;
    }

    private static void assertRange(NavigableMap<byte[], byte[]> expected, Rows rows, byte[] from, byte[] to) {
        assertEquals(text(expected.firstEntry()), text(rows.first(from, to)));
        assertEquals(text(expected.lastEntry()), text(rows.last(from, to)));
        assertEquals(expected.entrySet().stream().map(DiskRowsTest::text).toList(),
                rows.range(from, to).entrySet().stream().map(DiskRowsTest::text).toList());
    }

    private static String text(Map.@Nullable Entry<byte[], byte[]> row) {
        return row == null ? "none" : Arrays.toString(row.getKey()) + "=" + Arrays.toString(row.getValue());
    }

    @Test
    void whatWasCommittedIsThereWhenItIsOpenedAgain() throws IOException {
        DiskRows rows = rows();
        assertNull(rows.standing());
        commit(rows, bytes(5), bytes(6));
        rows.close();
        DiskRows again = rows();
        assertEquals(STANDING, again.standing());
        assertArrayEquals(bytes(6), again.get(bytes(5)));
        again.clear();
        assertNull(again.standing());
        assertNull(again.get(bytes(5)));
        assertEquals(List.of(), aside());
        again.close();
    }

    @Test
    void aDamagedStoreIsSetAsideAndBeginsAnew() throws IOException {
        DiskRows rows = rows();
        commit(rows, bytes(5), bytes(6));
        rows.close();
        try (Stream<Path> files = Files.list(folder())) {
            for (Path file : files.filter(name -> name.getFileName().toString().startsWith("MANIFEST")).toList()) {
                Files.write(file, bytes(1, 2, 3, 4, 5, 6, 7, 8, 9));
            }
        }
        DiskRows anew = rows();
        assertNull(anew.standing());
        assertNull(anew.get(bytes(5)));
        assertEquals(1, aside().size());
        commit(anew, bytes(5), bytes(7));
        anew.close();
    }

    @Test
    void aTornLogComesBackAsItWasBefore() throws IOException {
        DiskRows rows = rows();
        commit(rows, bytes(5), bytes(6));
        commit(rows, bytes(5), bytes(7));
        rows.close();
        try (Stream<Path> files = Files.list(folder())) {
            for (Path file : files.filter(name -> name.getFileName().toString().endsWith(".log")).toList()) {
                byte[] all = Files.readAllBytes(file);
                Files.write(file, Arrays.copyOf(all, Math.max(0, all.length - 3)));
            }
        }
        DiskRows again = rows();
        assertEquals(STANDING, again.standing());
        assertArrayEquals(bytes(6), again.get(bytes(5)));
        again.close();
    }

    @Test
    void anothersStoreAndAFileInItsPlaceAreSetAside() throws IOException {
        DiskRows other = (DiskRows) storage.rows("other", 3);
        other.open();
        commit(other, bytes(5), bytes(6));
        other.close();
        Files.move(directory.resolve("app").resolve("other-3"), folder());
        DiskRows rows = rows();
        assertNull(rows.get(bytes(5)));
        rows.close();
        assertEquals(1, aside().size());
        Path file = directory.resolve("app").resolve("file-0");
        Files.write(file, bytes(1));
        CommittedRows anew = storage.rows("file", 0);
        anew.open();
        commit(anew, bytes(5), bytes(6));
        anew.close();
        assertEquals(2, aside().size());
    }

    @Test
    void aStoreThatAnotherThreadHasIsWaitedFor() {
        DiskRows rows = rows();
        CommittedRows second = storage.rows("step", 3);
        assertThrows(RetriableException.class, second::open);
        commit(rows, bytes(5), bytes(6));
        rows.close();
        second.open();
        assertNotNull(second.get(bytes(5)));
        second.close();
    }

    @Test
    void aFolderThatIsInUseIsRefused() {
        UsageException refused = assertThrows(UsageException.class,
                () -> DiskStorage.open(directory, "app", MEMORY));
        assertTrue(refused.getMessage().contains("stateDirectory of its own"), refused::getMessage);
        DiskStorage.open(directory, "app2", MEMORY).close();
        assertThrows(UsageException.class, () -> DiskStorage.open(directory, "..", MEMORY));
    }

    @Test
    void whatNobodyHasUsedForADayIsDeleted() throws IOException {
        rows().close();
        CommittedRows kept = storage.rows("kept", 0);
        kept.open();
        kept.close();
        storage.close();
        try (Stream<Path> files = Files.list(folder())) {
            files.forEach(file -> assertTrue(file.toFile().setLastModified(1_000)));
        }
        assertTrue(folder().toFile().setLastModified(1_000));
        storage = DiskStorage.open(directory, "app", MEMORY);
        assertTrue(Files.notExists(folder()));
        assertTrue(Files.exists(directory.resolve("app").resolve("kept-0")));
    }

    @Test
    void whoHasNoLibraryIsToldSo() throws Exception {
        URL[] places = {WithoutLibrary.class.getProtectionDomain().getCodeSource().getLocation(),
            ProcessorApp.class.getProtectionDomain().getCodeSource().getLocation()};
        try (URLClassLoader loader = new URLClassLoader(places, getClass().getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                if (name.startsWith("org.rocksdb.")) {
                    throw new ClassNotFoundException(name);
                }
                Class<?> known = findLoadedClass(name);
                return known != null ? known : name.startsWith("io.chapar.processor.") ? findClass(name)
                        : super.loadClass(name, resolve);
            }
        }) {
            Method start = loader.loadClass(WithoutLibrary.class.getName()).getMethod("start", Path.class);
            Throwable refused = assertThrows(InvocationTargetException.class,
                    () -> start.invoke(null, directory.resolve("none"))).getCause();
            assertTrue(String.valueOf(refused.getMessage()).contains("needs org.rocksdb:rocksdbjni"),
                    refused::toString);
        }
    }

    /// Without the epoch.
    @Test
    void whatAnEarlierVersionWroteIsReadOn() throws Exception {
        DiskRows rows = rows();
        commit(rows, bytes(1), bytes(2));
        rows.close();
        try (RocksDB database = RocksDB.open(folder().toString())) {
            byte[] standing = {0, 's'};
            database.put(standing, Arrays.copyOf(database.get(standing), 4 * Long.BYTES));
        }
        DiskRows again = rows();
        assertEquals(new Standing(STANDING.topic(), STANDING.offset(), Standing.NO_EPOCH, STANDING.atMs()),
                again.standing());
        assertArrayEquals(bytes(2), again.get(bytes(1)));
        again.close();
        assertEquals(List.of(), aside());
    }

    @Test
    void aStandingIsOfUseOnlyInItsOwnLogAndWhileRemovalsAreThere() {
        long later = STANDING.atMs() + Standing.MAX_AGE_MS + 1;
        assertTrue(STANDING.isIn(new Standing.Log(STANDING.topic(), 0, 1_000), 41));
        assertTrue(!STANDING.isIn(new Standing.Log(STANDING.topic(), 0, 1_000), later));
        assertTrue(STANDING.isIn(new Standing.Log(STANDING.topic(), 0, 31), later));
        assertTrue(!STANDING.isIn(new Standing.Log(new UUID(1, 3), 0, 1_000), 41));
        assertTrue(!STANDING.isIn(new Standing.Log(STANDING.topic(), 0, 29), 41));
        assertTrue(!STANDING.isIn(new Standing.Log(STANDING.topic(), 31, 1_000), 41));
    }
}
