package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serde;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// A topology made ready to run: from each input topic down to the ends. Holds no state between records, so one plan
/// serves any number of threads.
final class Plan {
    private final Map<String, List<Entry<?, ?>>> entries = new TreeMap<>();
    /// Looked up, never iterated.
    private final IdentityHashMap<TopologyNode<?, ?>, Stage<?, ?>> stages = new IdentityHashMap<>();

    /// By name.
    private final TreeMap<String, TopologyNode.Folded<?, ?, ?>> folded = new TreeMap<>();

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

    /// The names of the stateful steps that records of each topic come to.
    SortedMap<String, SortedSet<String>> stepsByInput() {
        TreeMap<String, SortedSet<String>> steps = new TreeMap<>();
        folded.forEach((name, node) -> steps.computeIfAbsent(TopologyNode.keyedInputs(node).first(),
                topic -> new TreeSet<>()).add(name));
        return steps;
    }

    /// Everything that this record causes to be written, in order, but for changelogs: what they are to be told is in
    /// `changes`. Throws what the serdes and the user's functions throw; then nothing of it has been written.
    List<SinkRecord> process(SourceRecord record, Changes changes) {
        Pass pass = new Pass(new ArrayList<>(), changes);
        for (Entry<?, ?> entry : entries.getOrDefault(record.partition().topic(), List.of())) {
            entry.accept(record, pass);
        }
        return pass.outputs();
    }

    private <K, V> void write(TopologyNode.Write<K, V> write) {
        stage(write.above()).below.add((record, pass) -> {
            String topic = write.topic().apply(record);
            if (topic == null) {
                throw new IllegalStateException("No topic was named for the record from " + record.origin());
            }
            pass.outputs().add(new SinkRecord(topic, record.timestampMs(),
                    write.keySerde().serialize(topic, record.key()),
                    write.valueSerde().serialize(topic, record.value()), record.headers()));
        });
    }

    private <K, V> void use(TopologyNode.Use<K, V> use) {
        stage(use.above()).below.add((record, pass) -> use.step().accept(record));
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
            case TopologyNode.Source<K, V> source -> {
                entries.computeIfAbsent(source.topic(), topic -> new ArrayList<>())
                        .add(new Entry<>(source.keySerde(), source.valueSerde(), stage));
                if (source.fedBy() != null) {
                    write(source.fedBy());
                }
            }
            case TopologyNode.Mapped<?, ?, K, V> mapped -> link(mapped, stage);
            case TopologyNode.FlatMapped<?, ?, K, V> mapped -> link(mapped, stage);
            case TopologyNode.Filtered<K, V> filtered -> stage(filtered.above()).below.add((record, pass) -> {
                if (filtered.step().test(record)) {
                    stage.accept(record, pass);
                }
            });
            case TopologyNode.Peeked<K, V> peeked -> stage(peeked.above()).below.add((record, pass) -> {
                peeked.step().accept(record);
                stage.accept(record, pass);
            });
            case TopologyNode.Folded<K, ?, V> folded -> fold(folded, stage);
            case TopologyNode.Merged<K, V> merged -> merged.above().forEach(above -> stage(above).below.add(stage));
        }
        return stage;
    }

    private <A, B, K, V> void link(TopologyNode.Mapped<A, B, K, V> mapped, Stage<K, V> stage) {
        stage(mapped.above()).below.add((record, pass) -> stage.accept(
                Objects.requireNonNull(mapped.step().apply(record), "map returned null; filter drops records"),
                pass));
    }

    private <A, B, K, V> void link(TopologyNode.FlatMapped<A, B, K, V> mapped, Stage<K, V> stage) {
        stage(mapped.above()).below.add((record, pass) -> {
            for (StreamRecord<K, V> one : mapped.step().apply(record)) {
                stage.accept(Objects.requireNonNull(one, "flatMap returned a null record"), pass);
            }
        });
    }

    private <K, V, A> void fold(TopologyNode.Folded<K, V, A> node, Stage<K, A> stage) {
        String name = node.name();
        if (folded.putIfAbsent(name, node) != null) {
            throw new UsageException("Two stateful steps have the name '" + name + "'");
        }
        stage(node.above()).below.add((record, pass) -> {
            K key = record.key();
            V value = record.value();
            if (key == null || value == null) {
                return;
            }
            byte[] bytes = Objects.requireNonNull(node.keySerde().serialize(name, key), "a key has bytes");
            A before = node.valueSerde().deserialize(name, pass.changes().get(name, bytes));
            A next = node.fold().next(key, value, before);
            pass.changes().put(name, bytes, node.valueSerde().serialize(name, next));
            stage.accept(record.with(key, next), pass);
        });
    }

    /// What one record causes on its way.
    private record Pass(List<SinkRecord> outputs, Changes changes) {
    }

    private interface Step<K, V> {
        void accept(StreamRecord<K, V> record, Pass pass);
    }

    /// Hands records on to everything below a node.
    private static final class Stage<K, V> implements Step<K, V> {
        private final List<Step<K, V>> below = new ArrayList<>();

        @Override
        public void accept(StreamRecord<K, V> record, Pass pass) {
            for (Step<K, V> step : below) {
                step.accept(record, pass);
            }
        }
    }

    private record Entry<K, V>(Serde<K> keySerde, Serde<V> valueSerde, Stage<K, V> stage) {
        void accept(SourceRecord record, Pass pass) {
            String topic = record.partition().topic();
            stage.accept(new StreamRecord<>(keySerde.deserialize(topic, record.key()),
                    valueSerde.deserialize(topic, record.value()), record.timestampMs(), record.headers(),
                    new StreamRecord.Origin(topic, record.partition().partition(), record.offset())), pass);
        }
    }
}
