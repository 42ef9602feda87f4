package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.DescribeConsumers;
import io.chapar.broker.group.GroupReply.ConsumersDescribed;
import io.chapar.broker.group.GroupReply.DescribedConsumer;
import io.chapar.broker.group.consumer.Assignors;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.protocol.ErrorCode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Whatever members, topics, the log and time do.
class ConsumerGroupProperties {
    private static final List<String> NAMES = List.of("in", "other", "late", "more");
    private static final int ENOUGH_ROUNDS = 30;

    private static final class World {
        final SplittableRandom random;
        final GroupLab lab;
        final List<TestConsumer> members = new ArrayList<>();
        final Map<TestConsumer, Long> sent = new LinkedHashMap<>();
        TestTopics topics = new TestTopics(new TreeMap<>(Map.of("in", 5, "other", 3)));
        final int assignmentMs;
        int came = 0;

        World(long seed) {
            random = new SplittableRandom(seed);
            List<String> assignors = random.nextBoolean() ? List.of("uniform", "range") : List.of("range");
            lab = new GroupLab(GroupLab.LIMITS.with(new GroupLimits.Consumer(5, new Assignors(assignors))));
            assignmentMs = random.nextBoolean() ? 0 : 1_000;
            lab.see(topics, assignmentMs);
            for (int i = 0; i < 4; i++) {
                members.add(newcomer(i));
            }
        }

        private TestConsumer newcomer(int i) {
            TestConsumer member = new TestConsumer(lab, "m" + came++);
            subscribe(member);
            return i == 0 ? member.as("static") : member;
        }

        private void subscribe(TestConsumer member) {
            member.topics = new TreeSet<>();
            for (String name : NAMES) {
                if (random.nextBoolean()) {
                    member.topics.add(name);
                }
            }
            member.regex = random.nextInt(4) == 0 ? NAMES.get(random.nextInt(4)).charAt(0) + ".*" : "";
            member.sayAll();
        }

        void step() {
            int which = random.nextInt(members.size());
            TestConsumer member = members.get(which);
            switch (random.nextInt(16)) {
                case 0, 1, 2, 3, 4, 5, 6 -> beat(member);
                case 7 -> {
                    if (!sent.containsKey(member)) {
                        subscribe(member);
                        beat(member);
                    }
                }
                case 8 -> {
                    if (sent.remove(member) != null) {
                        member.lose();
                    }
                }
                case 9 -> {
                    if (!sent.containsKey(member)) {
                        member.leave(member.instanceId != null && random.nextBoolean()
                                ? Standing.AWAY : Standing.LEAVE);
                    }
                }
                case 10 -> {
                    // It was killed, and another comes in its place.
                    sent.remove(member);
                    members.set(which, newcomer(which));
                }
                case 11 -> reshape();
                case 12 -> lab.advance(random.nextInt(random.nextInt(4) == 0 ? 60_000 : 3_000));
                case 13 -> {
                    if (lab.isHolding()) {
                        lab.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
                    }
                }
                case 14 -> {
                    if (random.nextInt(3) == 0) {
                        sent.keySet().forEach(TestConsumer::lose);
                        sent.clear();
                        lab.restart();
                    }
                }
                default -> lab.releaseAppends();
            }
            receive();
        }

        private void beat(TestConsumer member) {
            if (!sent.containsKey(member)) {
                sent.put(member, member.send());
            }
        }

        private void reshape() {
            String name = NAMES.get(random.nextInt(NAMES.size()));
            int now = topics.partitions().getOrDefault(name, 0);
            if (random.nextInt(4) == 0) {
                topics = topics.with(name, 0).with(name, 1 + random.nextInt(4)); // made anew in one look
            } else {
                topics = topics.with(name, random.nextInt(3) == 0 ? 0 : now + random.nextInt(3));
            }
            lab.see(topics, assignmentMs, name);
        }

        void receive() {
            for (TestConsumer member : List.copyOf(sent.keySet())) {
                if (lab.reply(sent.get(member)) != null) {
                    member.take(sent.remove(member));
                }
            }
        }

        ConsumersDescribed described() {
            return (ConsumersDescribed) lab.reply(lab.submit(new DescribeConsumers("g")));
        }
    }

    /// I45, I46, A-35: the log tells the same story; a partition has one owner, and no member thinks it has more than
    /// the group thinks it has, unless it was taken for lost meanwhile.
    @Property(tries = 20, shrinking = ShrinkingMode.OFF)
    void aPartitionHasOneOwnerAndTheLogKnowsIt(@ForAll long seed) {
        World world = new World(seed);
        for (int i = 0; i < 150; i++) {
            world.lab.holdsAppends = world.random.nextInt(3) > 0;
            world.step();
            if (i % 4 == 0) {
                assertEquals(world.lab.replay().durableState(), world.lab.core.durableState(), () -> "seed " + seed);
            }
            assertOneOwner(world, seed);
        }
        assertSettles(world, seed);
    }

    private static void assertOneOwner(World world, long seed) {
        Map<String, String> owners = new TreeMap<>();
        Map<String, SortedSet<String>> known = new TreeMap<>();
        for (DescribedConsumer one : world.described().members()) {
            SortedSet<String> has = new TreeSet<>();
            TestConsumer any = world.members.getFirst();
            has.addAll(any.names(one.standing().assigned().partitions()));
            has.addAll(any.names(one.standing().revoking().partitions()));
            for (String partition : has) {
                assertNull(owners.put(partition, one.member().id()), () -> partition + " of seed " + seed);
            }
            known.put(one.member().id(), has);
        }
        for (TestConsumer member : world.members) {
            SortedSet<String> has = known.get(member.id);
            if (has != null && member.epoch > 0) {
                assertTrue(has.containsAll(member.owned),
                        () -> member.id + " has " + member.owned + ", not " + has + ", seed " + seed);
            }
        }
    }

    /// Left alone, everybody has its part, and together they have all.
    private static void assertSettles(World world, long seed) {
        world.lab.releaseAppends();
        world.receive();
        world.sent.keySet().forEach(TestConsumer::lose);
        world.sent.clear();
        for (int round = 0; round < ENOUGH_ROUNDS; round++) {
            world.lab.advance(5_000);
            for (TestConsumer member : world.members) {
                assertNotNull(member.beat(), () -> "seed " + seed);
            }
        }
        ConsumersDescribed described = world.described();
        assertEquals("Stable", described.state(), () -> "seed " + seed + described);
        SortedSet<String> expected = new TreeSet<>();
        SortedSet<String> owned = new TreeSet<>();
        int count = 0;
        for (TestConsumer member : world.members) {
            world.topics.partitions().forEach((name, partitions) -> {
                if (member.topics.contains(name) || (!member.regex.isEmpty() && name.matches(member.regex))) {
                    for (int i = 0; i < partitions; i++) {
                        expected.add(world.topics.label(name) + "-" + i);
                    }
                }
            });
            assertTrue(member.topics.isEmpty() || member.epoch == described.epoch(), () -> "seed " + seed);
            owned.addAll(member.owned);
            count += member.owned.size();
        }
        assertEquals(expected, owned, () -> "seed " + seed);
        assertEquals(expected.size(), count, () -> "one owner each, seed " + seed);
        world.lab.see(world.topics, world.assignmentMs, "in", "other", "late", "more");
        world.lab.advance(0);
        assertEquals(described.epoch(), world.described().epoch(), () -> "topics are as they were, seed " + seed);
    }
}
