package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A group whose members have state, rebalance after rebalance, with copies in memory: what a member is not told to
/// keep is gone.
class StatePlanProperties {
    /// `a` and `b` belong together and have state, `c` has none.
    private static final Map<String, Integer> COUNTS = Map.of("a", 9, "b", 9, "c", 5);

    private static final class One {
        private final UUID instance;
        private final boolean tells;
        private final boolean shared;
        private SortedSet<TopicPartition> owned = new TreeSet<>();
        private Standbys standbys = Standbys.NONE;
        private final TreeMap<TopicPartition, Integer> degrees = new TreeMap<>();

        One(long instance, boolean tells, boolean shared) {
            this.instance = new UUID(0, instance);
            this.tells = tells;
            this.shared = shared;
        }

        boolean isReadyFor(TopicPartition partition) {
            return degrees.getOrDefault(partition, StateReport.NOTHING) == StateReport.CAUGHT_UP;
        }
    }

    private final TreeMap<String, One> members = new TreeMap<>();
    private int wanted;
    private int generation;

    private Assignor.Member told(String id, One one) {
        TreeMap<Integer, Integer> degrees = new TreeMap<>();
        one.degrees.forEach((partition, degree) -> degrees.put(partition.partition(), degree));
        StateReport report = new StateReport(one.instance, one.shared, wanted, new TreeMap<>(Map.of("b", degrees)));
        return new Assignor.Member(id, null, new GroupSubscription(new TreeSet<>(COUNTS.keySet()), one.owned,
                generation, new TogetherAssignor("a,b", one.tells ? report : null).userData(generation)));
    }

    private static boolean hasState(TopicPartition partition) {
        return partition.topic().equals("a");
    }

    /// Returns whether anything has moved, or is to.
    private boolean rebalance() {
        generation++;
        List<Assignor.Member> told = new ArrayList<>();
        members.forEach((id, one) -> told.add(told(id, one)));
        SortedMap<String, Assignor.Share> shares = new TogetherAssignor("").share(COUNTS, told);
        boolean moved = check(shares);
        shares.forEach((id, share) -> {
            One one = members.get(id);
            one.owned = share.partitions();
            one.standbys = StateCodec.standbys(share.userData());
            one.degrees.keySet().removeIf(partition -> !one.standbys.kept().contains(partition)
                    && !one.standbys.warming().contains(partition));
            one.standbys.kept().forEach(partition -> one.degrees.putIfAbsent(partition, 30));
            one.standbys.warming().forEach(partition -> one.degrees.putIfAbsent(partition, 30));
        });
        return moved;
    }

    private boolean check(SortedMap<String, Assignor.Share> shares) {
        assertEquals(members.keySet(), shares.keySet());
        TreeSet<TopicPartition> given = new TreeSet<>();
        boolean moved = false;
        for (Map.Entry<String, Assignor.Share> entry : shares.entrySet()) {
            One one = members.get(entry.getKey());
            Standbys standbys = StateCodec.standbys(entry.getValue().userData());
            moved |= !one.owned.equals(entry.getValue().partitions()) || !standbys.warming().isEmpty();
            for (TopicPartition partition : entry.getValue().partitions()) {
                assertTrue(given.add(partition), () -> partition + " has two readers");
                boolean elsewhere = members.values().stream()
                        .anyMatch(other -> other != one && other.owned.contains(partition));
                assertFalse(elsewhere, () -> partition + " is still held by another");
                boolean better = !one.owned.contains(partition) && hasState(partition) && one.tells
                        && members.values().stream().noneMatch(other -> other.tells && takesOver(other, one, partition))
                        && members.values().stream().anyMatch(other -> other.isReadyFor(partition));
                assertFalse(better, () -> partition + " went where it is not, though another has it");
            }
            TreeSet<TopicPartition> copies = new TreeSet<>(standbys.kept());
            copies.addAll(standbys.warming());
            for (TopicPartition copy : copies) {
                assertTrue(hasState(copy), copy::toString);
                assertFalse(entry.getValue().partitions().contains(copy), copy::toString);
            }
        }
        members.forEach((id, one) -> one.owned.stream().filter(StatePlanProperties::hasState)
                .filter(partition -> !shares.get(id).partitions().contains(partition)).forEach(partition ->
                        assertTrue(members.entrySet().stream().anyMatch(other -> !other.getKey().equals(id)
                                && (!other.getValue().tells || takesOver(one, other.getValue(), partition))),
                                () -> partition + " leaves, and nobody is ready for it")));
        return moved;
    }

    private static boolean takesOver(One from, One to, TopicPartition partition) {
        return to.isReadyFor(partition) || (from.tells && to.shared && from.shared && to.instance.equals(from.instance)
                && (from.owned.contains(partition) || from.isReadyFor(partition)));
    }

    private void settle() {
        int rounds = 0;
        while (rebalance()) {
            members.values().forEach(one -> one.degrees.replaceAll((partition, degree) -> StateReport.CAUGHT_UP));
            assertTrue(rounds++ < 12, () -> "It does not come to rest");
        }
    }

    private void join(Random random, String id, boolean mixed) {
        members.put(id, new One(random.nextInt(4), !mixed || random.nextInt(3) > 0, mixed && random.nextBoolean()));
    }

    @Property(tries = 200)
    void stateMovesToWhereItIs(@ForAll long seed, @ForAll @IntRange(max = 2) int standbys, @ForAll boolean mixed) {
        Random random = new Random(seed);
        wanted = standbys;
        for (int change = 0; change < 8; change++) {
            if (members.size() > 1 && random.nextBoolean()) {
                members.remove(List.copyOf(members.keySet()).get(random.nextInt(members.size())));
            } else if (members.size() < 6) {
                join(random, "m" + change, mixed);
            }
            int hurried = random.nextInt(3);
            for (int round = 0; round < hurried; round++) {
                rebalance();
                members.values().forEach(one -> one.degrees.replaceAll((partition, degree) ->
                        random.nextBoolean() ? StateReport.CAUGHT_UP : degree));
            }
            settle();
            assertAtRest();
        }
    }

    private void assertAtRest() {
        TreeSet<TopicPartition> all = new TreeSet<>();
        members.values().forEach(one -> all.addAll(one.owned));
        assertEquals(23, all.size());
        List<Long> units = members.values().stream().map(one -> one.owned.stream()
                .filter(partition -> !partition.topic().equals("b")).count()).toList();
        long least = units.stream().mapToLong(Long::longValue).min().orElseThrow();
        assertTrue(units.stream().allMatch(count -> count <= least + 1), units::toString);
        for (int number = 0; number < 9; number++) {
            TopicPartition partition = new TopicPartition("a", number);
            TreeSet<UUID> copies = new TreeSet<>();
            TreeSet<UUID> able = new TreeSet<>();
            One owner = members.values().stream().filter(one -> one.owned.contains(partition)).findFirst()
                    .orElseThrow();
            members.values().forEach(one -> {
                if (one.tells && !(owner.tells && one.instance.equals(owner.instance))) {
                    able.add(one.instance);
                }
                if (one.standbys.kept().contains(partition)) {
                    assertFalse(owner.tells && one.instance.equals(owner.instance));
                    assertTrue(copies.add(one.instance), () -> partition + " has two copies in one process");
                }
            });
            assertEquals(Math.min(wanted, able.size()), copies.size(), partition::toString);
        }
    }

    /// The owner is gone: its partitions are where their copies are in the very next generation.
    @Property(tries = 50)
    void whoHasACopyIsTheHeir(@ForAll long seed, @ForAll @IntRange(min = 2, max = 5) int count) {
        wanted = 1;
        for (int number = 0; number < count; number++) {
            members.put("m" + number, new One(number, true, false));
        }
        settle();
        TopicPartition any = new TopicPartition("a", Math.floorMod(seed, 9));
        String gone = members.keySet().stream().filter(id -> members.get(id).owned.contains(any)).findFirst()
                .orElseThrow();
        Set<TopicPartition> orphans = new TreeSet<>(members.remove(gone).owned);
        orphans.removeIf(partition -> !hasState(partition));
        TreeMap<TopicPartition, String> copies = new TreeMap<>();
        members.forEach((id, one) -> one.standbys.kept().forEach(partition -> copies.put(partition, id)));
        rebalance();
        orphans.forEach(partition -> assertTrue(members.get(copies.get(partition)).owned.contains(partition)));
    }

    /// The leader's heartbeats wait for this. Where each move looks at all that is held, it takes minutes.
    @Example
    void aNewcomerAmongManyPartitionsHoldsNobodyUp() {
        Map<String, Integer> counts = Map.of("b", 20_000);
        TreeSet<TopicPartition> all = new TreeSet<>();
        for (int number = 0; number < 20_000; number++) {
            all.add(new TopicPartition("b", number));
        }
        List<Assignor.Member> told = new ArrayList<>();
        for (String id : List.of("old", "new")) {
            StateReport report = new StateReport(new UUID(0, id.length() + told.size()), false, 1,
                    new TreeMap<>(Map.of("b", new TreeMap<>())));
            told.add(new Assignor.Member(id, null, new GroupSubscription(new TreeSet<>(Set.of("b")),
                    told.isEmpty() ? all : new TreeSet<>(), 1, new TogetherAssignor("", report).userData(1))));
        }
        SortedMap<String, Assignor.Share> shares = assertTimeoutPreemptively(Duration.ofSeconds(60),
                () -> new TogetherAssignor("").share(counts, told));
        assertEquals(all, shares.get("old").partitions());
        assertEquals(StatePlan.MAX_WARMING, StateCodec.standbys(shares.get("new").userData()).warming().size());
    }

    /// A member of an earlier version leads: it reads what is told of state as a topic that belongs to no other.
    @Property(tries = 20)
    void whatIsToldOfStateIsNoSetOfTopics(@ForAll @IntRange(max = 4_000) int copies) {
        TreeMap<Integer, Integer> degrees = new TreeMap<>();
        for (int partition = 0; partition < copies; partition++) {
            degrees.put(partition, partition % StateReport.NOTHING);
        }
        StateReport report = new StateReport(new UUID(1, 2), true, 2, new TreeMap<>(Map.of("b", degrees)));
        String text = StateCodec.text(report);
        assertEquals(report, StateCodec.report(text));
        assertTrue(text.startsWith("#") && text.indexOf(';') < 0 && text.indexOf(',') < 0);
        assertEquals(null, StateCodec.report(text.substring(0, text.length() / 2)));
    }

    @Property(tries = 300)
    void whatCannotBeReadIsNotTold(@ForAll byte[] bytes) {
        Standbys standbys = StateCodec.standbys(ByteBuffer.wrap(bytes));
        assertTrue(standbys.kept().size() + standbys.warming().size() <= bytes.length);
        StateReport report = StateCodec.report("#" + Base64.getEncoder().encodeToString(bytes));
        assertTrue(report == null || report.degrees().size() <= bytes.length);
        assertEquals(null, StateCodec.report("#" + new String(bytes, StandardCharsets.ISO_8859_1) + "é"));
    }

    @Property(tries = 50)
    void standbysAreReadAsWritten(@ForAll Set<@IntRange(max = 100) Integer> kept,
            @ForAll Set<@IntRange(max = 100) Integer> warming) {
        TreeSet<TopicPartition> a = new TreeSet<>();
        kept.forEach(number -> a.add(new TopicPartition("t" + number % 3, number)));
        TreeSet<TopicPartition> b = new TreeSet<>();
        warming.forEach(number -> b.add(new TopicPartition("ü", number)));
        Standbys standbys = new Standbys(a, b);
        assertEquals(standbys, StateCodec.standbys(StateCodec.bytes(standbys)));
    }
}
