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

import static java.util.Objects.requireNonNull;

/// A topology made ready to run: from each input topic down to the ends. Holds no state between records, so one plan
/// serves any number of threads.
final class Plan {
    private final Map<String, List<Entry<?, ?>>> entries = new TreeMap<>();
    /// Looked up, never iterated.
    private final IdentityHashMap<TopologyNode<?, ?>, Stage<?, ?>> stages = new IdentityHashMap<>();

    /// By changelog.
    private final Map<String, TimedEntry> timed = new TreeMap<>();
    private final Stages cut;
    private final GlobalRows globals;

    private Plan(Stages cut, GlobalRows globals) {
        this.cut = cut;
        this.globals = globals;
    }

    /// Nothing is tried again later.
    static Plan of(Topology topology, String applicationId) {
        return of(topology, applicationId, ErrorPolicy.stop());
    }

    static Plan of(Topology topology, String applicationId, ErrorPolicy onError) {
        return of(topology, Stages.of(topology, new InternalNames(applicationId), onError.backOff().later()),
                GlobalRows.NONE);
    }

    /// `cut` is of the same topology.
    static Plan of(Topology topology, Stages cut, GlobalRows globals) {
        Plan plan = new Plan(cut, globals);
        for (TopologyNode.End end : topology.ends()) {
            switch (end) {
                case TopologyNode.Write<?, ?> write -> plan.write(write);
                case TopologyNode.Rows<?, ?> rows -> plan.rows(rows);
                case TopologyNode.Use<?, ?> use -> plan.use(use);
            }
        }
        return plan;
    }

    SortedSet<String> topics() {
        return new TreeSet<>(entries.keySet());
    }

    Stages stages() {
        return cut;
    }

    /// Everything that this record causes to be written, in order, but for changelogs: what they are to be told is in
    /// `changes`. Throws what the serdes and the user's functions throw; then nothing of it has been written.
    /// A record that is tried again is worked on as what it was at first.
    List<SinkRecord> process(SourceRecord read, Changes changes) {
        SourceRecord record = cut.retries().original(read);
        Pass pass = new Pass(new ArrayList<>(), changes);
        TimedEntry timer = timed.get(record.partition().topic());
        if (timer != null) {
            timer.fire().accept(record, pass);
        }
        for (Entry<?, ?> entry : entries.getOrDefault(record.partition().topic(), List.of())) {
            entry.accept(record, pass);
        }
        changes.late().forEach(late -> {
            if (late.topic() != null) {
                pass.outputs().add(new DeadLetters(late.topic()).whole(forPeople(read, changes.below()), late.why()));
            }
        });
        return pass.outputs();
    }

    /// Whether it stands for a timer that is due: see [TimerTask].
    boolean isTimer(SourceRecord record) {
        return timed.containsKey(record.partition().topic());
    }

    /// A timer is given up.
    void discard(SourceRecord timer, Changes changes) {
        TimedEntry entry = requireNonNull(timed.get(timer.partition().topic()), "a timer's step");
        entry.step().discard(DueStep.rowOf(timer), changes.of(entry.name()));
    }

    /// In place of a row that was due, what [DueStep#forPeople] says; a record as it was at first.
    SourceRecord forPeople(SourceRecord record, TaskState state) {
        TimedEntry entry = timed.get(record.partition().topic());
        return entry == null ? cut.retries().original(record)
                : entry.step().forPeople(record, state.rows(entry.name()));
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

    private <K, V> void rows(TopologyNode.Rows<K, V> rows) {
        stage(rows.above()).below.add((record, pass) -> pass.changes().row(rows.statement().row(record)));
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
                read(source.topic(), source.keySerde(), source.valueSerde(), stage);
                if (source.fedBy() != null) {
                    write(source.fedBy());
                }
            }
            case TopologyNode.Mapped<?, ?, K, V> mapped -> link(mapped, stage);
            case TopologyNode.FlatMapped<?, ?, K, V> mapped -> link(mapped, stage);
            case TopologyNode.Global<K, ?, V> global -> link(global, stage);
            case TopologyNode.Filtered<K, V> filtered -> stage(filtered.above()).below.add((record, pass) -> {
                if (filtered.step().test(record)) {
                    stage.accept(record, pass);
                }
            });
            case TopologyNode.Peeked<K, V> peeked -> stage(peeked.above()).below.add((record, pass) -> {
                peeked.step().accept(record);
                stage.accept(record, pass);
            });
            case TopologyNode.Stateful<?, ?, K, V> stateful -> link(stateful, stage);
            case TopologyNode.Repartitioned<K, V> repartitioned -> {
                String topic = cut.names().repartition(repartitioned.name());
                read(topic, repartitioned.keySerde(), repartitioned.valueSerde(), stage);
                write(new TopologyNode.Write<>(repartitioned.above(), topic, record -> topic, repartitioned.keySerde(),
                        repartitioned.valueSerde()));
            }
            case TopologyNode.Latest<K, V> latest -> stage(latest.above()).below.add((record, pass) -> stage.accept(
                    record.with(record.key(), requireNonNull(record.value(), "a change").after()), pass));
            case TopologyNode.Side<?, ?, K, V> side -> link(side, stage);
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

    private <A, B, K, V> void link(TopologyNode.Stateful<A, B, K, V> stateful, Stage<K, V> stage) {
        stage(stateful.above()).below.add((record, pass) -> stateful.step().accept(record,
                pass.changes().of(stateful.name()), out -> stage.accept(out, pass)));
        if (stateful.step() instanceof TimedStep<A, B, K, V> timedStep && timedStep.hasTimers()) {
            timed.put(cut.names().changelog(stateful.name()), new TimedEntry(stateful.name(), timedStep,
                    (timer, pass) -> timedStep.fire(DueStep.rowOf(timer), timer.origin(),
                            pass.changes().of(stateful.name()), out -> stage.accept(out, pass))));
        }
    }

    private <K, A, V> void link(TopologyNode.Global<K, A, V> global, Stage<K, V> stage) {
        stage(global.above()).below.add((record, pass) -> global.step().accept(record, globals, pass::passedOver,
                out -> stage.accept(out, pass)));
    }

    /// What is beside it is there even if it goes nowhere else, and knows of a record that both get.
    private <A, B, K, V> void link(TopologyNode.Side<A, B, K, V> side, Stage<K, V> stage) {
        Stage<A, B> above = stage(side.above());
        side.beside().forEach(this::stage);
        above.below.add((record, pass) ->
                side.step().accept(record, pass, out -> stage.accept(out, pass)));
        TopologyNode.SharedStep own = side.state();
        if (own != null && side.step() instanceof WaitingStep<A, B, K, V> waiting && waiting.hasTimers()) {
            // Of both sides, if both have some: either knows what to do with the rows of both.
            timed.put(cut.names().changelog(own.name()), new TimedEntry(own.name(), waiting, (timer, pass) ->
                    waiting.fire(DueStep.rowOf(timer), timer.origin(), pass, out -> stage.accept(out, pass))));
        }
    }

    private <K, V> void read(String topic, Serde<K> keySerde, Serde<V> valueSerde, Stage<K, V> stage) {
        entries.computeIfAbsent(topic, key -> new ArrayList<>()).add(new Entry<>(keySerde, valueSerde, stage));
    }

    /// What one record causes on its way.
    private record Pass(List<SinkRecord> outputs, Changes changes) implements SideStep.Found {
        @Override
        public StepState of(String step) {
            return changes.of(step);
        }

        @Override
        public void passedOver() {
            changes.passOver();
        }
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

    private interface Fire {
        void accept(SourceRecord timer, Pass pass);
    }

    /// What is done when a row of the step of this name is due.
    private record TimedEntry(String name, DueStep step, Fire fire) {
    }

    private record Entry<K, V>(Serde<K> keySerde, Serde<V> valueSerde, Stage<K, V> stage) {
        void accept(SourceRecord record, Pass pass) {
            String topic = record.partition().topic();
            stage.accept(new StreamRecord<>(keySerde.deserialize(topic, record.key()),
                    valueSerde.deserialize(topic, record.value()), record.timestampMs(), record.headers(),
                    record.origin()), pass);
        }
    }
}
