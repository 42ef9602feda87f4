package io.chapar.cli.cluster;

import io.chapar.cli.process.ProcessIdentity;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class ClusterFileTest {
    @Test
    void whatIsWrittenIsRead() throws IOException {
        ClusterFile file = new ClusterFile(
                new TreeMap<>(Map.of(1, new LocalNode(1, 9092, null),
                        2, new LocalNode(2, 9192, new ProcessIdentity(77, "boot=1/2:3 4")))),
                new TreeSet<>(Set.of(2)), new TreeMap<>(Map.of("a.b", " c = d\n#", "node.9.port", "7", "e", "")));
        assertEquals(file, ClusterFile.read(file.text()));
    }

    @Test
    void allVoteWhereTheFileDoesNotSay() throws IOException {
        assertEquals(Set.of(1, 2), ClusterFile.read("format=1\nnode.1.port=1\nnode.2.port=5").voters());
        assertEquals("1@127.0.0.1:2", ClusterFile.read("format=1\nnode.1.port=1\nnode.2.port=5\nvoters=1").quorum());
    }

    @Test
    void whatIsNotOfThisCommandIsRefusedWithItsReason() {
        for (String[] each : new String[][] {
                {"", "another version"},
                {"format=2\nnode.1.port=1", "another version"},
                {"format=1", "names no node"},
                {"format=1\nnode.1.port=x", "'node.1.port' has no number: x"},
                {"format=1\nnode.1.port=70000", "'node.1.port' is out of bounds"},
                {"format=1\nnode.1.port=0", "out of bounds"},
                {"format=1\nnode..port=1", "no number"},
                {"format=1\nnode.-4.port=1", "out of bounds"},
                {"format=1\nnode.99999999999.port=1", "out of bounds"},
                {"format=1\nnode.1.port=1\nnode.1.pid=-1\nnode.1.life=x", "'node.1.pid' is out of bounds"},
                {"format=1\nnode.1.port=1\nvoters=2", "it names voters [2] that are none of its nodes"},
                {"format=1\nnode.1.port=1\nvoters=x", "'voters' has no number: x"},
                {"format=1\nx=\\uZ", "Malformed"}}) {
            String said = assertThrows(IOException.class, () -> ClusterFile.read(each[0]), each[0]).getMessage();
            assertTrue(said.contains(each[1]), said);
        }
    }
}
