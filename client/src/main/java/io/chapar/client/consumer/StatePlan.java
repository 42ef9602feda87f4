package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// Where the state of partitions is, and where copies of it are to be, for one sharing out of a group's partitions:
/// - A partition that nobody holds goes to the copy that is least behind, whatever that means for the balance.
/// - A partition with state moves to a member that has caught up. One that has not gets the partition to warm up, and
///   the holder keeps it; the member joins again when it has caught up.
/// - As many copies as members want, each in a process of its own, stay where they are as long as that is even.
///
/// Members that tell nothing of state (earlier versions) get partitions at once, and no copies.
final class StatePlan {
    /// Of one member at a time: what it warms up is read beside its own work.
    static final int MAX_WARMING = 16;

    /// By member; topics are those by which partitions are shared out.
    private final SortedMap<String, StateReport> reports;
    private final TreeSet<String> stateful = new TreeSet<>();
    /// What the members of each process that shares have together: how far behind, 0 for what one of them holds.
    private final TreeMap<UUID, SortedMap<TopicPartition, Integer>> together = new TreeMap<>();
    private final TreeMap<String, SortedSet<TopicPartition>> ready = new TreeMap<>();
    private final TreeMap<String, SortedSet<TopicPartition>> warming = new TreeMap<>();
    private final TreeMap<String, SortedSet<TopicPartition>> kept = new TreeMap<>();
    /// Who really has a partition now.
    private SortedMap<TopicPartition, String> holders = new TreeMap<>();

    StatePlan(SortedMap<String, StateReport> reports) {
        this.reports = reports;
        reports.values().forEach(report -> stateful.addAll(report.degrees().keySet()));
    }

    boolean isEmpty() {
        return stateful.isEmpty();
    }

    boolean hasState(TopicPartition partition) {
        return stateful.contains(partition.topic());
    }

    private StateReport report(String member) {
        return requireNonNull(reports.get(member), "it tells");
    }

    /// How far behind the member's copy is, or one that it can take over.
    private int degree(String member, TopicPartition partition) {
        StateReport report = reports.get(member);
        return report == null ? StateReport.NOTHING
                : report.shared() ? together(report).getOrDefault(partition, StateReport.NOTHING)
                : degree(report, partition);
    }

    private SortedMap<TopicPartition, Integer> together(StateReport report) {
        return together.computeIfAbsent(report.instance(), key -> new TreeMap<>());
    }

    private void putTogether() {
        reports.forEach((member, report) -> {
            if (report.shared()) {
                forEachCopy(report, (partition, degree) -> together(report).merge(partition, degree, Math::min));
            }
        });
        holders.forEach((partition, member) -> {
            StateReport report = reports.get(member);
            if (report != null && report.shared() && hasState(partition)) {
                together(report).put(partition, StateReport.CAUGHT_UP);
            }
        });
    }

    private static void forEachCopy(StateReport report, BiConsumer<TopicPartition, Integer> each) {
        report.degrees().forEach((topic, ofTopic) -> ofTopic.forEach((number, degree) ->
                each.accept(new TopicPartition(topic, number), degree)));
    }

    private static int degree(StateReport report, TopicPartition partition) {
        SortedMap<Integer, Integer> ofTopic = report.degrees().get(partition.topic());
        return ofTopic == null ? StateReport.NOTHING
                : ofTopic.getOrDefault(partition.partition(), StateReport.NOTHING);
    }

    /// Whether it may begin with this partition at once.
    boolean isReady(String member, TopicPartition partition) {
        return !hasState(partition) || degree(member, partition) == StateReport.CAUGHT_UP;
    }

    /// With state, of which it has what it needs.
    SortedSet<TopicPartition> readyFor(String member) {
        return ready.computeIfAbsent(member, key -> {
            TreeSet<TopicPartition> found = new TreeSet<>();
            StateReport report = reports.get(member);
            BiConsumer<TopicPartition, Integer> caughtUp = (partition, degree) -> {
                if (degree == StateReport.CAUGHT_UP) {
                    found.add(partition);
                }
            };
            if (report != null && report.shared()) {
                together(report).forEach(caughtUp);
            } else if (report != null) {
                forEachCopy(report, caughtUp);
            }
            return found;
        });
    }

    /// Who keeps each partition: who holds it, or of those that nobody claims who has the best copy.
    ///
    /// @param members by id
    SortedMap<TopicPartition, String> keepers(Map<String, Integer> counts, Map<String, Assignor.Member> members,
            SortedMap<TopicPartition, String> held, Set<TopicPartition> claimed) {
        holders = held;
        putTogether();
        TreeMap<TopicPartition, String> keepers = new TreeMap<>(held);
        TreeMap<String, Integer> loads = new TreeMap<>();
        held.values().forEach(member -> loads.merge(member, 1, Integer::sum));
        forEachWithState(counts, partition -> {
            if (held.containsKey(partition) || claimed.contains(partition)) {
                return;
            }
            reports.keySet().stream()
                    .filter(member -> degree(member, partition) < StateReport.NOTHING
                            && wants(members.get(member), partition))
                    .min(Comparator.<String>comparingInt(member -> degree(member, partition))
                            .thenComparing(member -> loads.getOrDefault(member, 0))
                            .thenComparing(Comparator.naturalOrder()))
                    .ifPresent(heir -> {
                        keepers.put(partition, heir);
                        loads.merge(heir, 1, Integer::sum);
                    });
        });
        return keepers;
    }

    private static boolean wants(Assignor.@Nullable Member member, TopicPartition partition) {
        return member != null && member.subscription().topics().contains(partition.topic());
    }

    private void forEachWithState(Map<String, Integer> counts, Consumer<TopicPartition> each) {
        for (String topic : stateful) {
            for (int number = 0; number < counts.getOrDefault(topic, 0); number++) {
                each.accept(new TopicPartition(topic, number));
            }
        }
    }

    /// Gives back to its keeper what would come to somebody who has not caught up.
    void giveBack(SortedMap<String, SortedSet<TopicPartition>> shares, SortedMap<TopicPartition, String> keepers) {
        shares.forEach((id, share) -> {
            for (TopicPartition partition : List.copyOf(share)) {
                String keeper = keepers.get(partition);
                if (!hasState(partition) || !reports.containsKey(id) || keeper == null || keeper.equals(id)) {
                    continue;
                }
                boolean copied = degree(report(id), partition) < StateReport.NOTHING;
                if (!isReady(id, partition)) {
                    share.remove(partition);
                    of(shares, keeper).add(partition);
                    if (of(warming, id).size() < MAX_WARMING) {
                        of(warming, id).add(partition);
                    }
                } else if (copied && holders.containsKey(partition)) {
                    // Until its holder has let go.
                    of(kept, id).add(partition);
                }
            }
        });
    }

    /// The copies beside the owners'.
    void spread(Map<String, Integer> counts, SortedMap<String, SortedSet<TopicPartition>> shares) {
        int wanted = reports.values().stream().mapToInt(StateReport::standbys).max().orElse(0);
        if (wanted == 0) {
            return;
        }
        TreeMap<TopicPartition, String> owners = new TreeMap<>(holders);
        shares.forEach((id, share) -> share.forEach(partition -> owners.put(partition, id)));
        TreeMap<TopicPartition, Places> places = new TreeMap<>();
        forEachWithState(counts, partition -> places.put(partition, new Places(partition, owners.get(partition),
                wanted)));
        int most = Math.ceilDiv(places.size() * wanted, Math.max(1, reports.size()));
        places.values().forEach(one -> one.fill(true, most));
        places.values().forEach(one -> one.fill(false, most));
    }

    SortedMap<String, Standbys> standbys() {
        TreeMap<String, Standbys> standbys = new TreeMap<>();
        reports.keySet().forEach(member -> standbys.put(member, new Standbys(of(kept, member), of(warming, member))));
        return standbys;
    }

    private static SortedSet<TopicPartition> of(Map<String, SortedSet<TopicPartition>> all, String member) {
        return all.computeIfAbsent(member, key -> new TreeSet<>());
    }

    /// Where the copies of one partition are to be.
    private final class Places {
        private final TopicPartition partition;
        private final TreeSet<UUID> taken = new TreeSet<>();
        private int left;

        Places(TopicPartition partition, @Nullable String owner, int wanted) {
            this.partition = partition;
            left = wanted;
            StateReport report = owner == null ? null : reports.get(owner);
            if (report != null) {
                taken.add(report.instance());
            }
            kept.forEach((member, ofMember) -> {
                if (ofMember.contains(partition) && taken.add(report(member).instance())) {
                    left--;
                }
            });
        }

        /// `copies`: of those who have one already, as many as are even; else whoever has least to keep.
        void fill(boolean copies, int most) {
            while (left > 0) {
                String next = null;
                for (String member : reports.keySet()) {
                    if (mayTake(member) && (copies ? degree(member, partition) < StateReport.NOTHING
                            && of(kept, member).size() < most : true) && (next == null || isBetter(member, next,
                            copies))) {
                        next = member;
                    }
                }
                if (next == null) {
                    return;
                }
                of(kept, next).add(partition);
                taken.add(report(next).instance());
                left--;
            }
        }

        private boolean mayTake(String member) {
            StateReport report = report(member);
            return report.degrees().containsKey(partition.topic()) && !taken.contains(report.instance())
                    && !of(warming, member).contains(partition);
        }

        private boolean isBetter(String member, String than, boolean copies) {
            int degrees = Integer.compare(degree(member, partition), degree(than, partition));
            int loads = Integer.compare(of(kept, member).size(), of(kept, than).size());
            return (copies && degrees != 0) ? degrees < 0 : loads < 0;
        }
    }
}
