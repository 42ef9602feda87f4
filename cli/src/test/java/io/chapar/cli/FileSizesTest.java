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

/// A file of main code that has more than [#LONGEST] lines holds more than one idea.
final class FileSizesTest {
    private static final int LONGEST = 500;
    private static final Path PROJECT = Path.of("..");

    @Test
    void aFileOfMainCodeIsReadInOneGo() throws IOException {
        List<String> tooLong = new ArrayList<>();
        int seen = 0;
        for (Path source : sources()) {
            seen++;
            int lines = Files.readAllLines(source).size();
            if (lines > LONGEST) {
                tooLong.add(PROJECT.relativize(source) + ": " + lines);
            }
        }
        assertEquals(List.of(), tooLong);
        assertTrue(seen > 300, "sources were found: " + seen);
    }

    private static List<Path> sources() throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> modules = Files.list(PROJECT)) {
            for (Path main : modules.map(one -> one.resolve("src/main/java")).filter(Files::isDirectory).toList()) {
                try (Stream<Path> files = Files.walk(main)) {
                    files.filter(file -> file.toString().endsWith(".java")).forEach(found::add);
                }
            }
        }
        return found;
    }
}
