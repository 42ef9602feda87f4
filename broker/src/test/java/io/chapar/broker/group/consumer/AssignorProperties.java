package io.chapar.broker.group.consumer;

import io.chapar.broker.group.consumer.ConsumerGroupRecord.EpochSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.MemberForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.MemberSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Each partition to one who wants it, evenly, and with few moves.
class AssignorProperties {
    private record Topics(SortedMap<String, Integer> partitions) implements TopicDirectory {
        @Override
        public @Nullable Topic topic(String name) {
            Integer count = partitions.get(name);
            return count == null ? null : new Topic(id(name), count);
        }

        @Override
        public @Nullable String name(UUID id) {
            return null;
        }

        @Override
        public Iterable<String> names() {
            return partitions.keySet();
        }

        @Override
        public long version() {
            return 1;
        }
    }

    private static UUID id(String name) {
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }

    private ConsumerGroup group = new ConsumerGroup("g");
    private Topics topics = new Topics(new TreeMap<>());
    private int epoch = 0;

    private void begin(SortedMap<String, Integer> partitions) {
        group = new ConsumerGroup("g");
        epoch = 0;
        topics = new Topics(partitions);
    }

    private void join(String name, TreeSet<String> wants) {
        group.apply(new MemberSet("g", new ConsumerMember(
                name, null, null, "app", "/h", new Subscription(wants, null), 1, null, null)));
    }

    private void share(String assignor) {
        group.apply(new EpochSet("g", ++epoch, 0));
        Targets.share(group, "g", topics, new Assignors(List.of(assignor)), 1).forEach(group::apply);
        assertEquals(epoch, group.targetEpoch());
    }

    private void assertEachToOneWhoWantsIt() {
        Map<String, String> owners = new TreeMap<>();
        for (ConsumerMember member : group.members()) {
            group.target(member.id()).each((topic, partition) ->
                    assertNull(owners.put(topic + "-" + partition, member.id())));
            group.target(member.id()).byTopic().keySet().forEach(topic -> assertTrue(
                    member.subscription().names().stream().anyMatch(name -> id(name).equals(topic))));
        }
        int wanted = 0;
        for (String name : group.topics()) {
            wanted += topics.partitions().getOrDefault(name, 0);
        }
        assertEquals(wanted, owners.size());
    }

    private int spread() {
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (ConsumerMember member : group.members()) {
            least = Math.min(least, group.target(member.id()).size());
            most = Math.max(most, group.target(member.id()).size());
        }
        return most - least;
    }

    private int moved(Map<String, PartitionSet> before) {
        int[] moved = new int[1];
        before.forEach((member, had) -> had.each((topic, partition) -> {
            if (group.member(member) != null && !group.target(member).has(topic, partition)) {
                moved[0]++;
            }
        }));
        return moved[0];
    }

    private Map<String, PartitionSet> targets() {
        Map<String, PartitionSet> all = new TreeMap<>();
        group.members().forEach(member -> all.put(member.id(), group.target(member.id())));
        return all;
    }

    @Property(tries = 200, shrinking = ShrinkingMode.OFF)
    void whereAllWantTheSameNobodyHasTwoMoreAndNothingMovesForNothing(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TreeMap<String, Integer> all = new TreeMap<>();
        for (int i = 0; i < 1 + random.nextInt(4); i++) {
            all.put("t" + i, 1 + random.nextInt(12));
        }
        begin(all);
        TreeSet<String> wants = new TreeSet<>(all.keySet());
        int members = 1 + random.nextInt(6);
        for (int i = 0; i < members; i++) {
            join("m" + i, wants);
        }
        share("uniform");
        assertEachToOneWhoWantsIt();
        assertTrue(spread() <= 1);
        Map<String, PartitionSet> before = targets();
        share("uniform");
        assertEquals(before, targets());

        int total = all.values().stream().mapToInt(Integer::intValue).sum();
        join("new", wants);
        share("uniform");
        assertEachToOneWhoWantsIt();
        assertTrue(spread() <= 1);
        int moved = moved(before);
        Map<String, PartitionSet> had = before;
        assertTrue(moved <= total / (members + 1) + 1, () -> moved + " moved from " + had + " to " + targets());

        before = targets();
        group.apply(new TargetForgotten("g", "m0"));
        group.apply(new MemberForgotten("g", "m0"));
        share("uniform");
        assertEachToOneWhoWantsIt();
        assertTrue(spread() <= 1);
        assertEquals(0, moved(before), "those that stay keep what they have");
    }

    @Property(tries = 200, shrinking = ShrinkingMode.OFF)
    void whereTheyDoNotNoPartitionCouldBeBetterOff(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TreeMap<String, Integer> all = new TreeMap<>();
        for (int i = 0; i < 5; i++) {
            all.put("t" + i, 1 + random.nextInt(6));
        }
        begin(all);
        for (int i = 0; i < 5; i++) {
            join("m" + i, someOf(all.keySet(), random));
        }
        for (String assignor : List.of("uniform", "range", "uniform")) {
            share(assignor);
            assertEachToOneWhoWantsIt();
        }
        assertNoMoveIsBetter();
        join("m" + random.nextInt(6), someOf(all.keySet(), random));
        share("uniform");
        assertEachToOneWhoWantsIt();
        assertNoMoveIsBetter();
    }

    private static TreeSet<String> someOf(Iterable<String> names, SplittableRandom random) {
        TreeSet<String> some = new TreeSet<>();
        names.forEach(name -> {
            if (random.nextBoolean()) {
                some.add(name);
            }
        });
        return some;
    }

    private void assertNoMoveIsBetter() {
        for (ConsumerMember from : group.members()) {
            for (ConsumerMember to : group.members()) {
                for (String name : from.subscription().names()) {
                    boolean has = group.target(from.id()).byTopic().containsKey(id(name));
                    if (has && to.subscription().names().contains(name)) {
                        assertTrue(group.target(from.id()).size() - group.target(to.id()).size() < 2);
                    }
                }
            }
        }
    }

    @Property(tries = 20, shrinking = ShrinkingMode.OFF)
    void rangesOfTopicsOfOneSizeLieAlike(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int partitions = 1 + random.nextInt(20);
        begin(new TreeMap<>(Map.of("a", partitions, "b", partitions)));
        for (int i = 0; i < 1 + random.nextInt(7); i++) {
            join("m" + i, new TreeSet<>(List.of("a", "b")));
        }
        share("range");
        assertEachToOneWhoWantsIt();
        for (ConsumerMember member : group.members()) {
            Map<UUID, int[]> has = group.target(member.id()).byTopic();
            assertEquals(List.of(box(has.get(id("a")))), List.of(box(has.get(id("b")))));
            int[] numbers = has.getOrDefault(id("a"), new int[0]);
            for (int i = 1; i < numbers.length; i++) {
                assertEquals(numbers[i - 1] + 1, numbers[i]);
            }
        }
    }

    private static List<Integer> box(int @Nullable [] numbers) {
        return numbers == null ? List.of() : java.util.Arrays.stream(numbers).boxed().toList();
    }

    /// Two members that the log gives one partition, since a target was written in part.
    @Property(tries = 1)
    void aTargetThatWasWrittenInPartIsMended() {
        begin(new TreeMap<>(Map.of("a", 4)));
        join("m0", new TreeSet<>(List.of("a")));
        join("m1", new TreeSet<>(List.of("a")));
        share("uniform");
        PartitionSet all = new PartitionSet.Builder().addRange(id("a"), 0, 4).build();
        group.apply(new TargetSet("g", "m0", all));
        share("uniform");
        assertEachToOneWhoWantsIt();
        assertTrue(spread() <= 1);
    }
}
