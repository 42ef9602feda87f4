package io.chapar.testing;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

final class StartedProcessTest {
    @TempDir
    private Path folder;

    private StartedProcess shell(String script) {
        return StartedProcess.start(folder, List.of("sh", "-c", script));
    }

    @Test
    void whatItSaysAfterItWasToldToEndIsRead() {
        try (StartedProcess process = shell(
                "trap 'echo last; echo words; exit 3' TERM; echo ready; while :; do sleep 0.1; done")) {
            assertEquals("ready", process.line());
            process.terminate();
            assertEquals(3, process.exitCode());
            assertEquals("last", process.line());
            assertEquals("words", process.line());
            assertNull(process.line());
        }
    }

    @Test
    void aLineIsWholeAndTheLastOneNeedsNoEnd() throws Exception {
        try (StartedProcess process = shell("printf half; read x; printf '%s\\n\\nيک' \"$x\"; echo wrong >&2")) {
            process.input().write(" and half\n".getBytes(StandardCharsets.UTF_8));
            process.input().close();
            assertEquals("halfand half", process.line());
            assertEquals("", process.line());
            assertEquals("يک", process.line());
            assertNull(process.line());
            assertEquals("halfand half\n\nيک", process.output());
            assertEquals("wrong\n", process.errors());
            assertEquals(0, process.exitCode());
        }
    }

    @Test
    void moreThanAPipeHoldsIsWrittenWithoutAReader() {
        try (StartedProcess process = shell("i=0; while [ $i -lt 9000 ]; do echo 0123456789abcdef; i=$((i+1)); done")) {
            assertEquals(0, process.exitCode());
            assertEquals(9000, process.output().lines().count());
        }
    }
}
