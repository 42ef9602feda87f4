package io.chapar.compatibility;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// What the members of one group have said, each in a process of its own, in the order in which it was: which
/// partitions of one topic they were given and gave up, what they read and what they committed.
final class MemberStory {
    /// A member's ends when it is killed, or has left.
    private static final Set<String> ENDS = Set.of("killed", "left");

    private final List<Event> events;
    private final List<String> complaints = new ArrayList<>();
    private final List<String> losses = new ArrayList<>();
    private final Map<Integer, Long> reached = new TreeMap<>();
    private final Map<Integer, Long> committed = new TreeMap<>();
    private final Map<Integer, List<Tenure>> tenures = new TreeMap<>();
    private long read = 0;
    private long repeated = 0;

    /// @param atNanos by the clock that all processes share
    /// @param words what follows what it did
    record Event(long atNanos, String member, String what, List<Long> words) {
        int partition() {
            return Math.toIntExact(words.getFirst());
        }
    }

    /// The time in which one member has a partition.
    private static final class Tenure {
        final String member;
        final long fromNanos;
        /// Committed before it began.
        final long floor;
        /// Where it reads on; -1 before it has read anything.
        long next = -1;
        long toNanos = Long.MAX_VALUE;
        boolean isLost = false;

        Tenure(String member, long fromNanos, long floor) {
            this.member = member;
            this.fromNanos = fromNanos;
            this.floor = floor;
        }

        void end(long nanos) {
            toNanos = nanos;
        }
    }

    MemberStory(List<Event> events) {
        this.events = events.stream().sorted(Comparator.comparingLong(Event::atNanos)).toList();
        this.events.forEach(this::take);
        tenures.values().forEach(this::judgeOwners);
    }

    private void take(Event event) {
        switch (event.what()) {
            case "assigned" -> assign(event);
            case "revoked", "lost" -> give(event);
            case "read" -> read(event, event.words().get(1), event.words().get(2));
            case "committed" -> committed.merge(event.partition(), event.words().get(1), Math::max);
            default -> {
                if (ENDS.contains(event.what())) {
                    tenures.values().forEach(all -> all.stream().filter(one -> isOpen(one, event.member()))
                            .forEach(one -> one.end(event.atNanos())));
                }
            }
        }
    }

    private static boolean isOpen(Tenure tenure, String member) {
        return tenure.member.equals(member) && tenure.toNanos == Long.MAX_VALUE;
    }

    /// Null where it has not got the partition.
    private Tenure open(Event event) {
        return tenures.getOrDefault(event.partition(), List.of()).stream()
                .filter(one -> isOpen(one, event.member())).findAny().orElse(null);
    }

    private void assign(Event event) {
        if (open(event) != null) {
            complaints.add(event.member() + " was given " + event.partition() + " once more");
            return;
        }
        tenures.computeIfAbsent(event.partition(), _ -> new ArrayList<>()).add(new Tenure(
                event.member(), event.atNanos(), committed.getOrDefault(event.partition(), 0L)));
    }

    private void give(Event event) {
        Tenure tenure = open(event);
        if (tenure == null) {
            complaints.add(event.member() + " gave up " + event.partition() + ", which it has not got");
            return;
        }
        tenure.end(event.atNanos());
        if ("lost".equals(event.what())) {
            tenure.isLost = true;
            losses.add(event.member() + " lost " + event.partition());
        }
    }

    private void read(Event event, long first, long last) {
        Tenure tenure = open(event);
        long before = reached.getOrDefault(event.partition(), 0L);
        String who = event.member() + " read " + first + " to " + last + " of " + event.partition();
        if (tenure == null) {
            complaints.add(who + ", which it has not got");
        } else if (tenure.next >= 0 && tenure.next != first) {
            complaints.add(who + " after all before " + tenure.next);
        } else if (tenure.next < 0 && first < tenure.floor) {
            complaints.add(who + ", committed up to " + tenure.floor);
        } else if (tenure.next < 0 && first > before) {
            complaints.add(who + ", and nobody what is from " + before + " on");
        }
        if (tenure != null) {
            tenure.next = last + 1;
        }
        read += last + 1 - first;
        repeated += Math.max(0, Math.min(last + 1, before) - first);
        reached.merge(event.partition(), last + 1, Math::max);
    }

    /// Who has lost a partition may hear of it after the next one has it.
    private void judgeOwners(List<Tenure> all) {
        for (int i = 1; i < all.size(); i++) {
            Tenure one = all.get(i);
            for (Tenure before : all.subList(0, i)) {
                if (!before.isLost && before.toNanos > one.fromNanos) {
                    complaints.add(one.member + " got what " + before.member + " had for another "
                            + (before.toNanos - one.fromNanos) + " ns");
                }
            }
        }
    }

    List<String> complaints() {
        return complaints;
    }

    /// What the member has now.
    Set<Integer> owned(String member) {
        Set<Integer> owned = new TreeSet<>();
        tenures.forEach((partition, all) -> {
            if (all.stream().anyMatch(one -> isOpen(one, member))) {
                owned.add(partition);
            }
        });
        return owned;
    }

    /// By partition, up to where somebody has read.
    Map<Integer, Long> reached() {
        return reached;
    }

    long repeated() {
        return repeated;
    }

    /// Times that a member was given something.
    int handedOver() {
        return tenures.values().stream().mapToInt(List::size).sum();
    }

    @Override
    public String toString() {
        return read + " records, " + repeated + " of them again, in " + handedOver() + " tenures, " + losses;
    }
}
