package io.chapar.dist;

import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The examples for containers, as far as they can be tried where there are none: their form, and what they start, out
/// of the archive and with the addresses of this machine, asked what their probes ask.
@Tag("nightly")
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
final class ContainersIT {
    private static final Set<String> INSTRUCTIONS = Set.of("FROM", "ARG", "COPY", "RUN", "USER", "WORKDIR", "VOLUME",
            "EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "ENTRYPOINT", "CMD");

    @TempDir
    private static Path unpacked;

    @TempDir
    private Path folder;

    @BeforeAll
    static void unpack() {
        Archives.unpack(Archives.file("-linux-x64.tar.gz"), unpacked);
    }

    private static Path example(String name) {
        return Archives.home(unpacked).resolve("examples").resolve(name);
    }

    /// Each instruction on a line.
    private static List<String> dockerfile() throws IOException {
        return Files.readString(example("docker/Dockerfile")).replaceAll("(?m)^#.*\n", "").replaceAll("\\\\\n\\s*", "")
                .lines().filter(line -> !line.isBlank()).toList();
    }

    private static String only(List<String> lines, String beginning) {
        List<String> all = lines.stream().filter(line -> line.startsWith(beginning)).toList();
        assertEquals(1, all.size(), beginning);
        return all.getFirst().substring(beginning.length()).strip();
    }

    private static List<String> words(String json) {
        return List.of(new JsonMapper().readValue(json, String[].class));
    }

    private interface Asked {
        void ask(int http) throws Exception;
    }

    /// Starts what a container would, on this machine's addresses, and ends it as a container is ended.
    private void started(List<String> arguments, Asked asked) throws Exception {
        Path data = folder.resolve("data");
        Function<String, String> here = word -> word.replace("0.0.0.0:9092", "127.0.0.1:0")
                .replace("0.0.0.0:9404", "127.0.0.1:0").replace("/var/lib/chapar", data.toString());
        List<String> line = Stream.concat(Stream.of("/usr/bin/env", "-i", "PATH=/nowhere",
                Archives.home(unpacked).resolve("bin/chapar").toString()), arguments.stream().map(here)).toList();
        try (StartedProcess broker = StartedProcess.start(folder, Map.of(), line)) {
            String http = String.valueOf(ReadyLine.of(broker).metrics());
            assertTrue(Files.exists(data.resolve("meta.properties")));
            asked.ask(Integer.parseInt(http.substring(http.lastIndexOf(':') + 1)));
            broker.terminate();
            assertEquals(0, broker.exitCode(), broker.errors());
        }
    }

    private static int run(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        return process.waitFor();
    }

    @Test
    void theImageServesAsItsHealthCheckSays() throws Exception {
        List<String> lines = dockerfile();
        lines.forEach(line -> assertTrue(INSTRUCTIONS.contains(line.split(" ", 2)[0]), line));
        assertTrue(only(lines, "USER").matches("[1-9]\\d*:[1-9]\\d*"), "not as root");
        assertEquals("9092 9404", only(lines, "EXPOSE"));
        assertEquals(List.of("/opt/chapar/bin/chapar"), words(only(lines, "ENTRYPOINT")));
        String health = only(lines, "HEALTHCHECK");
        int[] port = new int[1];
        Function<Integer, List<String>> check = http -> words(health.substring(health.indexOf('[')))
                .stream().map(word -> word.replace("/9404", "/" + http)).toList();
        started(words(only(lines, "CMD")), http -> {
            assertEquals(0, run(check.apply(http)));
            port[0] = http;
        });
        assertNotEquals(0, run(check.apply(port[0])), "it has stopped");
    }

    @Test
    void theBrokerInKubernetesServesAsItsProbesAsk() throws Exception {
        List<Map<?, ?>> objects = KubernetesObjects.read(example("kubernetes/chapar.yaml"));
        assertEquals(List.of("Service", "StatefulSet"), objects.stream().map(one -> one.get("kind")).toList());
        objects.forEach(KubernetesObjects::requireValid);
        Path misspelt = Files.writeString(folder.resolve("misspelt.yaml"), Files.readString(
                example("kubernetes/chapar.yaml")).replace("failureThreshold: 6", "failureTreshold: 6"));
        assertThrows(IllegalArgumentException.class,
                () -> KubernetesObjects.read(misspelt).forEach(KubernetesObjects::requireValid));
        KubernetesObjects.Container container = KubernetesObjects.container(objects.getLast());
        assertEquals(Map.of("kafka", 9092, "metrics", 9404), container.ports());
        started(container.arguments(), http -> {
            for (KubernetesObjects.Probe probe : container.probes()) {
                assertEquals("metrics", probe.port());
                assertEquals(200, status("http://127.0.0.1:" + http + probe.path()), probe.path());
            }
        });
    }

    private static int status(String address) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(HttpRequest.newBuilder(URI.create(address)).build(),
                    HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }
}
