package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serde;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;

/// What an application does with records: from topics, through steps, to topics. Immutable, and free of threads and
/// connections: [ProcessorApp] runs it against a cluster, [TestDriver] without one.
///
/// ```
/// Topology topology = Topology.from("orders", Serdes.string(), Serdes.int64())
///         .filter(order -> order.value() > 0)
///         .mapValues(cents -> cents / 100)
///         .to("payments", Serdes.string(), Serdes.int64());
/// ```
/// Several ends make one topology with [#of]; a stream that two of them share is computed once for each record.
public final class Topology {
    private final List<TopologyNode.End> ends;

    Topology(List<TopologyNode.End> ends) {
        this.ends = List.copyOf(ends);
    }

    /// Every record of a topic, each partition in its order.
    public static <K, V> Stream<K, V> from(String topic, Serde<K> keySerde, Serde<V> valueSerde) {
        requireTopic(topic);
        return new Stream<>(new TopologyNode.Source<>(topic, Objects.requireNonNull(keySerde, "keySerde"),
                Objects.requireNonNull(valueSerde, "valueSerde"), null));
    }

    /// What each key of a topic has: its latest value; one without a value removes its key. `name` is that of the
    /// state.
    public static <K, V> Table<K, V> table(String name, String topic, Serde<K> keySerde, Serde<V> valueSerde) {
        return from(topic, keySerde, valueSerde).groupByKey(keySerde).table(name, valueSerde);
    }

    /// The same with what each key has had for so long: see [KeyedStream#versionedTable].
    public static <K, V> Table<K, V> versionedTable(String name, String topic, Serde<K> keySerde, Serde<V> valueSerde,
            Duration history) {
        return from(topic, keySerde, valueSerde).groupByKey(keySerde).versionedTable(name, valueSerde, history);
    }

    /// What each key of a topic has, at every instance, for joins by any key: see [GlobalTable]. The topic has to
    /// exist.
    public static <G, W> GlobalTable<G, W> globalTable(String topic, Serde<G> keySerde, Serde<W> valueSerde) {
        return new GlobalTable<>(topic, keySerde, valueSerde);
    }

    /// All of these together. For each record the ends are served in this order.
    public static Topology of(Topology... parts) {
        List<TopologyNode.End> all = new ArrayList<>();
        for (Topology part : parts) {
            all.addAll(part.ends);
        }
        if (all.isEmpty()) {
            throw new UsageException("A topology needs at least one end");
        }
        return new Topology(all);
    }

    public Topology and(Topology other) {
        return of(this, other);
    }

    /// The topics that are read, but for those that the application makes for itself.
    public SortedSet<String> inputTopics() {
        Stages stages = Stages.of(this, new InternalNames("application"));
        TreeSet<String> topics = new TreeSet<>(stages.topics());
        topics.addAll(stages.globals().keySet());
        topics.removeAll(stages.repartitions().keySet());
        return Collections.unmodifiableSortedSet(topics);
    }

    /// For people: the stages of this topology in an application with this id.
    public TopologyDescription describe(String applicationId) {
        return TopologyDescription.of(Stages.of(this, new InternalNames(applicationId)));
    }

    List<TopologyNode.End> ends() {
        return ends;
    }

    static void requireTopic(String topic) {
        if (topic == null || topic.isBlank()) {
            throw new UsageException("A topic has a name");
        }
    }
}
