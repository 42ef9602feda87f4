package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// Even shares with as few moves as possible, in two steps: a partition that changes hands is given to nobody in the
/// generation in which its holder learns that it must let go, and to its new holder in the next. Hence no partition
/// ever has two readers.
///
/// User data is Kafka's: the generation as i32, for members whose protocol does not carry it elsewhere.
final class CooperativeStickyAssignor implements Assignor {
    @Override
    public ByteBuffer userData(int generation) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(generation).flip();
    }

    @Override
    public SortedMap<String, SortedSet<TopicPartition>> assign(Map<String, Integer> partitionCounts,
            List<Member> members) {
        return assign(partitionCounts, members, new StatePlan(new TreeMap<>()));
    }

    SortedMap<String, SortedSet<TopicPartition>> assign(Map<String, Integer> partitionCounts, List<Member> members,
            StatePlan state) {
        SortedMap<TopicPartition, String> holders = holders(partitionCounts, members);
        SortedSet<TopicPartition> claimed = new TreeSet<>();
        members.forEach(member -> claimed.addAll(member.subscription().owned()));
        TreeMap<String, Member> byId = new TreeMap<>();
        members.forEach(member -> byId.put(member.id(), member));
        SortedMap<TopicPartition, String> keepers = state.keepers(partitionCounts, byId, holders, claimed);
        SortedMap<String, SortedSet<TopicPartition>> shares =
                new Balance(partitionCounts, members, keepers, state).shares();
        state.giveBack(shares, keepers);
        shares.forEach((id, share) -> share.removeIf(partition -> {
            String holder = holders.get(partition);
            return holder == null ? claimed.contains(partition) : !holder.equals(id);
        }));
        state.spread(partitionCounts, shares);
        return shares;
    }

    /// Who holds each partition that exists and is still wanted by its holder: the claim of the highest generation. Two
    /// claims of one generation cannot both be true, so neither counts.
    private static SortedMap<TopicPartition, String> holders(Map<String, Integer> partitionCounts,
            List<Member> members) {
        record Claim(String member, int generation) {
        }

        SortedMap<TopicPartition, Claim> best = new TreeMap<>();
        for (Member member : members) {
            int generation = generationOf(member.subscription());
            for (TopicPartition partition : member.subscription().owned()) {
                if (partition.partition() >= partitionCounts.getOrDefault(partition.topic(), 0)
                        || !member.subscription().topics().contains(partition.topic())) {
                    continue;
                }
                Claim known = best.get(partition);
                if (known == null || known.generation < generation) {
                    best.put(partition, new Claim(member.id(), generation));
                } else if (known.generation == generation) {
                    best.put(partition, new Claim("", generation));
                }
            }
        }
        SortedMap<TopicPartition, String> holders = new TreeMap<>();
        best.forEach((partition, claim) -> {
            if (!claim.member.isEmpty()) {
                holders.put(partition, claim.member);
            }
        });
        return holders;
    }

    private static int generationOf(GroupSubscription subscription) {
        if (subscription.generation() != GroupSubscription.NO_GENERATION || subscription.userData() == null
                || subscription.userData().remaining() < Integer.BYTES) {
            return subscription.generation();
        }
        ByteBuffer userData = subscription.userData();
        return userData.getInt(userData.position());
    }

    /// Shares in the making: keeps what is held, gives what is free to whoever has least, then moves one partition at a
    /// time from more to less until no move makes it more even. The sum of squares falls with every move, so it ends. A
    /// partition that nobody holds moves before one that its holder would have to give up.
    private static final class Balance {
        private static final Comparator<String> BY_ID = Comparator.naturalOrder();

        private final Map<String, Member> members = new TreeMap<>();
        private final SortedMap<String, NavigableSet<TopicPartition>> shares = new TreeMap<>();
        /// Of the shares, what each has held before.
        private final TreeMap<String, NavigableSet<TopicPartition>> kept = new TreeMap<>();
        /// And what is new there.
        private final TreeMap<String, NavigableSet<TopicPartition>> fresh = new TreeMap<>();
        private final TreeSet<String> byLoad;
        private final SortedMap<TopicPartition, String> holders;
        private final StatePlan state;

        Balance(Map<String, Integer> partitionCounts, List<Member> all, SortedMap<TopicPartition, String> holders,
                StatePlan state) {
            this.holders = holders;
            this.state = state;
            for (Member member : all) {
                members.put(member.id(), member);
                shares.put(member.id(), new TreeSet<>());
                kept.put(member.id(), new TreeSet<>());
                fresh.put(member.id(), new TreeSet<>());
            }
            holders.forEach((partition, id) -> {
                share(id).add(partition);
                of(id, true).add(partition);
            });
            byLoad = new TreeSet<>(Comparator.<String>comparingInt(id -> share(id).size()).thenComparing(BY_ID));
            byLoad.addAll(shares.keySet());
            for (TopicPartition partition : free(partitionCounts, holders)) {
                for (String id : byLoad) {
                    if (wants(id, partition)) {
                        give(id, partition);
                        break;
                    }
                }
            }
            boolean moved = true;
            while (moved) {
                moved = improveOnce();
            }
        }

        SortedMap<String, SortedSet<TopicPartition>> shares() {
            return new TreeMap<>(shares);
        }

        /// The partitions nobody holds, those with the fewest takers first.
        private List<TopicPartition> free(Map<String, Integer> partitionCounts,
                SortedMap<TopicPartition, String> holders) {
            Map<String, Integer> takers = new TreeMap<>();
            members.values().forEach(member ->
                    member.subscription().topics().forEach(topic -> takers.merge(topic, 1, Integer::sum)));
            List<TopicPartition> free = new ArrayList<>();
            takers.forEach((topic, ignored) -> {
                for (int i = 0; i < partitionCounts.getOrDefault(topic, 0); i++) {
                    TopicPartition partition = new TopicPartition(topic, i);
                    if (!holders.containsKey(partition)) {
                        free.add(partition);
                    }
                }
            });
            free.sort(Comparator.<TopicPartition>comparingInt(partition -> takers.get(partition.topic()))
                    .thenComparing(Comparator.naturalOrder()));
            return free;
        }

        /// From the most loaded member that has something for a less loaded one.
        private boolean improveOnce() {
            return improveOnce(false) || improveOnce(true);
        }

        private boolean improveOnce(boolean held) {
            for (String from : byLoad.descendingSet()) {
                for (String to : byLoad) {
                    if (share(from).size() - share(to).size() < 2) {
                        break;
                    }
                    TopicPartition partition = moving(from, to, held);
                    if (partition != null) {
                        take(from, partition);
                        give(to, partition);
                        return true;
                    }
                }
            }
            return false;
        }

        /// One that its new holder is ready for, else the first one; null when there is none. Asked for each move, so
        /// not everything is looked at: of what it is not ready for, the first of each topic.
        private @Nullable TopicPartition moving(String from, String to, boolean held) {
            NavigableSet<TopicPartition> among = of(from, held);
            for (TopicPartition partition : among.isEmpty() ? among : state.readyFor(to)) {
                if (among.contains(partition) && wants(to, partition)) {
                    return partition;
                }
            }
            TopicPartition first = null;
            TopicPartition next = among.isEmpty() ? null : among.first();
            while (next != null) {
                if (wants(to, next)) {
                    if (!state.hasState(next)) {
                        return next;
                    }
                    first = first == null ? next : first;
                }
                next = among.higher(new TopicPartition(next.topic(), Integer.MAX_VALUE));
            }
            return first;
        }

        private NavigableSet<TopicPartition> of(String id, boolean held) {
            return requireNonNull((held ? kept : fresh).get(id), "every member has a share");
        }

        private NavigableSet<TopicPartition> share(String id) {
            return requireNonNull(shares.get(id), "every member has a share");
        }

        private boolean wants(String id, TopicPartition partition) {
            Member member = requireNonNull(members.get(id), "shares are those of members");
            return member.subscription().topics().contains(partition.topic());
        }

        private void give(String id, TopicPartition partition) {
            byLoad.remove(id);
            share(id).add(partition);
            of(id, id.equals(holders.get(partition))).add(partition);
            byLoad.add(id);
        }

        private void take(String id, TopicPartition partition) {
            byLoad.remove(id);
            share(id).remove(partition);
            of(id, id.equals(holders.get(partition))).remove(partition);
            byLoad.add(id);
        }
    }
}
