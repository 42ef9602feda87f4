package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.Describe;
import io.chapar.broker.group.GroupCommand.DescribeConsumers;
import io.chapar.broker.group.GroupReply.ConsumersDescribed;
import io.chapar.broker.group.GroupReply.Described;
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
import java.util.Set;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

/// A group whose members come with one protocol and with the other, whatever they, the log and time do.
class MigrationProperties {
    private static final int ENOUGH_ROUNDS = 40;
    private static final GroupLimits LIMITS = new GroupLimits(
            6_000, 1_800_000, 0, 300_000, 100, 10, 86_400_000, 600_000, 2)
            .with(new GroupLimits.Consumer(100, new Assignors(List.of("uniform", "range"))));

    private static final class World {
        final SplittableRandom random;
        final GroupLab lab;
        final TestTopics topics = new TestTopics(new TreeMap<>(Map.of("in", 5, "other", 3)));
        final boolean isCooperative;
        final List<TestClassicConsumer> classic = new ArrayList<>();
        final List<TestConsumer> modern = new ArrayList<>();
        final Map<TestConsumer, Long> sent = new LinkedHashMap<>();
        int came = 0;

        World(long seed) {
            random = new SplittableRandom(seed);
            isCooperative = random.nextBoolean();
            lab = new GroupLab(LIMITS);
            lab.see(topics, random.nextBoolean() ? 0 : 1_000);
            come();
            come();
        }

        private void come() {
            String[] wanted = random.nextInt(3) == 0 ? new String[] {"in"} : new String[] {"in", "other"};
            if (classic.size() + modern.size() >= 5) {
                return;
            }
            if (random.nextBoolean()) {
                classic.add(new TestClassicConsumer(lab, isCooperative, topics, wanted));
            } else {
                modern.add(new TestConsumer(lab, "m" + came++, wanted));
            }
        }

        void step() {
            int which = random.nextInt(Math.max(1, classic.size() + modern.size()));
            switch (random.nextInt(16)) {
                case 0, 1, 2, 3, 4, 5, 6, 7 -> beat(which);
                case 8 -> come();
                case 9 -> go(which, true);
                case 10 -> go(which, random.nextInt(4) > 0);
                case 11 -> lab.advance(random.nextInt(random.nextInt(4) == 0 ? 40_000 : 2_000));
                case 12 -> {
                    if (lab.isHolding()) {
                        lab.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
                    }
                }
                case 13 -> {
                    if (random.nextInt(3) == 0) {
                        restart();
                    }
                }
                default -> lab.releaseAppends();
            }
            receive();
        }

        private void beat(int which) {
            if (which < classic.size()) {
                classic.get(which).step();
            } else if (which - classic.size() < modern.size()) {
                TestConsumer member = modern.get(which - classic.size());
                if (!sent.containsKey(member)) {
                    sent.put(member, member.send());
                }
            }
        }

        /// @param says that it goes; else it was killed
        private void go(int which, boolean says) {
            if (which < classic.size()) {
                TestClassicConsumer member = classic.remove(which);
                if (says && !member.id.isEmpty()) {
                    member.leave();
                }
            } else if (which - classic.size() < modern.size()) {
                TestConsumer member = modern.remove(which - classic.size());
                sent.remove(member);
                if (says && member.epoch > 0) {
                    member.leave(Standing.LEAVE);
                }
            }
        }

        void restart() {
            classic.forEach(TestClassicConsumer::forgetRequest);
            sent.keySet().forEach(TestConsumer::lose);
            sent.clear();
            lab.restart();
        }

        void receive() {
            classic.forEach(TestClassicConsumer::receive);
            for (TestConsumer member : List.copyOf(sent.keySet())) {
                if (lab.reply(sent.get(member)) != null) {
                    member.take(sent.remove(member));
                }
            }
        }

        Set<String> members() {
            Set<String> names = new TreeSet<>();
            ConsumersDescribed consumers = (ConsumersDescribed) lab.reply(lab.submit(new DescribeConsumers("g")));
            consumers.members().forEach(one -> names.add(one.member().id()));
            Described described = (Described) lab.reply(lab.submit(new Describe("g")));
            described.members().forEach(one -> names.add(one.memberId()));
            return names;
        }

        SortedSet<String> wanted() {
            SortedSet<String> all = new TreeSet<>();
            topics.partitions().forEach((name, count) -> {
                boolean wants = classic.stream().anyMatch(one -> one.wanted.contains(name))
                        || modern.stream().anyMatch(one -> one.topics.contains(name));
                for (int i = 0; i < count && wants; i++) {
                    all.add(name + "-" + i);
                }
            });
            return all;
        }
    }

    /// Of members that the group knows no two work on the same partition, whichever protocols they and the group speak;
    /// the log tells the same story; and left alone, they have everything between them.
    @Property(tries = 12, shrinking = ShrinkingMode.OFF)
    void nobodyWorksOnWhatAnotherWorksOn(@ForAll long seed) {
        World world = new World(seed);
        for (int i = 0; i < 200; i++) {
            world.lab.holdsAppends = world.random.nextInt(3) == 0;
            world.step();
            if (i % 5 == 0) {
                assertEquals(world.lab.replay().durableState(), world.lab.core.durableState(), () -> "seed " + seed);
            }
            assertOneOwner(world, seed);
        }
        assertSettles(world, seed);
    }

    private static void assertOneOwner(World world, long seed) {
        Set<String> known = world.members();
        Map<String, String> owners = new TreeMap<>();
        Map<String, SortedSet<String>> claims = new LinkedHashMap<>();
        world.classic.stream().filter(one -> known.contains(one.id)).forEach(one -> claims.put(one.id, one.owned));
        world.modern.stream().filter(one -> known.contains(one.id) && one.epoch > 0)
                .forEach(one -> claims.put(one.id, one.owned));
        claims.forEach((member, owned) -> owned.forEach(one -> {
            String other = owners.put(one, member);
            assertNull(other, () -> one + " has " + member + " and " + other + ", seed " + seed);
        }));
    }

    private static void assertSettles(World world, long seed) {
        world.lab.releaseAppends();
        world.receive();
        world.restart();
        for (int round = 0; round < ENOUGH_ROUNDS; round++) {
            world.lab.advance(2_000);
            world.classic.forEach(TestClassicConsumer::step);
            world.modern.forEach(TestConsumer::beat);
            world.classic.forEach(TestClassicConsumer::receive);
            assertOneOwner(world, seed);
        }
        List<String> owned = new ArrayList<>();
        world.classic.forEach(one -> owned.addAll(one.owned));
        world.modern.forEach(one -> owned.addAll(one.owned));
        assertEquals(List.copyOf(world.wanted()), owned.stream().sorted().toList(), () -> "seed " + seed);
        boolean isMixed = !world.modern.isEmpty();
        if (isMixed || !world.classic.isEmpty()) {
            assertEquals(isMixed ? GroupType.CONSUMER : GroupType.CLASSIC, world.lab.core.list().getFirst().type(),
                    () -> "seed " + seed);
        }
    }
}
