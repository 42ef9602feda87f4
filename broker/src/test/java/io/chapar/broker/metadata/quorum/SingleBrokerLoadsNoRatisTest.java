package io.chapar.broker.metadata.quorum;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A broker that has no others pays nothing for what clusters need.
class SingleBrokerLoadsNoRatisTest {
    @TempDir
    Path folder;

    /// Starts a broker and ends it.
    static final class Alone {
        private Alone() {}

        public static void main(String[] args) {
            Broker.start(BrokerConfig.of(Map.of("listeners", "127.0.0.1:0", "log.dirs", args[0]))).close();
        }
    }

    @Test
    void aBrokerThatHasNoOthersLoadsNoClassOfTheConsensusLibrary() throws Exception {
        Path classes = folder.resolve("classes");
        Path said = folder.resolve("said");
        Process process = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-Xmx256m", "-Xlog:class+load=info:file=" + classes,
                "-cp", System.getProperty("java.class.path"), Alone.class.getName(),
                folder.resolve("data").toString())
                .redirectErrorStream(true).redirectOutput(said.toFile()).start();
        try {
            assertTrue(process.waitFor(90, TimeUnit.SECONDS), "it ends");
            assertEquals(0, process.exitValue(), () -> read(said));
        } finally {
            process.destroyForcibly();
        }
        try (Stream<String> lines = Files.lines(classes)) {
            List<String> loaded = lines.toList();
            assertTrue(loaded.stream().anyMatch(line -> line.contains("io.chapar.broker.metadata.LocalMetadataLog")));
            assertEquals(List.of(), loaded.stream().filter(line -> line.contains("org.apache.ratis")
                    || line.contains("io.chapar.broker.metadata.quorum.Quorum")).toList());
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
