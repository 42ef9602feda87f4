package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TogetherAssignorTest {
    private static final Map<String, Integer> COUNTS = Map.of("a", 6, "b", 6, "c", 6, "d", 4, "e", 4);
    private static final List<Set<String>> SETS = List.of(Set.of("a", "c"), Set.of("d", "e"));

    private static Assignor.Member member(String id, SortedSet<TopicPartition> owned, int generation, String sets) {
        return new Assignor.Member(id, null, new GroupSubscription(new TreeSet<>(COUNTS.keySet()), owned, generation,
                new TogetherAssignor(sets).userData(generation)));
    }

    private static String first(String topic) {
        return SETS.stream().filter(set -> set.contains(topic)).map(set -> new TreeSet<>(set).first()).findFirst()
                .orElse(topic);
    }

    /// Members come and go: nothing is ever held by two, what belongs together is always together, and in the end
    /// everything is held, evenly.
    @Property(tries = 200)
    void whatBelongsTogetherIsNeverApart(@ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int most) {
        Random random = new Random(seed);
        TreeMap<String, SortedSet<TopicPartition>> held = new TreeMap<>();
        int generation = 0;
        for (int change = 0; change < 8; change++) {
            if (held.size() > 1 && random.nextBoolean()) {
                held.remove(held.firstKey());
            } else if (held.size() < most) {
                held.put("m" + change, new TreeSet<>());
            }
            for (int round = 0; round < 3; round++) {
                held = new TreeMap<>(next(held, generation++));
            }
            assertEquals(26, held.values().stream().mapToInt(Set::size).sum());
            List<Integer> units = held.values().stream().map(share -> (int) share.stream()
                    .filter(one -> one.topic().equals(first(one.topic()))).count()).toList();
            int least = units.stream().mapToInt(Integer::intValue).min().orElseThrow();
            assertTrue(units.stream().allMatch(count -> count <= least + 1), units::toString);
        }
    }

    private static Map<String, SortedSet<TopicPartition>> next(
            Map<String, SortedSet<TopicPartition>> held, int generation) {
        List<Assignor.Member> members = new ArrayList<>();
        held.forEach((id, owned) -> members.add(member(id, owned, generation, "a,c;d,e")));
        SortedMap<String, SortedSet<TopicPartition>> shares = new TogetherAssignor("").assign(COUNTS, members);
        TreeSet<TopicPartition> all = new TreeSet<>();
        shares.forEach((id, share) -> share.forEach(one -> {
            assertTrue(all.add(one), () -> one + " has two readers");
            boolean elsewhere = held.entrySet().stream()
                    .anyMatch(other -> !other.getKey().equals(id) && other.getValue().contains(one));
            assertTrue(!elsewhere, () -> one + " is still held by another");
            COUNTS.keySet().stream().filter(topic -> first(topic).equals(first(one.topic()))).forEach(topic ->
                    assertTrue(share.contains(new TopicPartition(topic, one.partition())), () -> share.toString()));
        }));
        return shares;
    }

    /// A newer member knows more topics to belong together: nobody has them apart once all have let go.
    @Property(tries = 20)
    void setsOfDifferentMembersAreJoined(@ForAll @IntRange(min = 0, max = 5) int number) {
        TreeSet<TopicPartition> a = new TreeSet<>(Set.of(new TopicPartition("a", number)));
        TreeSet<TopicPartition> b = new TreeSet<>(Set.of(new TopicPartition("b", number)));
        List<Assignor.Member> members = List.of(member("old", a, 3, ""), member("new", b, 3, "a,b;b,c"));
        SortedMap<String, SortedSet<TopicPartition>> shares = new TogetherAssignor("").assign(COUNTS, members);
        shares.values().forEach(share -> share.forEach(one ->
                assertTrue(one.partition() != number || one.topic().compareTo("c") > 0, () -> shares.toString())));
        List<Assignor.Member> after = List.of(member("old", new TreeSet<>(), 4, ""),
                member("new", new TreeSet<>(), 4, "a,b;b,c"));
        new TogetherAssignor("").assign(COUNTS, after).values().forEach(share -> {
            Set<Integer> ofA = new TreeSet<>();
            Set<Integer> ofC = new TreeSet<>();
            share.forEach(one -> {
                if (one.topic().equals("a")) {
                    ofA.add(one.partition());
                } else if (one.topic().equals("c")) {
                    ofC.add(one.partition());
                }
            });
            assertEquals(ofA, ofC);
        });
    }

    /// In a rolling upgrade some members know topics that others do not. One that was given what it does not want would
    /// let go of it and join again, for ever.
    @Property(tries = 100)
    void nobodyGetsATopicThatItHasNotSubscribedTo(@ForAll @IntRange(min = 1, max = 4) int before,
            @ForAll @IntRange(min = 1, max = 4) int after, @ForAll boolean adding) {
        TreeMap<String, SortedSet<String>> topics = new TreeMap<>();
        TreeMap<String, SortedSet<TopicPartition>> held = new TreeMap<>();
        for (int i = 0; i < before + after; i++) {
            boolean both = i < before != adding;
            topics.put("m" + i, new TreeSet<>(both ? Set.of("a", "c") : Set.of("a")));
            held.put("m" + i, new TreeSet<>());
        }
        SortedMap<String, SortedSet<TopicPartition>> last = held;
        for (int generation = 0; generation < 4; generation++) {
            List<Assignor.Member> members = new ArrayList<>();
            for (Map.Entry<String, SortedSet<TopicPartition>> one : last.entrySet()) {
                SortedSet<String> wanted = topics.get(one.getKey());
                members.add(new Assignor.Member(one.getKey(), null, new GroupSubscription(wanted, one.getValue(),
                        generation, new TogetherAssignor(wanted.size() > 1 ? "a,c" : "").userData(generation))));
            }
            SortedMap<String, SortedSet<TopicPartition>> shares = new TogetherAssignor("").assign(COUNTS, members);
            shares.forEach((id, share) -> share.forEach(one -> {
                assertTrue(topics.get(id).contains(one.topic()), () -> id + " does not want " + one);
                topics.get(id).forEach(topic ->
                        assertTrue(share.contains(new TopicPartition(topic, one.partition())), share::toString));
            }));
            assertTrue(generation < 2 || shares.equals(last), () -> shares.toString());
            last = shares;
        }
        assertEquals(6, last.values().stream().flatMap(Set::stream).filter(one -> one.topic().equals("a")).count());
    }

    /// Where each set is followed through all the others, the leader's heartbeats wait for minutes.
    @Example
    void aStrangersLongRowOfSetsHoldsNobodyUp() {
        int many = 30_000;
        StringBuilder sets = new StringBuilder();
        for (int number = many; number > 0; number--) {
            sets.append("t%06d,t%06d;".formatted(number, number - 1));
        }
        sets.append("t%06d,t%06d;".formatted(many, 0).repeat(many));
        Assignor.Member stranger = member("m", new TreeSet<>(), 0, sets.toString());
        assertTimeoutPreemptively(Duration.ofSeconds(60), () -> new TogetherAssignor("").assign(COUNTS,
                List.of(stranger)));
    }
}
