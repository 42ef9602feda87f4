package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.DescribeStreams;
import io.chapar.broker.group.GroupOutlook.OfGroup;
import io.chapar.broker.group.GroupOutlook.OfStreamsGroup;
import io.chapar.broker.group.GroupReply.DescribedStreamsMember;
import io.chapar.broker.group.GroupReply.StreamsDescribed;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.broker.group.streams.TaskConfig;
import io.chapar.broker.group.streams.TaskId;
import io.chapar.broker.group.streams.Tasks;
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

/// Whatever members, topics, settings, the log and time do to a streams group.
class StreamsGroupProperties {
    private static final int ENOUGH_ROUNDS = 40;
    private static final long BEHIND = 100_000;

    private static final class World {
        final SplittableRandom random;
        final GroupLab lab;
        final List<TestStreamsMember> members = new ArrayList<>();
        final Map<TestStreamsMember, Long> sent = new LinkedHashMap<>();
        int partitions = 4;
        TestTopics topics = TestStreamsMember.topics(partitions);
        TaskConfig tasks;
        final int assignmentMs;
        int came = 0;

        World(long seed) {
            random = new SplittableRandom(seed);
            lab = new GroupLab(GroupLab.LIMITS);
            assignmentMs = random.nextBoolean() ? 0 : 1_000;
            tasks = new TaskConfig(random.nextInt(3), random.nextInt(3), 10_000, List.of());
            see();
            for (int i = 0; i < 4; i++) {
                members.add(newcomer(i));
            }
        }

        private TestStreamsMember newcomer(int i) {
            // Some are threads of one process.
            TestStreamsMember member =
                    new TestStreamsMember(lab, "m" + came, i < 2 ? "p" + random.nextInt(2) : "q" + came);
            came++;
            return i == 0 ? member.as("static") : member;
        }

        void see(String... changed) {
            OfStreamsGroup settings =
                    new OfStreamsGroup(new OfGroup(45_000, 5_000, assignmentMs), 1_000, 60_000, tasks);
            lab.see(new GroupOutlook(topics, _ -> OfGroup.DEFAULTS, _ -> settings), changed);
        }

        void step() {
            int which = random.nextInt(members.size());
            TestStreamsMember member = members.get(which);
            switch (random.nextInt(16)) {
                case 0, 1, 2, 3, 4, 5, 6 -> beat(member);
                case 7 -> {
                    if (!sent.containsKey(member)) {
                        report(member, random.nextInt(3) == 0 ? BEHIND : 0);
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
                        sent.keySet().forEach(TestStreamsMember::lose);
                        sent.clear();
                        lab.restart();
                    }
                }
                default -> lab.releaseAppends();
            }
            receive();
        }

        private void report(TestStreamsMember member, long lag) {
            member.lags = new TreeMap<>();
            member.owned.standby().forEach(task -> member.lags.put(task, lag));
            member.owned.warmup().forEach(task -> member.lags.put(task, lag));
        }

        private void beat(TestStreamsMember member) {
            if (!sent.containsKey(member)) {
                sent.put(member, member.send());
            }
        }

        private void reshape() {
            switch (random.nextInt(4)) {
                case 0 -> {
                    tasks = new TaskConfig(random.nextInt(3), random.nextInt(3), 10_000, List.of());
                    see();
                }
                case 1 -> {
                    topics = topics.with("in", 0);
                    if (random.nextBoolean()) {
                        topics = topics.with("in", partitions); // made anew in one look
                    }
                    see("in");
                }
                default -> {
                    partitions = 1 + random.nextInt(6);
                    heal();
                }
            }
        }

        void heal() {
            for (String name : List.of("in", "app-repartition", "app-changelog")) {
                topics = topics.with(name, partitions);
                see(name);
            }
        }

        void receive() {
            for (TestStreamsMember member : List.copyOf(sent.keySet())) {
                if (lab.reply(sent.get(member)) != null) {
                    member.take(sent.remove(member));
                }
            }
        }

        StreamsDescribed described() {
            return (StreamsDescribed) lab.reply(lab.submit(new DescribeStreams("g")));
        }
    }

    /// I45, I46: the log tells the same story; a task is run by one, a process does one thing with it, and no member
    /// thinks it has more than the group thinks it has, unless it was taken for lost meanwhile.
    @Property(tries = 25, shrinking = ShrinkingMode.OFF)
    void aTaskIsRunByOneAndTheLogKnowsIt(@ForAll long seed) {
        World world = new World(seed);
        for (int i = 0; i < 200; i++) {
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
        Map<TaskId, String> runners = new TreeMap<>();
        Map<String, String> ofProcess = new TreeMap<>();
        Map<String, Tasks[]> known = new TreeMap<>();
        for (DescribedStreamsMember one : world.described().members()) {
            String member = one.member().id();
            for (Tasks has : List.of(one.standing().assigned(), one.standing().revoking())) {
                has.active().keySet().forEach(task ->
                        assertNull(runners.put(task, member), () -> task + " of seed " + seed));
                for (TaskId task : all(has)) {
                    String before = ofProcess.put(task + " in " + one.member().processId(), member);
                    assertTrue(before == null || before.equals(member), () -> task + " twice in a process, " + seed);
                }
            }
            known.put(member, new Tasks[] {one.standing().assigned(), one.standing().revoking()});
        }
        for (TestStreamsMember member : world.members) {
            Tasks[] has = known.get(member.id);
            if (has != null && member.epoch > 0) {
                for (TaskId task : member.owned.active().keySet()) {
                    assertTrue(has[0].active().containsKey(task) || has[1].active().containsKey(task),
                            () -> member.id + " runs " + task + ", seed " + seed);
                }
            }
        }
    }

    private static SortedSet<TaskId> all(Tasks tasks) {
        SortedSet<TaskId> all = new TreeSet<>(tasks.active().keySet());
        all.addAll(tasks.standby());
        all.addAll(tasks.warmup());
        return all;
    }

    /// Left alone, everybody has its part, together they run all, and nobody runs two more than another.
    private static void assertSettles(World world, long seed) {
        world.lab.releaseAppends();
        world.receive();
        world.sent.keySet().forEach(TestStreamsMember::lose);
        world.sent.clear();
        world.heal();
        for (int round = 0; round < ENOUGH_ROUNDS; round++) {
            world.lab.advance(5_000);
            for (TestStreamsMember member : world.members) {
                world.report(member, 0);
                assertNotNull(member.beat(), () -> "seed " + seed);
            }
        }
        StreamsDescribed described = world.described();
        assertEquals("Stable", described.state(), () -> "seed " + seed + described);
        SortedSet<TaskId> runs = new TreeSet<>();
        int count = 0;
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (TestStreamsMember member : world.members) {
            int own = member.owned.active().size();
            runs.addAll(member.owned.active().keySet());
            count += own;
            least = Math.min(least, own);
            most = Math.max(most, own);
            assertEquals(0, member.owned.warmup().size(), () -> "all is warm, seed " + seed);
        }
        int expected = 2 * world.partitions;
        assertEquals(expected, runs.size(), () -> "seed " + seed);
        assertEquals(expected, count, () -> "one runs each, seed " + seed);
        assertTrue(most - least <= 1, () -> "balanced, seed " + seed + described);
        long processes = world.members.stream().map(member -> member.process).distinct().count();
        int copies = world.members.stream().mapToInt(member -> member.owned.standby().size()).sum();
        assertEquals(world.partitions * Math.min(world.tasks.standbys(), processes - 1), copies,
                () -> "standby tasks of seed " + seed + described);
        world.see("in", "app-repartition", "app-changelog");
        world.see();
        world.lab.advance(0);
        assertEquals(described.epoch(), world.described().epoch(), () -> "all is as it was, seed " + seed);
    }
}
