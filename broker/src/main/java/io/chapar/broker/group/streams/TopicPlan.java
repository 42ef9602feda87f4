package io.chapar.broker.group.streams;

import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.broker.group.streams.ConfiguredTopology.Problem;
import io.chapar.broker.group.streams.StreamsTopology.InternalTopic;
import io.chapar.broker.group.streams.StreamsTopology.Subtopology;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// How many partitions each topic of an application has to have, with the topics that there are.
///
/// 1. Source topics have to exist.
/// 2. A repartition topic has as many partitions as the application wants it to; else as many as the largest input of
///    those that write to it, which may be repartition topics themselves.
/// 3. Topics of which the application says so have as many as each other: those that are free follow the others.
/// 4. A changelog has one for each task.
///
/// One pass, in proportion to what the application says.
public final class TopicPlan {
    /// In what is told to people; of more, it is told how many.
    private static final int MOST_NAMED = 10;

    private final StreamsTopology topology;
    private final TopicDirectory directory;
    /// Of repartition topics, as far as it is decided.
    private final Map<String, Integer> decided = new LinkedHashMap<>();
    private final SortedSet<String> free = new TreeSet<>();

    private TopicPlan(StreamsTopology topology, TopicDirectory directory) {
        this.topology = topology;
        this.directory = directory;
    }

    private static final class Mismatch extends Exception {
        private static final long serialVersionUID = 1;

        private final String reason;

        Mismatch(String reason) {
            super(reason);
            this.reason = reason;
        }
    }

    /// @param tasks that there may be
    /// @param partitions that the topics of the application itself may have together
    public record Most(long tasks, long partitions) {}

    public static ConfiguredTopology of(StreamsTopology topology, TopicDirectory directory, Most most)
            throws TopologyFault {
        return new TopicPlan(topology, directory).configure(most);
    }

    private ConfiguredTopology configure(Most most) throws TopologyFault {
        decideRepartitions();
        List<List<Subtopology>> rounds = rounds();
        SortedSet<String> absent = absentSources();
        if (!absent.isEmpty()) {
            return failed(StatusCode.MISSING_SOURCE_TOPICS, "Source topics " + named(absent) + " are missing.");
        }
        try {
            deriveRepartitions(rounds);
            for (Subtopology one : topology.subtopologies()) {
                for (SortedSet<String> together : one.copartitions()) {
                    align(together);
                }
            }
            return compare(most);
        } catch (Mismatch e) {
            return failed(StatusCode.INCORRECTLY_PARTITIONED_TOPICS, e.reason);
        }
    }

    private ConfiguredTopology failed(StatusCode status, String detail) {
        return new ConfiguredTopology(topology, Collections.emptySortedMap(), Collections.emptySortedMap(), List.of(),
                new Problem(status, detail));
    }

    private SortedSet<String> absentSources() {
        SortedSet<String> absent = new TreeSet<>();
        for (Subtopology one : topology.subtopologies()) {
            for (String source : one.sources()) {
                if (directory.topic(source) == null) {
                    absent.add(source);
                }
            }
        }
        return absent;
    }

    static String named(Collection<String> topics) {
        String some = String.join(", ", topics.stream().limit(MOST_NAMED).toList());
        int more = topics.size() - MOST_NAMED;
        return more > 0 ? some + " and " + more + " more" : some;
    }

    // ---- repartition topics

    /// Those with a number of their own, and whether the others can be known at all.
    private void decideRepartitions() throws TopologyFault {
        SortedSet<String> written = new TreeSet<>();
        topology.subtopologies().forEach(one -> written.addAll(one.sinks()));
        for (Subtopology one : topology.subtopologies()) {
            for (InternalTopic topic : one.repartitions()) {
                if (topic.partitions() > 0) {
                    decided.put(topic.name(), topic.partitions());
                } else if (written.contains(topic.name())) {
                    free.add(topic.name());
                } else {
                    throw new TopologyFault("No subtopology writes to the repartition topic " + topic.name() + ".");
                }
            }
        }
        for (Subtopology one : topology.subtopologies()) {
            for (String source : one.sources()) {
                if (free.contains(source) || decided.containsKey(source)) {
                    throw new TopologyFault("The topic " + source + " is a repartition topic of the application,"
                            + " and read as one that is not its own.");
                }
            }
        }
    }

    /// Subtopologies in the order in which something that they read comes to be known: first what does not follow from
    /// others; in each round whoever reads what those of the round before write. Each is in one round, whatever loops
    /// there are.
    private List<List<Subtopology>> rounds() throws TopologyFault {
        Map<String, List<Subtopology>> readers = new LinkedHashMap<>();
        SortedSet<String> begun = new TreeSet<>();
        List<Subtopology> round = new ArrayList<>();
        for (Subtopology one : topology.subtopologies()) {
            boolean isKnown = !one.sources().isEmpty()
                    || one.repartitions().stream().anyMatch(topic -> decided.containsKey(topic.name()));
            if (isKnown) {
                begun.add(one.id());
                round.add(one);
            } else {
                one.repartitions().forEach(topic ->
                        readers.computeIfAbsent(topic.name(), _ -> new ArrayList<>()).add(one));
            }
        }
        List<List<Subtopology>> all = new ArrayList<>();
        SortedSet<String> left = new TreeSet<>(free);
        while (!round.isEmpty()) {
            all.add(round);
            List<Subtopology> next = new ArrayList<>();
            for (Subtopology one : round) {
                for (String sink : one.sinks()) {
                    if (left.remove(sink)) {
                        readers.getOrDefault(sink, List.of()).stream()
                                .filter(reader -> begun.add(reader.id())).forEach(next::add);
                    }
                }
            }
            round = next;
        }
        if (!left.isEmpty()) {
            throw new TopologyFault("The repartition topics " + named(left) + " follow from nothing but each other.");
        }
        return all;
    }

    /// From the largest inputs of those that write to it, as far as these are known by then.
    private void deriveRepartitions(List<List<Subtopology>> rounds) {
        for (List<Subtopology> round : rounds) {
            Map<String, Integer> found = new TreeMap<>();
            for (Subtopology one : round) {
                int largest = largestInput(one);
                one.sinks().stream().filter(topic -> free.contains(topic) && !decided.containsKey(topic))
                        .forEach(topic -> found.merge(topic, largest, Math::max));
            }
            decided.putAll(found);
        }
    }

    /// 0 while none of them is known.
    private int largestInput(Subtopology one) {
        int largest = 0;
        for (String input : one.inputs()) {
            largest = Math.max(largest, partitions(input));
        }
        return largest;
    }

    /// 0 while that is not known.
    private int partitions(String topic) {
        Integer own = decided.get(topic);
        TopicDirectory.Topic there = own == null && !free.contains(topic) ? directory.topic(topic) : null;
        return own != null ? own : there == null ? 0 : there.partitions();
    }

    // ---- as many as each other

    private void align(SortedSet<String> together) throws Mismatch {
        SortedMap<String, Integer> fixed = new TreeMap<>();
        int largest = 0;
        for (String topic : together) {
            int count = partitions(topic);
            largest = Math.max(largest, count);
            if (!free.contains(topic)) {
                fixed.put(topic, count);
            }
        }
        if (fixed.values().stream().distinct().count() > 1) {
            throw new Mismatch("Following topics do not have the same number of partitions: [{"
                    + named(fixed.entrySet().stream().map(Object::toString).toList()) + "}]");
        }
        int count = fixed.values().stream().findFirst().orElse(largest);
        together.stream().filter(topic -> free.contains(topic)).forEach(topic -> decided.put(topic, count));
    }

    // ---- what there is

    private ConfiguredTopology compare(Most most) throws Mismatch {
        SortedMap<String, Integer> tasks = new TreeMap<>();
        SortedMap<String, InternalTopic> internal = new TreeMap<>();
        long count = 0;
        long partitions = 0;
        for (Subtopology one : topology.subtopologies()) {
            int largest = largestInput(one);
            tasks.put(one.id(), largest);
            count += largest;
            one.repartitions().forEach(topic -> internal.put(topic.name(), topic.with(partitions(topic.name()))));
            one.changelogs().forEach(topic -> internal.put(topic.name(), topic.with(largest)));
        }
        for (InternalTopic topic : internal.values()) {
            partitions += topic.partitions();
        }
        if (count > most.tasks()) {
            throw new Mismatch("The application has " + count + " tasks, and may have " + most.tasks()
                    + " (group.max.bytes).");
        }
        if (partitions > most.partitions()) {
            throw new Mismatch("The application's own topics have " + partitions + " partitions, and may have "
                    + most.partitions() + " (group.streams.max.internal.partitions).");
        }
        List<InternalTopic> missing = new ArrayList<>();
        for (InternalTopic topic : internal.values()) {
            TopicDirectory.Topic there = directory.topic(topic.name());
            if (there == null) {
                missing.add(topic);
            } else if (there.partitions() != topic.partitions()) {
                throw new Mismatch("Existing topic " + topic.name() + " has different number of partitions: expected "
                        + topic.partitions() + ", found " + there.partitions());
            }
        }
        return new ConfiguredTopology(topology, tasks, internal, missing, problemOf(missing));
    }

    private static @Nullable Problem problemOf(List<InternalTopic> missing) {
        return missing.isEmpty() ? null : new Problem(StatusCode.MISSING_INTERNAL_TOPICS,
                "Internal topics are missing: " + named(missing.stream().map(InternalTopic::name).toList()));
    }
}
