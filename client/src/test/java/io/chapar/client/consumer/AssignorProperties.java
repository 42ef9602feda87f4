package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class AssignorProperties {
    private static final List<String> TOPICS = List.of("a", "b", "c", "d");

    record Shape(Map<String, Integer> partitions, List<Set<String>> subscriptions, List<Boolean> statics) {
    }

    @Provide
    Arbitrary<Shape> shapes() {
        Arbitrary<Map<String, Integer>> partitions = Arbitraries.maps(Arbitraries.of(TOPICS),
                Arbitraries.integers().between(1, 12)).ofMaxSize(4).map(TreeMap::new);
        Arbitrary<List<Set<String>>> subscriptions = Arbitraries.of(TOPICS).set().ofMinSize(1).list()
                .ofMinSize(1).ofMaxSize(7);
        return Combinators.combine(partitions, subscriptions, Arbitraries.of(true, false).list().ofSize(7))
                .as(Shape::new);
    }

    private static String instance(Shape shape, int i) {
        return shape.statics.get(i) ? "instance" + (9 - i) : null;
    }

    private static List<Assignor.Member> members(Shape shape) {
        List<Assignor.Member> members = new ArrayList<>();
        for (int i = 0; i < shape.subscriptions.size(); i++) {
            members.add(new Assignor.Member("m" + i, instance(shape, i),
                    new GroupSubscription(new TreeSet<>(shape.subscriptions.get(i)), new TreeSet<>(), -1, null)));
        }
        return members;
    }

    private static Cluster cluster(Map<String, Integer> partitions) {
        List<PartitionInfo> infos = new ArrayList<>();
        Node[] nodes = {new Node(0, "localhost", 1)};
        partitions.forEach((topic, count) -> {
            for (int i = 0; i < count; i++) {
                infos.add(new PartitionInfo(topic, i, nodes[0], nodes, nodes));
            }
        });
        return new Cluster("c", List.of(nodes), infos, Set.of(), Set.of());
    }

    private static SortedSet<TopicPartition> ours(List<org.apache.kafka.common.TopicPartition> theirs) {
        SortedSet<TopicPartition> all = new TreeSet<>();
        theirs.forEach(one -> all.add(new TopicPartition(one.topic(), one.partition())));
        return all;
    }

    private static List<org.apache.kafka.common.TopicPartition> theirs(Set<TopicPartition> ours) {
        return ours.stream().map(one -> new org.apache.kafka.common.TopicPartition(one.topic(), one.partition()))
                .toList();
    }

    private static SortedMap<String, SortedSet<TopicPartition>> kafka(ConsumerPartitionAssignor assignor,
            Map<String, Integer> partitions, List<Assignor.Member> members) {
        Map<String, ConsumerPartitionAssignor.Subscription> subscriptions = new TreeMap<>();
        for (Assignor.Member member : members) {
            GroupSubscription told = member.subscription();
            ConsumerPartitionAssignor.Subscription subscription = new ConsumerPartitionAssignor.Subscription(
                    List.copyOf(told.topics()), told.userData(), theirs(told.owned()), told.generation(),
                    Optional.empty());
            subscription.setGroupInstanceId(Optional.ofNullable(member.instanceId()));
            subscriptions.put(member.id(), subscription);
        }
        SortedMap<String, SortedSet<TopicPartition>> shares = new TreeMap<>();
        assignor.assign(cluster(partitions), new ConsumerPartitionAssignor.GroupSubscription(subscriptions))
                .groupAssignment().forEach((id, share) -> shares.put(id, ours(share.partitions())));
        return shares;
    }

    @Property(tries = 500)
    void rangeIsKafkasRange(@ForAll("shapes") Shape shape) {
        List<Assignor.Member> members = members(shape);
        assertEquals(kafka(new org.apache.kafka.clients.consumer.RangeAssignor(), shape.partitions, members),
                new RangeAssignor().assign(shape.partitions, members));
    }

    /// Generation after generation: members come and go, subscriptions and partition counts change.
    @Property(tries = 300)
    void cooperativeStickyNeverGivesAPartitionToTwo(@ForAll("shapes") Shape shape, @ForAll long seed,
            @ForAll boolean sameTopics) {
        Random random = new Random(seed);
        TreeMap<String, Integer> partitions = new TreeMap<>(shape.partitions);
        TreeMap<String, GroupSubscription> group = new TreeMap<>();
        Set<String> all = new TreeSet<>(TOPICS);
        int made = 0;
        for (int generation = 0; generation < 12; generation++) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    if (group.size() > 1) {
                        group.remove(group.firstKey());
                    }
                }
                case 1 -> partitions.computeIfPresent(TOPICS.get(random.nextInt(4)), (topic, count) -> count + 1);
                default -> {
                    Set<String> wanted = sameTopics ? all
                            : shape.subscriptions.get(random.nextInt(shape.subscriptions.size()));
                    group.put("m" + random.nextInt(100) + "-" + made++,
                            new GroupSubscription(new TreeSet<>(wanted), new TreeSet<>(), -1, null));
                }
            }
            if (group.isEmpty()) {
                continue;
            }
            settle(partitions, group, generation, sameTopics);
        }
    }

    /// Rebalances until nobody has to give anything up, and checks each round. Two are enough where all want the same;
    /// where they differ, a partition that found its new reader may free the way for one more move.
    private static void settle(Map<String, Integer> partitions, SortedMap<String, GroupSubscription> group,
            int generation, boolean sameTopics) {
        CooperativeStickyAssignor assignor = new CooperativeStickyAssignor();
        for (int round = 0; round < (sameTopics ? 2 : 5); round++) {
            List<Assignor.Member> members = new ArrayList<>();
            group.forEach((id, told) -> members.add(new Assignor.Member(id, null, told)));
            SortedMap<String, SortedSet<TopicPartition>> shares = assignor.assign(partitions, members);
            assertEquals(group.keySet(), shares.keySet());
            TreeSet<TopicPartition> given = new TreeSet<>();
            int kept = 0;
            for (Assignor.Member member : members) {
                for (TopicPartition partition : shares.get(member.id())) {
                    assertTrue(given.add(partition), () -> partition + " given twice");
                    assertTrue(member.subscription().topics().contains(partition.topic()));
                    if (member.subscription().owned().contains(partition)) {
                        kept++;
                    } else {
                        members.forEach(other -> assertTrue(!other.subscription().owned().contains(partition),
                                () -> partition + " is still with " + other.id()));
                    }
                }
            }
            if (sameTopics) {
                int keptByKafka = 0;
                SortedMap<String, SortedSet<TopicPartition>> theirs = kafka(
                        new org.apache.kafka.clients.consumer.CooperativeStickyAssignor(), partitions, members);
                for (Assignor.Member member : members) {
                    SortedSet<TopicPartition> same = new TreeSet<>(theirs.get(member.id()));
                    same.retainAll(member.subscription().owned());
                    keptByKafka += same.size();
                }
                assertTrue(kept >= keptByKafka, "kept " + kept + ", Kafka's strategy " + keptByKafka);
            }
            for (Assignor.Member member : members) {
                group.put(member.id(), new GroupSubscription(member.subscription().topics(),
                        shares.get(member.id()), generation * 5 + round, null));
            }
        }
        balanced(partitions, group, sameTopics);
    }

    private static void balanced(Map<String, Integer> partitions, SortedMap<String, GroupSubscription> group,
            boolean sameTopics) {
        int given = group.values().stream().mapToInt(one -> one.owned().size()).sum();
        int wanted = 0;
        for (Map.Entry<String, Integer> entry : partitions.entrySet()) {
            boolean anybody = group.values().stream().anyMatch(one -> one.topics().contains(entry.getKey()));
            wanted += anybody ? entry.getValue() : 0;
        }
        assertEquals(wanted, given, "every partition that somebody wants has a reader");
        if (sameTopics) {
            int most = group.values().stream().mapToInt(one -> one.owned().size()).max().orElse(0);
            int least = group.values().stream().mapToInt(one -> one.owned().size()).min().orElse(0);
            assertTrue(most - least <= 1, () -> "from " + least + " to " + most);
        }
    }

    @Property(tries = 200)
    void bytesAreKafkas(@ForAll("shapes") Shape shape, @ForAll @IntRange(min = -1, max = 1000) int generation) {
        TreeSet<TopicPartition> owned = new TreeSet<>();
        shape.partitions.forEach((topic, count) -> owned.add(new TopicPartition(topic, count)));
        GroupSubscription told = new GroupSubscription(new TreeSet<>(shape.subscriptions.getFirst()), owned, generation,
                new CooperativeStickyAssignor().userData(generation));
        ByteBuffer bytes = SubscriptionCodec.subscription(told);
        var read = org.apache.kafka.clients.consumer.internals.ConsumerProtocol.deserializeSubscription(
                bytes.duplicate());
        assertEquals(List.copyOf(told.topics()), read.topics());
        assertEquals(owned, ours(read.ownedPartitions()));
        assertEquals(generation, read.generationId().orElse(-1));
        assertEquals(told.userData(), read.userData());
        ByteBuffer written = org.apache.kafka.clients.consumer.internals.ConsumerProtocol.serializeSubscription(
                new ConsumerPartitionAssignor.Subscription(List.copyOf(told.topics()), told.userData(), theirs(owned),
                        generation, Optional.empty()));
        assertEquals(written, bytes);
        assertEquals(told, SubscriptionCodec.subscription(written));

        ByteBuffer share = SubscriptionCodec.assignment(owned);
        assertEquals(owned, ours(org.apache.kafka.clients.consumer.internals.ConsumerProtocol
                .deserializeAssignment(share.duplicate()).partitions()));
        assertEquals(owned, SubscriptionCodec.assignment(
                org.apache.kafka.clients.consumer.internals.ConsumerProtocol.serializeAssignment(
                        new ConsumerPartitionAssignor.Assignment(theirs(owned)))));
    }
}
