package io.chapar.broker.logging;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A log file is bounded in size and count, and what happens to it or to its disk stops nobody.
final class LogFileTest {
    @TempDir
    private Path folder;

    private final List<String> troubles = new ArrayList<>();
    private long nowMs = 1_000_000;

    private LogFile file(Path path, long mostBytes, int mostFiles) {
        return new LogFile(path, mostBytes, mostFiles, () -> nowMs, troubles::add);
    }

    private static boolean add(LogFile file, String line) {
        return file.add((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(each -> each.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void fullFilesAreNumberedAndTheOldestGoes() throws IOException {
        Path path = folder.resolve("a.log");
        LogFile file = file(path, 10, 3);
        for (String line : List.of("one", "two", "three", "four", "five", "six", "seven", "eight")) {
            assertTrue(add(file, line));
        }
        assertEquals(List.of("a.log", "a.log.1", "a.log.2"), names());
        assertEquals("eight\n", Files.readString(path));
        assertEquals("six\nseven\n", Files.readString(folder.resolve("a.log.1")));
        assertEquals("four\nfive\n", Files.readString(folder.resolve("a.log.2")));
        assertEquals(List.of(), troubles);
    }

    @Test
    void ofOneFileNothingIsKept() throws IOException {
        LogFile file = file(folder.resolve("a.log"), 10, 1);
        assertTrue(add(file, "the first"));
        assertTrue(add(file, "second"));
        assertEquals(List.of("a.log"), names());
        assertEquals("second\n", Files.readString(folder.resolve("a.log")));
    }

    @Test
    void aFileIsGoneOnWithAndItsSizeCounts() throws IOException {
        Path path = Files.writeString(folder.resolve("a.log"), "before\n");
        LogFile first = file(path, 12, 2);
        assertTrue(add(first, "now"));
        assertEquals("before\nnow\n", Files.readString(path));
        first.close();
        assertTrue(add(file(path, 12, 2), "later"));
        assertEquals("later\n", Files.readString(path));
    }

    @Test
    void aLineThatWasCutOffIsEnded() throws IOException {
        Path path = Files.writeString(folder.resolve("a.log"), "{\"torn");
        assertTrue(add(file(path, 100, 2), "whole"));
        assertEquals("{\"torn\nwhole\n", Files.readString(path));
    }

    @Test
    void whoTakesTheFileAwayGetsAnotherBegunWithinASecond() throws IOException {
        Path path = folder.resolve("a.log");
        LogFile file = file(path, 1_000, 2);
        assertTrue(add(file, "one"));
        Files.move(path, folder.resolve("elsewhere"));
        nowMs += 1_000;
        assertTrue(add(file, "two"));
        assertEquals("two\n", Files.readString(path));
        assertEquals("one\n", Files.readString(folder.resolve("elsewhere")));
        Files.delete(path);
        nowMs += 1_000;
        assertTrue(add(file, "three"));
        assertEquals("three\n", Files.readString(path));
    }

    @Test
    void whatAnotherWritesToIsLeftAloneUntilThatOneEnds() throws IOException {
        Path path = folder.resolve("a.log");
        LogFile first = file(path, 10, 2);
        LogFile second = file(path, 10, 2);
        assertTrue(add(first, "first"));
        assertFalse(add(second, "second"));
        assertEquals(List.of("The log cannot be written to " + path
                + ": another broker writes to it, and each needs a file of its own. It is tried again."), troubles);
        assertTrue(add(first, "a"));
        assertEquals("first\na\n", Files.readString(path));
        first.close();
        nowMs += 1_000;
        assertTrue(add(second, "b"));
        assertEquals("first\na\nb\n", Files.readString(path));
    }

    @Test
    void aFolderThatVanishesIsMadeAnew() throws IOException {
        Path path = folder.resolve("logs").resolve("a.log");
        LogFile file = file(path, 1_000, 2);
        assertTrue(add(file, "one"));
        Files.delete(path);
        Files.delete(path.getParent());
        nowMs += 1_000;
        assertTrue(add(file, "two"));
        assertEquals("two\n", Files.readString(path));
    }

    @Test
    void whatCannotBeWrittenIsSaidOnceAndTriedAgainMoreRarely() throws IOException {
        Path path = Files.createDirectory(folder.resolve("a.log"));
        LogFile file = file(path, 1_000, 2);
        for (int i = 0; i < 100; i++) {
            assertFalse(add(file, "lost"));
            nowMs += 1_000;
        }
        assertEquals(1, troubles.size(), troubles.toString());
        assertTrue(troubles.getFirst().startsWith("The log cannot be written to " + path), troubles.getFirst());
        Files.delete(path);
        nowMs += 30_000;
        assertTrue(add(file, "there"));
        assertEquals("there\n", Files.readString(path));
        assertEquals("The log is written to " + path + " again; 100 lines did not get there.", troubles.getLast());
        assertTrue(add(file, "and on"));
        assertEquals(2, troubles.size(), troubles.toString());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFullDiskIsWaitedFor() {
        LogFile file = file(Path.of("/dev/full"), 1_000, 2);
        assertFalse(add(file, "lost"));
        nowMs += 60_000;
        assertFalse(add(file, "lost"));
        assertEquals(1, troubles.size(), troubles.toString());
        assertTrue(troubles.getFirst().contains("No space left on device"), troubles.getFirst());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aDeviceIsNotPutAside() {
        LogFile file = file(Path.of("/dev/null"), 10, 2);
        for (int i = 0; i < 10; i++) {
            assertTrue(add(file, "something"));
        }
        assertFalse(Files.exists(Path.of("/dev/null.1")));
        assertEquals(List.of(), troubles);
    }

    @Test
    void aFileThatCannotBePutAsideGrowsOn() throws IOException {
        Path path = folder.resolve("a.log");
        Files.createDirectories(folder.resolve("a.log.1").resolve("in the way"));
        LogFile file = file(path, 10, 2);
        for (int i = 0; i < 8; i++) {
            assertTrue(add(file, "12345"));
        }
        assertEquals(48, Files.size(path));
        assertEquals(1, troubles.size(), troubles.toString());
        assertTrue(troubles.getFirst().contains("cannot be put aside"), troubles.getFirst());
    }
}
