package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Header;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class TopologyTest {
    private static List<String> run(Topology topology, String topic, String key, String value) {
        SourceRecord record = new SourceRecord(new TopicPartition(topic, 3), 42, 7, 1_000,
                Serdes.string().serialize(topic, key), Serdes.string().serialize(topic, value),
                List.of(new Header("h", null)));
        Changes changes = new Changes(States.none().of(record.partition()), () -> 0);
        return Plan.of(topology, "test").process(record, changes).stream().map(output -> output.topic() + ":"
                + Serdes.string().deserialize("", output.key()) + "=" + Serdes.string().deserialize("", output.value())
                + "@" + output.timestampMs() + output.headers().stream().map(Header::key).toList()).toList();
    }

    private static Stream<String, String> in() {
        return Topology.from("in", Serdes.string(), Serdes.string());
    }

    @Test
    void stepsKeepTimeAndHeaders() {
        Topology topology = in().map(record -> record.with(record.value(), record.key())).mapValues(key -> key + "!")
                .to("out", Serdes.string(), Serdes.string());
        assertEquals(List.of("out:v=k!@1000[h]"), run(topology, "in", "k", "v"));
        assertEquals(Set.of("in"), topology.inputTopics());
    }

    @Test
    void nullsPassThrough() {
        assertEquals(List.of("out:null=null@1000[h]"),
                run(in().to("out", Serdes.string(), Serdes.string()), "in", null, null));
    }

    @Test
    void branchesShareWhatIsAboveThem() {
        List<String> seen = new ArrayList<>();
        Stream<String, String> shared = in().peek(record -> seen.add(record.value()));
        Topology topology = Topology.of(
                shared.filter(record -> record.value().startsWith("a")).to("a", Serdes.string(), Serdes.string()),
                shared.to(record -> "by-" + record.key(), Serdes.string(), Serdes.string()),
                shared.forEach(record -> seen.add("used " + record.origin())));
        assertEquals(List.of("a:k=ab@1000[h]", "by-k:k=ab@1000[h]"), run(topology, "in", "k", "ab"));
        assertEquals(List.of("ab", "used Origin[topic=in, partition=3, offset=42]"), seen);
        assertEquals(List.of("by-k:k=b@1000[h]"), run(topology, "in", "k", "b"));
    }

    @Test
    void severalSourcesMerge() {
        Stream<String, String> other = Topology.from("other", Serdes.string(), Serdes.string());
        Topology topology = in().merge(other).flatMap(record -> List.of(record, record.withValue("again")))
                .to("out", Serdes.string(), Serdes.string());
        assertEquals(Set.of("in", "other"), topology.inputTopics());
        assertEquals(List.of("out:k=v@1000[h]", "out:k=again@1000[h]"), run(topology, "other", "k", "v"));
        assertEquals(2, run(topology, "in", "k", "v").size());
    }

    @Test
    void sameSourceTwiceReadsTwice() {
        Topology topology = in().to("a", Serdes.string(), Serdes.string())
                .and(in().to("b", Serdes.string(), Serdes.string()));
        assertEquals(List.of("a:k=v@1000[h]", "b:k=v@1000[h]"), run(topology, "in", "k", "v"));
    }

    @Test
    void mistakesAreNamed() {
        assertThrows(UsageException.class, () -> Topology.from(" ", Serdes.string(), Serdes.string()));
        assertThrows(UsageException.class, Topology::of);
        Topology nothing = in().<String, String>map(record -> null).to("out", Serdes.string(), Serdes.string());
        assertThrows(NullPointerException.class, () -> run(nothing, "in", "k", "v"));
        Topology nowhere = in().to(record -> null, Serdes.string(), Serdes.string());
        assertThrows(IllegalStateException.class, () -> run(nowhere, "in", "k", "v"));
    }

    @Test
    void settingsAreChecked() {
        assertThrows(UsageException.class, () -> ProcessorConfig.builder("", "app").build());
        assertThrows(UsageException.class, () -> ProcessorConfig.builder("b:1", " ").build());
        assertThrows(UsageException.class, () -> ProcessorConfig.builder("b:1", "app").threads(0).build());
        assertThrows(UsageException.class,
                () -> ProcessorConfig.builder("b:1", "app").commitIntervalMs(20_000).build());
        assertThrows(UsageException.class,
                () -> ProcessorConfig.builder("b:1", "app").producer("transactional.id", "x").build());
        assertEquals(100, ProcessorConfig.builder("b:1", "app").build().commitIntervalMs());
        assertEquals(1_000, ProcessorConfig.builder("b:1", "app").delivery(Delivery.AT_LEAST_ONCE).build()
                .commitIntervalMs());
    }
}
