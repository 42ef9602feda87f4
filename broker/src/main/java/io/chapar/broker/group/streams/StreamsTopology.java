package io.chapar.broker.group.streams;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// What an application of Kafka Streams consists of, as its members say. Everything is in order, so that two members
/// of one application say the same.
public record StreamsTopology(int epoch, List<Subtopology> subtopologies) {
    public StreamsTopology {
        List<Subtopology> inOrder = new ArrayList<>(subtopologies);
        inOrder.sort(Comparator.comparing(Subtopology::id));
        subtopologies = List.copyOf(inOrder);
    }

    /// Processors that are connected without a topic between them.
    ///
    /// @param sources topics of others that it reads
    /// @param sinks topics of the application itself that it writes for other subtopologies
    /// @param repartitions topics of the application itself that it reads
    /// @param changelogs of its stores; those of stores that are read from a source topic are not among them
    /// @param copartitions topics that must have as many partitions as each other
    public record Subtopology(
            String id,
            SortedSet<String> sources,
            SortedSet<String> sinks,
            List<InternalTopic> repartitions,
            List<InternalTopic> changelogs,
            List<SortedSet<String>> copartitions) {
        public Subtopology {
            repartitions = inOrder(repartitions);
            changelogs = inOrder(changelogs);
            copartitions = copartitions.stream().filter(group -> !group.isEmpty())
                    .sorted(Comparator.comparing(Object::toString)).toList();
        }

        private static List<InternalTopic> inOrder(List<InternalTopic> topics) {
            return topics.stream().sorted(Comparator.comparing(InternalTopic::name)).toList();
        }

        public boolean isStateful() {
            return !changelogs.isEmpty();
        }

        /// All that it reads, by name.
        public SortedSet<String> inputs() {
            SortedSet<String> all = new TreeSet<>(sources);
            repartitions.forEach(topic -> all.add(topic.name()));
            return all;
        }
    }

    /// A topic that is made for the application.
    ///
    /// @param partitions 0 to have them follow from others
    /// @param replicas 0 for the broker's default
    /// @param config by Kafka's names
    public record InternalTopic(String name, int partitions, int replicas, SortedMap<String, String> config) {
        InternalTopic with(int count) {
            return new InternalTopic(name, count, replicas, config);
        }
    }

    /// Topics that have to exist before anything can run.
    public SortedSet<String> required() {
        SortedSet<String> all = new TreeSet<>();
        for (Subtopology one : subtopologies) {
            all.addAll(one.inputs());
            one.changelogs().forEach(topic -> all.add(topic.name()));
        }
        return all;
    }

    /// The subtopology that reads a topic, by topic; the first where several do.
    Map<String, String> readers() {
        Map<String, String> all = new TreeMap<>();
        for (Subtopology one : subtopologies) {
            one.inputs().forEach(topic -> all.putIfAbsent(topic, one.id()));
        }
        return all;
    }
}
