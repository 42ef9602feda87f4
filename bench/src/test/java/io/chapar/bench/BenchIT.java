package io.chapar.bench;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The whole command with hardly any records: real brokers, the stock clients, and a report that has its figures.
final class BenchIT {
    @TempDir
    Path folder;

    @Test
    void chaparAloneHasEveryFigure() throws Exception {
        JsonNode report = run("--systems", "chapar");
        for (JsonNode figure : report.get("figures")) {
            assertTrue(figure.get("chapar").get("median").isNumber(), figure.toString());
            assertTrue(figure.get("ratio").isNull(), "nothing to compare with");
        }
        assertTrue(keys(report).containsAll(List.of("start.ms", "produce.100B.rate", "produce.1KB.cpu",
                "fetch.100B.rate", "fetch.100B.cpu", "fetch.1KB.rate", "fetch.1KB.cpu", "latency.ack.p50",
                "latency.read.p99", "txn.1.rate", "txn.first.p99", "txn.1000.p99", "txn.1x8.rate",
                "share.given.back.rate", "groups.heartbeat.p99", "groups.healed.max")));
    }

    @Test
    @Tag("nightly")
    void applicationsOfTheSdkAloneHaveEveryFigure() throws Exception {
        JsonNode report = run("--systems", "chapar", "--only", "apps,calls");
        assertEquals(Set.of("app.count.10.rate", "app.count.10.cpu", "app.count.10.broker.cpu", "app.count.10.p50",
                "app.count.10.p99", "app.count.10.steady.cpu", "app.count.10.rss.mb", "calls.sequential.rate",
                "calls.parallel.rate", "calls.gain"), keys(report));
    }

    @Test
    @Tag("nightly")
    void bothSystemsHaveEveryFigure() throws Exception {
        assertBothHaveEveryFigure(run("--only", "idle,produce,fetch,latency,txn,share,groups,apps,calls"));
    }

    /// With three brokers leaders are killed as well.
    @Test
    @Tag("nightly")
    void threeBrokersOfBothSystemsHaveEveryFigure() throws Exception {
        JsonNode report = run("--brokers", "3");
        assertEquals(3, report.get("brokers").asInt());
        assertBothHaveEveryFigure(report);
        assertTrue(keys(report).containsAll(List.of("start.ms", "idle.cpu.ms", "txn.1.rate", "failover.leader.ms",
                "failover.controller.ms")));
    }

    /// Calls of many keys at once are the SDK's alone.
    private static void assertBothHaveEveryFigure(JsonNode report) {
        for (JsonNode figure : report.get("figures")) {
            assertTrue(figure.get("chapar").get("median").isNumber(), figure.toString());
            assertTrue(figure.get("key").asString().startsWith("calls.")
                    || figure.get("kafka").get("median").isNumber(), figure.toString());
        }
    }

    private JsonNode run(String... more) throws Exception {
        Path json = folder.resolve("result.json");
        List<String> line = new ArrayList<>(List.of("--tiny", "--rounds", "1", "--json", json.toString(), "--dir",
                folder.toString()));
        line.addAll(List.of(more));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Bench.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err))
                .execute(line.toArray(String[]::new));
        assertEquals(0, code, err.toString());
        assertTrue(out.toString().startsWith("processor: "), out.toString());
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(json), left.toList(), "nothing is left behind");
        }
        return new ObjectMapper().readTree(Files.readString(json));
    }

    private static Set<String> keys(JsonNode report) {
        Set<String> keys = new LinkedHashSet<>();
        report.get("figures").forEach(figure -> keys.add(figure.get("key").asString()));
        return keys;
    }
}
