package io.chapar.broker.group.consumer;

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
                    byName.computeIfAbsent(name, _ -> new SharedTopic(name, topic.id(), topic.partitions()))
                            .wishes.add(wish);
                }
            }
        });
        topics = new ArrayList<>(byName.values());
        topics.sort(Comparator.comparing(topic -> topic.name));
        // Topics that the same members want are many, and sets of members few.
        Map<List<Integer>, List<Sharer>> together = new LinkedHashMap<>();
        topics.forEach(topic -> topic.sharers =
                together.computeIfAbsent(topic.wishes, among -> together(among, byWish)));
        homogeneous = byWish.size() <= 1;
    }

    private static List<Sharer> together(List<Integer> wishes, List<List<Sharer>> byWish) {
        List<Sharer> all = new ArrayList<>();
        wishes.forEach(wish -> all.addAll(byWish.get(wish)));
        all.sort(Comparator.comparingInt(Sharer::place));
        return all;
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
        private List<Sharer> sharers = List.of();

        private SharedTopic(String name, UUID id, int partitions) {
            this.name = name;
            this.id = id;
            this.partitions = partitions;
        }

        UUID id() {
            return id;
        }

        int partitions() {
            return partitions;
        }

        /// In the order of all sharers; never empty.
        List<Sharer> sharers() {
            return sharers;
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
