package io.chapar.cli;

import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class WayBackTest {
    private static final TopicPartition ONE = new TopicPartition("t", 0);
    private static final TopicPartition OTHER = new TopicPartition("t", 1);

    @TempDir
    Path folder;

    @Test
    void theSameCommandOnceMoreKeepsWhereThePartitionsWere() throws IOException {
        Path file = folder.resolve("before.json");
        assertEquals(0, new WayBack(file).add(Map.of(ONE, List.of(1, 2))));
        assertEquals(1, new WayBack(file).add(Map.of(ONE, List.of(3, 2), OTHER, List.of(2, 1))));
        assertEquals(Map.of(ONE, List.of(1, 2), OTHER, List.of(2, 1)), ReassignmentJson.read(Files.readString(file)));
        assertEquals(List.of(file), list());
    }

    @Test
    void whatIsNoPlanIsLeftAsItIs() throws IOException {
        Path file = Files.writeString(folder.resolve("notes.txt"), "mine");
        CommandFailure failure =
                assertThrows(CommandFailure.class, () -> new WayBack(file).add(Map.of(ONE, List.of(1, 2))));
        assertTrue(String.valueOf(failure.getMessage()).contains("name another file"), failure.getMessage());
        assertEquals("mine", Files.readString(file));
    }

    @Test
    void aFileThatCannotBeWrittenIsLeftAsItWas() throws IOException {
        Path file = folder.resolve("before.json");
        new WayBack(file).add(Map.of(ONE, List.of(1, 2)));
        String was = Files.readString(file);
        Files.createDirectory(folder.resolve("before.json.tmp")); // nothing can be written beside it
        assertThrows(CommandFailure.class, () -> new WayBack(file).add(Map.of(OTHER, List.of(2, 1))));
        assertEquals(was, Files.readString(file));
    }

    @Test
    void whatALinkLeadsToIsWritten() throws IOException {
        Path real = folder.resolve("real.json");
        new WayBack(real).add(Map.of(ONE, List.of(1, 2)));
        Path link = Files.createSymbolicLink(folder.resolve("link.json"), real);
        new WayBack(link).add(Map.of(OTHER, List.of(2, 1)));
        assertTrue(Files.isSymbolicLink(link));
        assertEquals(2, ReassignmentJson.read(Files.readString(real)).size());
    }

    private List<Path> list() throws IOException {
        try (var all = Files.list(folder)) {
            return all.toList();
        }
    }
}
