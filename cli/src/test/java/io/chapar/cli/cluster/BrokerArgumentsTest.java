package io.chapar.cli.cluster;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class BrokerArgumentsTest {
    @TempDir
    private Path folder;

    /// What each of three brokers is told of the setting.
    private List<String> told(String key, String value) {
        TreeMap<Integer, LocalNode> nodes = new TreeMap<>();
        for (int id = 1; id <= 3; id++) {
            nodes.put(id, new LocalNode(id, 9092 + 100 * id, null));
        }
        ClusterFile cluster = new ClusterFile(nodes, new TreeSet<>(nodes.keySet()),
                new TreeMap<>(Map.of(key, value, "num.partitions", "3")));
        return nodes.values().stream()
                .flatMap(node -> BrokerArguments.of(new ClusterFolder(folder), cluster, node).stream())
                .filter(argument -> argument.startsWith(key + "="))
                .map(argument -> argument.substring(key.length() + 1)).toList();
    }

    @Test
    void eachBrokerLogsToAFileOfItsOwn() {
        assertEquals(List.of("/there/is/none/broker-node-1.log", "/there/is/none/broker-node-2.log",
                "/there/is/none/broker-node-3.log"), told("log.file", "/there/is/none/broker.log"));
        assertEquals("broker-node-1", told("log.file", "broker").getFirst());
        assertEquals(".broker-node-1", told("log.file", ".broker").getFirst());
    }

    @Test
    void whatIsNoPlainFileIsEverybodys() {
        assertEquals(List.of("/dev/null", "/dev/null", "/dev/null"), told("log.file", "/dev/null"));
        assertEquals("", told("log.file", "").getFirst());
    }

    @Test
    void eachBrokersHttpPortIsAHundredAboveTheOneBefore() {
        assertEquals(List.of("127.0.0.1:9404", "127.0.0.1:9504", "127.0.0.1:9604"),
                told("metrics.listener", "127.0.0.1:9404"));
        assertEquals("[::1]:9604", told("metrics.listener", "[::1]:9404").getLast());
        assertEquals("127.0.0.1:0", told("metrics.listener", "127.0.0.1:0").getLast());
        assertEquals("", told("metrics.listener", "").getLast());
    }
}
