package io.chapar.processor;

import io.chapar.client.UsageException;
import org.jspecify.annotations.Nullable;

import javax.sql.DataSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/// How a topology is cut at topics. A stage is the topics whose records meet in a stateful step, or one topic alone; it
/// is called by the first of its topics, its lead. A stage at one partition owns the state of its steps there, so the
/// partitions of one number of its topics belong to one member.
///
/// ```
/// orders ---------+                                  +--> totals (topic)
///                 +--> stage "orders": store totals -+
/// returns --------+                                  +--> APPLICATION-by-day-repartition --> stage ... --> ...
/// ```
final class Stages {
    private static final SortedSet<String> NO_TOPICS = Collections.emptySortedSet();

    private final InternalNames names;
    /// By each node, the topics from which records come to it. Looked up, never iterated.
    private final IdentityHashMap<TopologyNode<?, ?>, SortedSet<String>> sources = new IdentityHashMap<>();
    private final TreeMap<String, SortedSet<String>> topicsByStage = new TreeMap<>();
    /// Asked for with each record.
    private final TreeMap<String, SortedSet<String>> inputsByStage = new TreeMap<>();
    private final TreeMap<String, SortedSet<String>> stepsByStage = new TreeMap<>();
    private final TreeMap<String, String> leads = new TreeMap<>();
    private final TreeMap<String, SortedSet<String>> topicsBySteps = new TreeMap<>();
    /// What is written to each topic that is cut at: the topics above it. In the order in which records come.
    private final LinkedHashMap<String, SortedSet<String>> repartitions = new LinkedHashMap<>();
    /// By name; told apart by identity.
    private final TreeMap<String, Object> owners = new TreeMap<>();
    /// Topics whose records meet in a join.
    private final List<SortedSet<String>> meetings = new ArrayList<>();
    private final TreeMap<String, DueStep> timedSteps = new TreeMap<>();
    /// Those above come first.
    private final LinkedHashSet<String> timedFromAbove = new LinkedHashSet<>();
    private final TreeMap<String, Layout> layouts = new TreeMap<>();
    /// Steps where records of different keys meet in the state.
    private final TreeSet<String> mixingSteps = new TreeSet<>();
    private final List<Output> outputs = new ArrayList<>();
    private @Nullable DataSource database;
    private RetryTopics retries = RetryTopics.NONE;
    private final TreeSet<String> statements = new TreeSet<>();
    private boolean writesTopics;
    /// By the topic of each global table, the inputs whose records look into it.
    private final TreeMap<String, SortedSet<String>> globals = new TreeMap<>();

    /// Something that leaves the topology. `label` is for people.
    private record Output(SortedSet<String> from, String label) {
    }

    private Stages(InternalNames names) {
        this.names = names;
    }

    static Stages of(Topology topology, InternalNames names) {
        return of(topology, names, List.of());
    }

    /// `delays`: after which records that have failed are tried again.
    static Stages of(Topology topology, InternalNames names, List<Duration> delays) {
        Stages stages = new Stages(names);
        topology.ends().forEach(stages::end);
        stages.retries = RetryTopics.of(List.copyOf(stages.leads.keySet()), names, delays);
        stages.leads.putAll(stages.retries.inputs());
        stages.topicsBySteps.values().forEach(stages::join);
        stages.meetings.forEach(stages::join);
        stages.leads.forEach((topic, lead) ->
                stages.topicsByStage.computeIfAbsent(lead, key -> new TreeSet<>()).add(topic));
        stages.topicsByStage.forEach((lead, topics) -> {
            TreeSet<String> inputs = new TreeSet<>(topics);
            inputs.removeIf(stages.retries::isOne);
            stages.inputsByStage.put(lead, inputs);
        });
        stages.topicsBySteps.forEach((step, topics) -> stages.stepsByStage
                .computeIfAbsent(stages.lead(topics.first()), key -> new TreeSet<>()).add(step));
        return stages;
    }

    private void end(TopologyNode.End end) {
        switch (end) {
            case TopologyNode.Write<?, ?> write -> {
                outputs.add(new Output(sources(write.above()), write.label()));
                writesTopics = true;
            }
            case TopologyNode.Rows<?, ?> rows -> {
                outputs.add(new Output(sources(rows.above()), "a database"));
                database(rows.source());
                statements.add(rows.statement().sql());
            }
            case TopologyNode.Use<?, ?> use -> outputs.add(new Output(sources(use.above()), "a function"));
        }
    }

    @SuppressWarnings("ReferenceEquality")
    private void database(DataSource source) {
        if (database != null && database != source) {
            throw new UsageException("All rows of a topology go to one database: give each toJdbc the same DataSource");
        }
        database = source;
    }

    private SortedSet<String> sources(TopologyNode<?, ?> node) {
        SortedSet<String> known = sources.get(node);
        if (known != null) {
            return known;
        }
        SortedSet<String> found = switch (node) {
            case TopologyNode.Source<?, ?> source -> {
                if (source.fedBy() != null) {
                    end(source.fedBy());
                }
                yield input(source.topic());
            }
            case TopologyNode.Repartitioned<?, ?> cut -> {
                SortedSet<String> above = sources(cut.above());
                String topic = names.repartition(cut.name());
                if (repartitions.put(topic, above) != null) {
                    throw new UsageException("Two steps have the name '" + cut.name() + "'");
                }
                yield input(topic);
            }
            case TopologyNode.Mapped<?, ?, ?, ?> mapped -> sources(mapped.above());
            case TopologyNode.FlatMapped<?, ?, ?, ?> mapped -> sources(mapped.above());
            case TopologyNode.Global<?, ?, ?> global -> {
                SortedSet<String> above = sources(global.above());
                globals.computeIfAbsent(global.step().table().topic(), key -> new TreeSet<>()).addAll(above);
                yield above;
            }
            case TopologyNode.Filtered<?, ?> filtered -> sources(filtered.above());
            case TopologyNode.Peeked<?, ?> peeked -> sources(peeked.above());
            case TopologyNode.Merged<?, ?> merged -> {
                TreeSet<String> all = new TreeSet<>();
                merged.above().forEach(above -> all.addAll(sources(above)));
                yield all;
            }
            case TopologyNode.Stateful<?, ?, ?, ?> stateful -> {
                SortedSet<String> above = sources(stateful.above());
                step(stateful.name(), stateful, stateful.step().layout(), above);
                if (!stateful.step().keysAreIndependent()) {
                    mixingSteps.add(stateful.name());
                }
                if (stateful.step() instanceof TimedStep<?, ?, ?, ?> timed && timed.hasTimers()) {
                    timed(stateful.name(), timed);
                }
                yield above;
            }
            case TopologyNode.Latest<?, ?> latest -> sources(latest.above());
            case TopologyNode.Side<?, ?, ?, ?> side -> {
                TreeSet<String> meeting = new TreeSet<>(sources(side.above()));
                side.beside().forEach(other -> meeting.addAll(sources(other)));
                meetings.add(meeting);
                if (side.state() != null) {
                    step(side.state().name(), side.state(), side.state().layout(), meeting);
                    mixingSteps.add(side.state().name());
                    if (side.step() instanceof WaitingStep<?, ?, ?, ?> waiting && waiting.hasTimers()) {
                        timed(side.state().name(), waiting);
                    }
                }
                yield sources(side.above());
            }
        };
        sources.put(node, found);
        return found;
    }

    /// All that is above it has been visited.
    private void timed(String name, DueStep step) {
        timedSteps.put(name, step);
        timedFromAbove.add(name);
    }

    /// The same step written twice is two.
    @SuppressWarnings("ReferenceEquality")
    private void step(String name, Object owner, Layout layout, SortedSet<String> topics) {
        Object before = owners.put(name, owner);
        if (before != null && before != owner) {
            throw new UsageException("Two stateful steps have the name '" + name + "'");
        }
        topicsBySteps.put(name, topics);
        layouts.put(name, layout);
    }

    private SortedSet<String> input(String topic) {
        leads.putIfAbsent(topic, topic);
        return new TreeSet<>(List.of(topic));
    }

    /// Everything whose lead is one of these topics' gets the first of them.
    private void join(SortedSet<String> topics) {
        TreeSet<String> joined = new TreeSet<>();
        topics.forEach(topic -> joined.add(lead(topic)));
        leads.replaceAll((topic, lead) -> joined.contains(lead) ? joined.first() : lead);
    }

    InternalNames names() {
        return names;
    }

    SortedSet<String> topics() {
        return Collections.unmodifiableSortedSet(leads.navigableKeySet());
    }

    /// Of the topic's stage.
    String lead(String topic) {
        return leads.getOrDefault(topic, topic);
    }

    /// Of the topic's stage.
    SortedSet<String> topicsOf(String topic) {
        return topicsByStage.getOrDefault(lead(topic), NO_TOPICS);
    }

    /// As [#topicsOf], without those through which records are tried again: none waits for these, nor do they.
    SortedSet<String> inputsOf(String topic) {
        return inputsByStage.getOrDefault(lead(topic), NO_TOPICS);
    }

    /// Those that the application writes for itself.
    SortedSet<String> ownInputs() {
        TreeSet<String> own = new TreeSet<>(repartitions.keySet());
        own.addAll(retries.inputs().keySet());
        return own;
    }

    RetryTopics retries() {
        return retries;
    }

    /// Whether records of different keys of the topic's stage may be worked on at the same time: they come from one
    /// topic, and no step knows anything that hangs on several keys (stream time, timers, what waits in a join). With
    /// state, a record that is tried again must not meet one of its key.
    boolean keysAreIndependent(String topic) {
        int meeting = stepsByStage.containsKey(lead(topic)) ? topicsOf(topic).size() : inputsOf(topic).size();
        return meeting <= 1 && stepsByStage.getOrDefault(lead(topic), new TreeSet<>()).stream()
                .noneMatch(mixingSteps::contains);
    }

    /// By the topic of each global table, the inputs whose records look into it.
    SortedMap<String, SortedSet<String>> globals() {
        return Collections.unmodifiableSortedMap(globals);
    }

    /// By lead.
    SortedMap<String, SortedSet<String>> topicsByStage() {
        return topicsByStage;
    }

    /// The names of the stateful steps of each stage that has some, by lead.
    SortedMap<String, SortedSet<String>> stepsByStage() {
        return stepsByStage;
    }

    /// By each topic that is cut at, the topics whose records are written there; those above come first.
    Map<String, SortedSet<String>> repartitions() {
        return Collections.unmodifiableMap(repartitions);
    }

    /// By name: the steps of which rows become due.
    SortedMap<String, DueStep> timedSteps() {
        return Collections.unmodifiableSortedMap(timedSteps);
    }

    /// The same by their names, each before those whose records come to it.
    List<String> timedFromBelow() {
        return List.copyOf(timedFromAbove.reversed());
    }

    /// [UsageException] when some step could not keep in this mode what it promises.
    void requireFit(Delivery delivery) {
        if (delivery == Delivery.AT_MOST_ONCE && !timedSteps.isEmpty()) {
            throw new UsageException("Step '" + timedSteps.firstKey() + "' has timers, records that wait or results"
                    + " of windows that close, and AT_MOST_ONCE cannot keep one that a crash has cut off from being due"
                    + " again: use EXACTLY_ONCE or AT_LEAST_ONCE");
        }
    }

    /// Null when no rows are written.
    @Nullable DataSource database() {
        return database;
    }

    /// Those of which rows are.
    SortedSet<String> statements() {
        return Collections.unmodifiableSortedSet(statements);
    }

    /// Whether in `EXACTLY_ONCE` rows and topics have to be committed together: outputs, what state is kept in, what
    /// goes from stage to stage, dead letters.
    boolean hasTwoPhases(ErrorPolicy onError) {
        return database != null
                && (writesTopics || hasInternalTopics() || onError instanceof ErrorPolicy.DeadLetter);
    }

    /// By stateful step.
    SortedMap<String, Layout> layouts() {
        return Collections.unmodifiableSortedMap(layouts);
    }

    boolean isStateful() {
        return !topicsBySteps.isEmpty();
    }

    /// Whether there are topics that the application makes for itself.
    boolean hasInternalTopics() {
        return isStateful() || !repartitions.isEmpty() || !retries.isEmpty();
    }

    /// What leaves the topology, by the stage it comes from: labels for people.
    void forEachOutput(BiConsumer<String, String> each) {
        for (Output output : outputs) {
            TreeSet<String> from = new TreeSet<>();
            output.from().forEach(topic -> from.add(lead(topic)));
            from.forEach(stage -> each.accept(stage, output.label()));
        }
    }
}
