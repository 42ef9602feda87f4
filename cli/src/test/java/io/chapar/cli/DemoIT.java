package io.chapar.cli;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A short demo, as a user runs it.
final class DemoIT {
    @TempDir
    private Path folder;

    @Test
    void exactlyOnceHoldsWhileProcessesDie() throws Exception {
        try (ChaparProcess demo = ChaparProcess.start(folder, "demo", "--flights", "4000")) {
            List<String> lines = lines(demo);
            assertEquals(0, demo.exitCode(), () -> String.join("\n", lines));
            assertTrue(lines.stream().anyMatch(line -> line.matches("MODE +INPUT +OUTPUT +LOST +DUPLICATED")));
            assertTrue(lines.stream().anyMatch(line -> line.matches("EXACTLY_ONCE +4000 +4000 +0 +0")));
            assertTrue(lines.stream().anyMatch(line -> line.matches("AT_LEAST_ONCE +4000 +\\d+ +0 +\\d+")));
            assertTrue(lines.stream().anyMatch(line -> line.matches("AT_MOST_ONCE +4000 +\\d+ +\\d+ +0")));
            assertEquals("", demo.errors());
        }
    }

    private static List<String> lines(ChaparProcess demo) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line = demo.line(); line != null; line = demo.line()) {
            lines.add(line);
        }
        return lines;
    }
}
