package io.chapar.processor;

import io.chapar.client.serde.Serde;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// A topology made ready to run: from each input topic down to the ends. Holds no state between records, so one plan
/// serves any number of threads.
final class Plan {
    private final Map<String, List<Entry<?, ?>>> entries = new TreeMap<>();
    /// Looked up, never iterated.
    private final IdentityHashMap<TopologyNode<?, ?>, Stage<?, ?>> stages = new IdentityHashMap<>();

    private Plan() {
    }

    static Plan of(Topology topology) {
        Plan plan = new Plan();
        for (TopologyNode.End end : topology.ends()) {
            switch (end) {
                case TopologyNode.Write<?, ?> write -> plan.write(write);
                case TopologyNode.Use<?, ?> use -> plan.use(use);
            }
        }
        return plan;
    }

    SortedSet<String> topics() {
        return new TreeSet<>(entries.keySet());
    }

    /// Everything that this record causes to be written, in order. Throws what the serdes and the user's functions
    /// throw; then nothing of it has been written.
    List<SinkRecord> process(SourceRecord record) {
        List<SinkRecord> outputs = new ArrayList<>();
        for (Entry<?, ?> entry : entries.getOrDefault(record.partition().topic(), List.of())) {
            entry.accept(record, outputs);
        }
        return outputs;
    }

    private <K, V> void write(TopologyNode.Write<K, V> write) {
        stage(write.above()).below.add((record, outputs) -> {
            String topic = write.topic().apply(record);
            if (topic == null) {
                throw new IllegalStateException("No topic was named for the record from " + record.origin());
            }
            outputs.add(new SinkRecord(topic, record.timestampMs(),
                    write.keySerde().serialize(topic, record.key()),
                    write.valueSerde().serialize(topic, record.value()), record.headers()));
        });
    }

    private <K, V> void use(TopologyNode.Use<K, V> use) {
        stage(use.above()).below.add((record, outputs) -> use.step().accept(record));
    }

    @SuppressWarnings("unchecked")
    private <K, V> Stage<K, V> stage(TopologyNode<K, V> node) {
        Stage<?, ?> known = stages.get(node);
        if (known != null) {
            // A node's stage is made below, with the node's own types.
            return (Stage<K, V>) known;
        }
        Stage<K, V> stage = new Stage<>();
        stages.put(node, stage);
        switch (node) {
            case TopologyNode.Source<K, V> source -> entries.computeIfAbsent(source.topic(), topic -> new ArrayList<>())
                    .add(new Entry<>(source.keySerde(), source.valueSerde(), stage));
            case TopologyNode.Mapped<?, ?, K, V> mapped -> link(mapped, stage);
            case TopologyNode.FlatMapped<?, ?, K, V> mapped -> link(mapped, stage);
            case TopologyNode.Filtered<K, V> filtered -> stage(filtered.above()).below.add((record, outputs) -> {
                if (filtered.step().test(record)) {
                    stage.accept(record, outputs);
                }
            });
            case TopologyNode.Peeked<K, V> peeked -> stage(peeked.above()).below.add((record, outputs) -> {
                peeked.step().accept(record);
                stage.accept(record, outputs);
            });
            case TopologyNode.Merged<K, V> merged -> merged.above().forEach(above -> stage(above).below.add(stage));
        }
        return stage;
    }

    private <A, B, K, V> void link(TopologyNode.Mapped<A, B, K, V> mapped, Stage<K, V> stage) {
        stage(mapped.above()).below.add((record, outputs) -> stage.accept(
                Objects.requireNonNull(mapped.step().apply(record), "map returned null; filter drops records"),
                outputs));
    }

    private <A, B, K, V> void link(TopologyNode.FlatMapped<A, B, K, V> mapped, Stage<K, V> stage) {
        stage(mapped.above()).below.add((record, outputs) -> {
            for (StreamRecord<K, V> one : mapped.step().apply(record)) {
                stage.accept(Objects.requireNonNull(one, "flatMap returned a null record"), outputs);
            }
        });
    }

    private interface Step<K, V> {
        void accept(StreamRecord<K, V> record, List<SinkRecord> outputs);
    }

    /// Hands records on to everything below a node.
    private static final class Stage<K, V> implements Step<K, V> {
        private final List<Step<K, V>> below = new ArrayList<>();

        @Override
        public void accept(StreamRecord<K, V> record, List<SinkRecord> outputs) {
            for (Step<K, V> step : below) {
                step.accept(record, outputs);
            }
        }
    }

    private record Entry<K, V>(Serde<K> keySerde, Serde<V> valueSerde, Stage<K, V> stage) {
        void accept(SourceRecord record, List<SinkRecord> outputs) {
            String topic = record.partition().topic();
            stage.accept(new StreamRecord<>(keySerde.deserialize(topic, record.key()),
                    valueSerde.deserialize(topic, record.value()), record.timestampMs(), record.headers(),
                    new StreamRecord.Origin(topic, record.partition().partition(), record.offset())), outputs);
        }
    }
}
