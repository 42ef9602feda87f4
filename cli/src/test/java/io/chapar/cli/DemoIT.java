package io.chapar.cli;

import io.chapar.testing.StartedProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A short demo, as a user runs it.
final class DemoIT {
    @TempDir
    private Path folder;

    @Test
    void exactlyOnceHoldsWhileProcessesDie() throws Exception {
        try (StartedProcess demo = ChaparProcess.start(folder, "demo", "--flights", "4000")) {
            List<String> lines = Stream.generate(demo::line).takeWhile(Objects::nonNull).toList();
            assertEquals(0, demo.exitCode(), () -> String.join("\n", lines));
            assertTrue(lines.stream().anyMatch(line -> line.matches("MODE +INPUT +OUTPUT +LOST +DUPLICATED")));
            assertTrue(lines.stream().anyMatch(line -> line.matches("EXACTLY_ONCE +4000 +4000 +0 +0")));
            assertTrue(lines.stream().anyMatch(line -> line.matches("AT_LEAST_ONCE +4000 +\\d+ +0 +\\d+")));
            assertTrue(lines.stream().anyMatch(line -> line.matches("AT_MOST_ONCE +4000 +\\d+ +\\d+ +0")));
            assertEquals("", demo.errors());
        }
    }
}
