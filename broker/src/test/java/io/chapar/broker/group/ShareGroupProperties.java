package io.chapar.broker.group;

import io.chapar.broker.group.ShareCommands.DescribeShares;
import io.chapar.broker.group.ShareCommands.ShareHeartbeat;
import io.chapar.broker.group.ShareReplies.DescribedSharer;
import io.chapar.broker.group.ShareReplies.ShareBeat;
import io.chapar.broker.group.ShareReplies.SharesDescribed;
import io.chapar.broker.share.state.ShareStateReply;
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
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Whatever members of a share group, topics, the log and time do.
class ShareGroupProperties {
    private static final List<String> NAMES = List.of("in", "other", "late");

    private static final class Sharer {
        final String id;
        int epoch = 0;
        SortedSet<String> topics = new TreeSet<>();
        boolean sayAll = true;

        Sharer(String id) {
            this.id = id;
        }
    }

    private static final class World {
        final SplittableRandom random;
        final GroupLab lab = new GroupLab();
        final List<Sharer> members = new ArrayList<>();
        final Map<Sharer, Long> sent = new LinkedHashMap<>();
        TestTopics topics = new TestTopics(new TreeMap<>(Map.of("in", 5, "other", 2)));
        int came = 0;

        World(long seed) {
            random = new SplittableRandom(seed);
            lab.see(topics, 0);
            for (int i = 0; i < 4; i++) {
                members.add(newcomer());
            }
        }

        private Sharer newcomer() {
            Sharer one = new Sharer("m" + came++);
            subscribe(one);
            return one;
        }

        private void subscribe(Sharer one) {
            one.topics = new TreeSet<>(List.of(NAMES.get(random.nextInt(3)), NAMES.get(random.nextInt(3))
                    .replace("late", "in")));
            one.sayAll = true;
        }

        void beat(Sharer one) {
            if (!sent.containsKey(one)) {
                sent.put(one, lab.submit(new ShareHeartbeat("g", one.id, one.epoch, null, "c", "h",
                        one.sayAll || one.epoch == 0 ? one.topics : null)));
            }
        }

        void step() {
            int which = random.nextInt(members.size());
            Sharer one = members.get(which);
            switch (random.nextInt(14)) {
                case 0, 1, 2, 3, 4 -> beat(one);
                case 5 -> {
                    if (!sent.containsKey(one)) {
                        subscribe(one);
                    }
                }
                case 6 -> {
                    if (!sent.containsKey(one) && one.epoch > 0) {
                        lab.submit(new ShareHeartbeat("g", one.id, -1, null, "c", "h", null));
                        members.set(which, newcomer());
                    }
                }
                case 7 -> {
                    sent.remove(one);
                    members.set(which, newcomer());
                }
                case 8 -> {
                    String name = NAMES.get(random.nextInt(3));
                    int now = topics.partitions().getOrDefault(name, 0);
                    topics = random.nextInt(3) > 0 ? topics.with(name, now + random.nextInt(2))
                            : topics.with(name, 0).with(name, random.nextInt(3)); // gone, or made anew in one look
                    lab.see(topics, 0, name);
                }
                case 9 -> lab.advance(random.nextInt(random.nextInt(4) == 0 ? 60_000 : 2_000));
                case 10 -> {
                    if (lab.isHolding()) {
                        lab.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
                    }
                }
                case 11 -> {
                    if (random.nextInt(4) == 0) {
                        sent.clear();
                        lab.shareStates.clear();
                        lab.restart();
                    }
                }
                case 12 -> answerStates(random.nextInt(3) == 0);
                default -> lab.releaseAppends();
            }
            receive();
        }

        void answerStates(boolean fails) {
            while (!lab.shareStates.isEmpty()) {
                GroupEffect.AskShareStates ask = lab.shareStates.removeFirst();
                lab.submit(new ShareCommands.SharesAnswered(ask.groupId(), ask.id(), ask.commands().stream()
                        .map(_ -> ShareStateReply.of(fails && random.nextBoolean()
                                ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NONE)).toList()));
            }
        }

        void receive() {
            for (Sharer one : List.copyOf(sent.keySet())) {
                if (lab.reply(sent.get(one)) instanceof ShareBeat beat) {
                    sent.remove(one);
                    if (beat.error() == ErrorCode.NONE) {
                        one.epoch = beat.memberEpoch();
                        one.sayAll = false;
                    } else if (beat.error() == ErrorCode.UNKNOWN_MEMBER_ID
                            || beat.error() == ErrorCode.FENCED_MEMBER_EPOCH
                            || beat.error() == ErrorCode.GROUP_ID_NOT_FOUND) {
                        one.epoch = 0;
                    }
                }
            }
        }

        SharesDescribed described() {
            return (SharesDescribed) lab.reply(lab.submit(new DescribeShares("g")));
        }
    }

    @Property(tries = 40, shrinking = ShrinkingMode.OFF)
    void theLogTellsTheSameStoryAndEveryPartitionHasAReader(@ForAll long seed) {
        World world = new World(seed);
        for (int i = 0; i < 200; i++) {
            world.lab.holdsAppends = world.random.nextInt(3) > 0;
            world.step();
            if (i % 4 == 0) {
                assertEquals(world.lab.replay().durableState(), world.lab.core.durableState(), () -> "seed " + seed);
            }
        }
        settle(world);
        Set<String> read = new TreeSet<>();
        Set<String> wanted = new TreeSet<>();
        SharesDescribed described = world.described();
        for (DescribedSharer one : described.members()) {
            one.standing().assigned().each((topic, partition) -> read.add(topic + "-" + partition));
            one.member().topics().forEach(name -> {
                for (int i = 0; i < world.topics.partitions().getOrDefault(name, 0); i++) {
                    wanted.add(TestTopics.id(world.topics.label(name)) + "-" + i);
                }
            });
            assertEquals(described.epoch(), one.standing().epoch(), () -> "seed " + seed);
            boolean hasAny = one.member().topics().stream()
                    .anyMatch(name -> world.topics.partitions().getOrDefault(name, 0) > 0);
            assertTrue(!hasAny || !one.standing().assigned().isEmpty(), () -> "reads nothing, seed " + seed);
        }
        assertEquals(wanted, read, () -> "seed " + seed);
        described.begun().partitions().each((topic, _) -> assertNotNull(world.topics.name(topic),
                () -> "there is still a state of " + TestTopics.label(topic) + ", seed " + seed));
    }

    private static void settle(World world) {
        world.lab.holdsAppends = false;
        for (int round = 0; round < 40; round++) {
            world.lab.releaseAppends();
            world.answerStates(false);
            world.lab.advance(1_500);
            world.answerStates(false);
            world.members.forEach(world::beat);
            world.lab.releaseAppends();
            world.answerStates(false);
            world.receive();
        }
    }
}
