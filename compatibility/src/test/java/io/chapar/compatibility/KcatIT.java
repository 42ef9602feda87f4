package io.chapar.compatibility;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// kcat, and with it librdkafka, against one real broker. Skipped where kcat is not installed, except in CI.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KcatIT {
    private Path folder;
    private ChaparProcess broker;

    @BeforeAll
    void start(@TempDir Path temporary) {
        folder = temporary;
        boolean installed = Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(each -> Files.isExecutable(Path.of(each, "kcat")));
        Assumptions.assumeTrue(installed || "true".equals(System.getenv("CI")), "kcat is not installed");
        broker = ChaparProcess.start(folder.resolve("data"));
    }

    @AfterAll
    void stop() {
        if (broker != null) {
            assertEquals(0, broker.stop(), broker::output);
        }
    }

    private String kcat(String input, String... arguments) throws IOException, InterruptedException {
        Path in = Files.writeString(Files.createTempFile(folder, "kcat", ".in"), input);
        Path out = Files.createTempFile(folder, "kcat", ".out");
        Path err = Files.createTempFile(folder, "kcat", ".err");
        Process process = process(arguments).redirectInput(in.toFile()).redirectOutput(out.toFile())
                .redirectError(err.toFile()).start();
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertTrue(ended && process.exitValue() == 0, () -> {
            try {
                return String.join(" ", arguments) + ": " + Files.readString(err) + Files.readString(out);
            } catch (IOException e) {
                return e.toString();
            }
        });
        return Files.readString(out, StandardCharsets.UTF_8);
    }

    private ProcessBuilder process(String... arguments) {
        List<String> command = new ArrayList<>(List.of("kcat", "-b", broker.bootstrap()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command);
    }

    private static String lines(int count) {
        return String.join("\n", IntStream.range(0, count).mapToObj(i -> "line " + i).toList()) + "\n";
    }

    @Test
    void listsTheCluster() throws Exception {
        kcat("x\n", "-P", "-t", "listed");
        String listing = kcat("", "-L");
        assertTrue(listing.contains("1 brokers") && listing.contains("topic \"listed\" with 1 partitions"), listing);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void producesAndConsumesInEachCodec(String codec) throws Exception {
        String topic = "codec-" + codec;
        kcat(lines(2000), "-P", "-t", topic, "-X", "compression.codec=" + codec);
        assertEquals(lines(2000), kcat("", "-C", "-t", topic, "-o", "beginning", "-e", "-q"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "all"})
    void producesAtEachLevelOfAcknowledgement(String acks) throws Exception {
        String topic = "acks-" + acks;
        kcat(lines(100), "-P", "-t", topic, "-X", "acks=" + acks);
        Awaitility.await().untilAsserted(() ->
                assertEquals(lines(100), kcat("", "-C", "-t", topic, "-o", "beginning", "-e", "-q")));
    }

    @Test
    void producesIdempotently() throws Exception {
        kcat(lines(500), "-P", "-t", "idempotent", "-X", "enable.idempotence=true");
        assertEquals(lines(500), kcat("", "-C", "-t", "idempotent", "-o", "beginning", "-e", "-q"));
    }

    @Test
    void keepsKeysHeadersAndOffsets() throws Exception {
        kcat("k1:v1\nk2:v2\n", "-P", "-t", "keyed", "-K", ":", "-H", "origin=test");
        String read = kcat("", "-C", "-t", "keyed", "-o", "1", "-e", "-q", "-f", "%o %k %s %h\\n");
        assertEquals("1 k2 v2 origin=test\n", read);
        String last = kcat("", "-C", "-t", "keyed", "-o", "-2", "-e", "-q", "-f", "%k ");
        assertEquals("k1 k2 ", last);
    }

    @Test
    void consumesInABalancedGroup() throws Exception {
        kcat(lines(300), "-P", "-t", "balanced");
        Path out = Files.createTempFile(folder, "group", ".out");
        Process member = process("-G", "kcat-group", "-X", "auto.offset.reset=earliest", "-q", "-u", "balanced")
                .redirectOutput(out.toFile()).redirectErrorStream(true).start();
        try {
            Awaitility.await().untilAsserted(() ->
                    assertEquals(lines(300), Files.readString(out)));
        } finally {
            member.destroy();
            member.onExit().join();
        }
    }
}
