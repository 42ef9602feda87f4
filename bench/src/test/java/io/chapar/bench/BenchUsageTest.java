package io.chapar.bench;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class BenchUsageTest {
    @Test
    void aCommandLineThatMakesNoSenseStartsNothing() {
        for (List<String> line : List.of(List.of("--rounds", "0"), List.of("--only", "nonsense"), List.of("--nonsense"),
                List.of("--systems", "other"), List.of("--brokers", "0"), List.of("--brokers", "6"),
                List.of("--only", "failover"), List.of("--brokers", "2", "--only", "failover"),
                List.of("--only", "calls", "--systems", "kafka"))) {
            StringWriter err = new StringWriter();
            assertEquals(2, Bench.commandLine().setErr(new PrintWriter(err)).execute(line.toArray(String[]::new)));
            assertTrue(err.toString().startsWith("chapar: "), err.toString());
        }
    }

    /// `bin/chapar bench --help` shows the file, since a question must not start a build.
    @Test
    void theHelpIsThereBeforeAnythingIsBuilt() throws IOException {
        assertEquals(Files.readString(Path.of("usage.txt")), Bench.commandLine().getUsageMessage());
    }

    /// There is nothing to build or to run here, and no Java.
    @Test
    void theCommandShowsItWithoutABuild(@TempDir Path folder) throws Exception {
        Path command = Files.createDirectory(folder.resolve("bin")).resolve("chapar");
        Files.copy(Path.of("..", "bin", "chapar"), command, StandardCopyOption.COPY_ATTRIBUTES);
        Path usage = Files.createDirectory(folder.resolve("bench")).resolve("usage.txt");
        Files.copy(Path.of("usage.txt"), usage);
        Path said = folder.resolve("said");
        for (String question : List.of("--help", "-h")) {
            ProcessBuilder asking = new ProcessBuilder(command.toString(), "bench", question)
                    .redirectErrorStream(true).redirectOutput(said.toFile());
            asking.environment().put("CHAPAR_JAVA_HOME", folder.toString());
            assertEquals(0, asking.start().waitFor());
            assertEquals(Files.readString(usage), Files.readString(said));
        }
        assertFalse(Files.exists(folder.resolve("cli")), "a question must not start a build");
    }

    @Test
    void aFolderThatIsNotThereIsNamed() {
        StringWriter err = new StringWriter();
        assertEquals(1, Bench.commandLine().setErr(new PrintWriter(err)).execute("--dir", "/there/is/no/such/folder"));
        assertTrue(err.toString().contains("/there/is/no/such/folder"), err.toString());
    }

    @Test
    void percentilesAreOfTheValuesThatWereMeasured() {
        Latencies latencies = new Latencies();
        for (int i = 100; i >= 1; i--) {
            latencies.add(i * 1_000_000L);
        }
        assertEquals(50, latencies.percentileMs(0.50));
        assertEquals(99, latencies.percentileMs(0.99));
        assertEquals(100, latencies.percentileMs(1));
        assertEquals(0, new Latencies().percentileMs(0.5));
    }

    @Test
    void theResultIsTheMedianOfTheRounds() {
        Result result = new Result(Map.of(), 1, 3, "none");
        Metric metric = Metric.more("a", "figure a", "1/s");
        for (double value : new double[] {30, 10, 20}) {
            result.add(metric, "chapar", value);
        }
        result.add(metric, "kafka", 4);
        result.add(metric, "kafka", 6);
        assertEquals(20, result.median("a", "chapar"));
        assertEquals(4, result.ratio("a"));
        assertTrue(Double.isNaN(result.median("b", "chapar")));
    }

    /// Three brokers know each other by the same list, and nobody's ports are another's.
    @Test
    void brokersThatBelongTogetherHaveTheSameVotersAndPortsOfTheirOwn(@TempDir Path folder) {
        List<Node> nodes = Ports.nodes(3, folder);
        assertEquals(List.of(1, 2, 3), nodes.stream().map(Node::id).toList());
        Set<Integer> ports = new TreeSet<>();
        nodes.forEach(node -> ports.addAll(List.of(node.port(), node.innerPort(), node.innerPort() + 1)));
        assertEquals(9, ports.size());
        Contender chapar = Contender.chapar(3);
        List<String> quorums = nodes.stream().map(node -> chapar.command(nodes, node).command())
                .map(line -> line.get(line.indexOf("--quorum") + 1)).distinct().toList();
        assertEquals(List.of(nodes.stream().map(Node::voter).collect(Collectors.joining(","))), quorums);
        assertFalse(Contender.chapar(1).command(nodes.subList(0, 1), nodes.getFirst()).command().contains("--quorum"),
                "a broker that has no others");
        assertEquals(List.of(1, 2, 3, 3), Stream.of(1, 2, 3, 5).map(n -> Contender.chapar(n).replicas()).toList());
        assertEquals(List.of(1, 1, 2), Stream.of(1, 2, 3).map(Contender::inSync).toList());
    }

    @Test
    void theToolsOutputIsUnderstood() {
        assertEquals(12345.6, ToolOutput.producedPerSecond(List.of("500 records sent, 1.0 records/sec (0.1 MB/sec)",
                "1000 records sent, 12345.6 records/sec (1.2 MB/sec), 1.0 ms avg latency"), 1000));
        assertEquals(77.5, ToolOutput.fetchedPerSecond(List.of("start.time, end.time, fetch.time.ms, fetch.nMsg.sec",
                "2026-01-01 00:00:00:000, 2026-01-01 00:00:01:000, 4, 77.5")));
        assertEquals(Map.of("p99", 0.25, "rate", 1.5E7), ToolOutput.figures(List.of("begin",
                "[0.3s] Started recording 1.", "rate 1.5E7", "end", "p99 0.25", "Use jcmd 77 JFR.dump")));
        assertThrows(BenchFailure.class, () -> ToolOutput.fetchedPerSecond(List.of("nothing of the kind")));
    }
}
