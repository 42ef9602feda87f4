package io.chapar.broker.group.consumer;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static java.util.Objects.requireNonNullElse;

/// Who shares what: the members of a group, the topics that they subscribe to, and who has what now. Given to an
/// [Assignor] once.
final class Sharing {
    /// Sharers in the lists that are kept. Sets of members that want the same topics may be as many as topics where
    /// strangers say so: lists of more are made whenever they are asked for.
    static final int MOST_KEPT = 500_000;

    private final List<Sharer> sharers = new ArrayList<>();
    private final List<SharedTopic> topics;
    private final boolean homogeneous;

    Sharing(ConsumerGroup group, TopicDirectory directory) {
        Map<Subscription, Integer> wishes = new LinkedHashMap<>();
        List<List<Sharer>> byWish = new ArrayList<>();
        for (ConsumerMember member : inOrder(group)) {
            Sharer sharer = new Sharer(sharers.size(), member.id(), group.target(member.id()));
            sharers.add(sharer);
            int wish = wishes.computeIfAbsent(member.subscription(), _ -> byWish.size());
            if (wish == byWish.size()) {
                byWish.add(new ArrayList<>());
            }
            byWish.get(wish).add(sharer);
        }
        Map<String, SharedTopic> byName = new LinkedHashMap<>();
        wishes.forEach((subscription, wish) -> {
            for (String name : group.topics(subscription)) {
                TopicDirectory.Topic topic = directory.topic(name);
                if (topic != null) {
                    byName.computeIfAbsent(name, _ -> new SharedTopic(name, topic.id(), topic.partitions(), byWish))
                            .wantedBy(wish);
                }
            }
        });
        topics = new ArrayList<>(byName.values());
        topics.sort(Comparator.comparing(topic -> topic.name));
        // Topics that the same members want are many, and sets of members mostly few.
        Map<List<Integer>, List<Sharer>> together = new LinkedHashMap<>();
        long kept = 0;
        for (SharedTopic topic : topics) {
            List<Sharer> known = together.get(topic.wishes);
            if (known == null && kept + topic.count() <= MOST_KEPT) {
                kept += topic.count();
                known = topic.sharers();
                together.put(topic.wishes, known);
            }
            topic.kept = known;
        }
        homogeneous = byWish.size() <= 1;
    }

    private static List<ConsumerMember> inOrder(ConsumerGroup group) {
        List<ConsumerMember> members = new ArrayList<>(group.members());
        members.sort(Comparator.comparing((ConsumerMember one) -> one.instanceId() == null)
                .thenComparing(one -> requireNonNullElse(one.instanceId(), one.id())));
        return members;
    }

    /// Whether all members want the same.
    boolean isHomogeneous() {
        return homogeneous;
    }

    /// Static members first, by instance, then the others by name.
    List<Sharer> sharers() {
        return sharers;
    }

    /// By name.
    List<SharedTopic> topics() {
        return topics;
    }

    /// A topic that somebody subscribes to.
    static final class SharedTopic {
        private final String name;
        private final UUID id;
        private final int partitions;
        private final List<Integer> wishes = new ArrayList<>();
        /// By wish, for all topics.
        private final List<List<Sharer>> byWish;
        /// Null where there are too many to keep.
        private @Nullable List<Sharer> kept;
        private int count = 0;

        private SharedTopic(String name, UUID id, int partitions, List<List<Sharer>> byWish) {
            this.name = name;
            this.id = id;
            this.partitions = partitions;
            this.byWish = byWish;
        }

        UUID id() {
            return id;
        }

        int partitions() {
            return partitions;
        }

        /// In the order of all sharers; never empty.
        List<Sharer> sharers() {
            if (kept != null) {
                return kept;
            }
            List<Sharer> all = new ArrayList<>(count());
            wishes.forEach(wish -> all.addAll(byWish.get(wish)));
            all.sort(Comparator.comparingInt(Sharer::place));
            return all;
        }

        /// Of the sharers.
        int count() {
            return count;
        }

        private void wantedBy(int wish) {
            wishes.add(wish);
            count += byWish.get(wish).size();
        }
    }

    /// A member, and what it is given.
    static final class Sharer {
        private final int place;
        private final String memberId;
        private final PartitionSet before;
        private final PartitionSet.Builder given = new PartitionSet.Builder();
        private int load = 0;

        private Sharer(int place, String memberId, PartitionSet before) {
            this.place = place;
            this.memberId = memberId;
            this.before = before;
        }

        int place() {
            return place;
        }

        String memberId() {
            return memberId;
        }

        /// Of the target before.
        PartitionSet before() {
            return before;
        }

        /// Partitions that it has been given, each once.
        int load() {
            return load;
        }

        void give(SharedTopic topic, int partition) {
            given.add(topic.id(), partition);
            load++;
        }

        void giveRange(SharedTopic topic, int from, int to) {
            given.addRange(topic.id(), from, to);
            load += to - from;
        }

        void takeBack(SharedTopic topic, int partition) {
            given.remove(topic.id(), partition);
            load--;
        }

        PartitionSet given() {
            return given.build();
        }
    }
}
