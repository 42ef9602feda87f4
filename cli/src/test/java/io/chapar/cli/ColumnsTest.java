package io.chapar.cli;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// No line of source is longer than [#WIDEST]. Two kinds may be: rows of a table in a text block, and lines of code
/// that stand in a test as they stand elsewhere (`PlantedBug*`).
final class ColumnsTest {
    private static final int WIDEST = 120;
    private static final Path PROJECT = Path.of("..");

    @Test
    void everyLineCanBeReadWithoutScrolling() throws IOException {
        List<String> tooLong = new ArrayList<>();
        List<Path> sources = sources();
        for (Path source : sources) {
            boolean inText = false;
            List<String> lines = Files.readAllLines(source);
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                boolean row = inText && line.contains("|");
                if (line.codePointCount(0, line.length()) > WIDEST && !row) {
                    tooLong.add(PROJECT.relativize(source) + ":" + (i + 1));
                }
                inText ^= line.split("\"{3}", -1).length % 2 == 0;
            }
        }
        assertEquals(List.of(), tooLong);
        assertTrue(sources.size() > 500, "sources were found: " + sources.size());
    }

    private static List<Path> sources() throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> modules = Files.list(PROJECT)) {
            for (Path module : modules.map(one -> one.resolve("src")).filter(Files::isDirectory).toList()) {
                try (Stream<Path> files = Files.walk(module)) {
                    files.filter(file -> file.toString().endsWith(".java"))
                            .filter(file -> !file.getFileName().toString().startsWith("PlantedBug"))
                            .forEach(found::add);
                }
            }
        }
        return found;
    }
}
