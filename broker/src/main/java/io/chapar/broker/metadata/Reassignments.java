package io.chapar.broker.metadata;

import io.chapar.broker.metadata.ControllerCore.Decision;
import io.chapar.broker.metadata.MetadataCommand.AlterReassignments;
import io.chapar.broker.metadata.MetadataCommand.Outcome;
import io.chapar.broker.metadata.MetadataCommand.ReassignmentWish;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

/// Which replicas move where, and how many at a time. Pure functions of the image.
///
/// A broker that gets replicas, or leads what others get, has no more than [TopicRules#movesAtOnce] such partitions at
/// once when another begins. Those that wait begin in the order of their topics' names, and not while a broker that is
/// to get one is fenced; what such a broker was to get already holds up nobody. Where a leadership moves meanwhile its
/// new broker may have more for a while, and so may one that comes back. A wish with which a broker would keep more
/// than [TopicRules#mostReplicas], before or once it is carried out, is refused; one that is there already never is.
public final class Reassignments {
    /// Partitions at a time at one broker, where nobody says.
    public static final int AT_ONCE = 20;
    /// Replicas of one partition; more than anybody has brokers for.
    public static final int MOST_REPLICAS = 1_000;

    private final TopicRules rules;

    Reassignments(TopicRules rules) {
        this.rules = rules;
    }

    Decision<List<Outcome>> alter(AlterReassignments command, ClusterImage image) {
        List<Outcome> outcomes = new ArrayList<>();
        PartitionChanges changes = new PartitionChanges();
        Load load = Load.of(image, rules.movesAtOnce(image.settings()));
        Kept kept = new Kept(image, rules.mostReplicas(image.settings()), new TreeMap<>());
        for (ReassignmentWish wish : command.wishes()) {
            TopicImage topic = image.topic(wish.partition().topic());
            if (topic == null || !topic.hasPartition(wish.partition().partition())) {
                outcomes.add(new Outcome(
                        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "This topic has no such partition, or does not exist."));
                continue;
            }
            PartitionImage was = changes.get(topic, wish.partition().partition());
            Outcome refusal = refusal(wish, command.mayChangeFactor(), was, image);
            if (refusal != null) {
                outcomes.add(refusal);
                continue;
            }
            Assignment assignment = assignment(topic, image);
            PartitionImage is = wish.to() == null ? assignment.cancelled(was) : assignment.wished(was, wish.to());
            if (is == null) {
                outcomes.add(new Outcome(ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                        "Nobody would be left who has all that is committed, or could lead."));
                continue;
            }
            String full = topic.isInternal() ? null : kept.change(was, is);
            if (full != null) {
                outcomes.add(new Outcome(ErrorCode.POLICY_VIOLATION, full));
            } else {
                changes.put(topic, wish.partition().partition(), advanced(is, assignment, load));
                outcomes.add(Outcome.DONE);
            }
        }
        return new Decision<>(records(changes, image), outcomes);
    }

    /// With what the topics of the coordinators are set to from now on: while a partition moves, no more have to be in
    /// sync than it had replicas before ([PartitionImage#enough]).
    private List<MetadataRecord> records(PartitionChanges changes, ClusterImage image) {
        List<MetadataRecord> records = changes.records();
        changes.mostWanted().forEach((id, replicas) -> {
            TopicImage topic = requireNonNull(image.topic(id), "partitions of it change");
            if (topic.isInternal()) {
                SortedMap<String, String> config = rules.ofInternal(topic.config(), image.settings(), replicas);
                if (!config.equals(topic.config())) {
                    records.add(new MetadataRecord.TopicConfigured(id, config));
                }
            }
        });
        return records;
    }

    private static @Nullable Outcome refusal(
            ReassignmentWish wish, boolean mayChangeFactor, PartitionImage was, ClusterImage image) {
        Reassignment known = was.reassignment();
        List<Integer> to = wish.to();
        if (to == null) {
            return known != null ? null : new Outcome(
                    ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, "No replica of this partition is being moved.");
        }
        if (to.isEmpty() || to.size() > MOST_REPLICAS || Set.copyOf(to).size() != to.size()) {
            return new Outcome(ErrorCode.INVALID_REPLICA_ASSIGNMENT, to.isEmpty() ? "A partition has a replica."
                    : "Of one partition there is one replica at a broker at most, and " + MOST_REPLICAS + " in all.");
        }
        for (int broker : to) {
            if (!image.brokers().containsKey(broker)) {
                return new Outcome(ErrorCode.INVALID_REPLICA_ASSIGNMENT, "There is no broker " + broker + ".");
            }
        }
        int before = known == null ? was.replicas().size() : known.from().size();
        return mayChangeFactor || before == to.size() ? null
                : new Outcome(ErrorCode.INVALID_REPLICATION_FACTOR,
                        "The partition has " + before + " replicas, and " + to.size() + " are wished for.");
    }

    /// Completes what can be, and begins what there is room for; at most [AlterReassignments#MOST] partitions. Answered
    /// with how many have changed.
    Decision<Integer> advance(ClusterImage image) {
        PartitionChanges changes = new PartitionChanges();
        Load load = Load.of(image, rules.movesAtOnce(image.settings()));
        for (TopicImage topic : image.topics().values()) {
            Assignment assignment = null;
            for (int i = 0; i < topic.partitions() && changes.size() < AlterReassignments.MOST; i++) {
                PartitionImage was = topic.partition(i);
                if (was.reassignment() != null) {
                    assignment = assignment == null ? assignment(topic, image) : assignment;
                    changes.put(topic, i, advanced(was, assignment, load));
                }
            }
        }
        return new Decision<>(records(changes, image), changes.size());
    }

    private static PartitionImage advanced(PartitionImage was, Assignment assignment, Load load) {
        return assignment.completed(load.begin(was) ? assignment.begun(was) : was);
    }

    private Assignment assignment(TopicImage topic, ClusterImage image) {
        int minIsr = rules.minIsr(topic.config(), image.settings());
        return new Assignment(new Election(
                image::isActive, minIsr, rules.isUnclean(topic.config(), image.settings())), minIsr);
    }

    /// Whether [#advance] may have something to do.
    public static boolean isDue(ClusterImage image) {
        return isDue(image, AT_ONCE);
    }

    /// @param atOnce how many move at a time at one broker
    public static boolean isDue(ClusterImage image, int atOnce) {
        Load load = null;
        for (TopicImage topic : image.topics().values()) {
            for (int i = 0; i < topic.partitions(); i++) {
                PartitionImage partition = topic.partition(i);
                if (partition.reassignment() != null) {
                    load = load == null ? Load.of(image, atOnce) : load;
                    boolean waits = !partition.queued().isEmpty();
                    if (waits ? load.begin(partition) : Assignment.isCaughtUp(partition)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /// How many replicas brokers keep, or are to keep, beside those of the coordinators' own topics.
    private record Kept(ClusterImage image, long most, Map<Integer, Integer> replicas) {
        /// Why a broker would keep too many, as a sentence; null when none would, and then it is counted.
        @Nullable String change(PartitionImage was, PartitionImage is) {
            List<Integer> more = PartitionImage.without(of(is), of(was));
            if (!more.isEmpty() && replicas.isEmpty()) {
                image.topics().values().stream().filter(topic -> !topic.isInternal())
                        .forEach(topic -> topic.all().forEach(partition -> count(of(partition), 1)));
            }
            for (int broker : more) {
                int would = replicas.getOrDefault(broker, 0) + 1;
                if (would > most) {
                    return Placement.tooMany(broker, would, most);
                }
            }
            count(more, 1);
            count(PartitionImage.without(of(was), of(is)), -1);
            return null;
        }

        private static List<Integer> of(PartitionImage partition) {
            List<Integer> all = new ArrayList<>(partition.replicas());
            all.addAll(partition.queued());
            return all;
        }

        private void count(List<Integer> brokers, int by) {
            brokers.forEach(broker -> replicas.merge(broker, by, Integer::sum));
        }
    }

    /// What brokers have to do with reassignments that are under way.
    private record Load(ClusterImage image, int atOnce, Map<Integer, Integer> partitions) {
        static Load of(ClusterImage image, int atOnce) {
            Load load = new Load(image, atOnce, new TreeMap<>());
            for (TopicImage topic : image.topics().values()) {
                for (int i = 0; i < topic.partitions(); i++) {
                    PartitionImage partition = topic.partition(i);
                    List<Integer> added = PartitionImage.without(partition.added(), partition.isr());
                    if (added.stream().anyMatch(image::isActive)) {
                        load.count(busy(partition, added));
                    }
                }
            }
            return load;
        }

        private static Set<Integer> busy(PartitionImage partition, List<Integer> gets) {
            Set<Integer> busy = new LinkedHashSet<>(gets);
            if (partition.leader() != PartitionImage.NO_LEADER) {
                busy.add(partition.leader());
            }
            return busy;
        }

        private void count(Set<Integer> brokers) {
            brokers.forEach(broker -> partitions.merge(broker, 1, Integer::sum));
        }

        /// Whether there is room to begin it, and then counts it.
        boolean begin(PartitionImage partition) {
            List<Integer> queued = partition.queued();
            if (queued.isEmpty()) {
                return partition.reassignment() != null;
            }
            Set<Integer> busy = busy(partition, queued);
            if (!queued.stream().allMatch(image::isActive)) {
                return false;
            }
            if (busy.stream().anyMatch(broker -> partitions.getOrDefault(broker, 0) >= atOnce)) {
                return false;
            }
            count(busy);
            return true;
        }
    }
}
