package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.DeleteGroup;
import io.chapar.broker.group.GroupCommand.DeleteOffsets;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

import static io.chapar.broker.group.GroupLab.P0;
import static io.chapar.broker.group.GroupLab.P1;
import static io.chapar.broker.group.GroupLab.join;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Whatever happens, the log tells the same story as the coordinator that wrote it.
class GroupReplayProperties {
    private static final List<TopicPartition> PARTITIONS = List.of(P0, P1, new TopicPartition("other", 0));

    @Property(tries = 400, shrinking = ShrinkingMode.OFF)
    void whatIsReplayedIsWhatWasLive(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        GroupLab lab = new GroupLab(random.nextBoolean() ? GroupLab.LIMITS : GroupLab.withoutDelay());
        List<Long> joins = new ArrayList<>();
        List<Long> requests = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            lab.holdsAppends = random.nextInt(3) > 0;
            step(lab, random, joins, requests);
            if (random.nextInt(4) == 0) {
                lab.releaseAppends();
            }
            if (lab.hasAllMarkers()) {
                assertEquals(lab.replay().durableState(), lab.core.durableState(), () -> "seed " + seed);
            }
        }
        lab.releaseAppends();
        assertTrue(lab.hasAllMarkers());
        // Nothing is left unanswered once every timeout is over.
        lab.advance(1_000_000);
        for (long request : requests) {
            assertNotNull(lab.reply(request), () -> "request " + request + " of seed " + seed);
        }
        assertEquals(lab.replay().durableState(), lab.core.durableState(), () -> "seed " + seed);
    }

    private static void step(GroupLab lab, SplittableRandom random, List<Long> joins, List<Long> requests) {
        TopicPartition partition = PARTITIONS.get(random.nextInt(PARTITIONS.size()));
        long producer = random.nextInt(3);
        Joined member = someMember(lab, random, joins);
        switch (random.nextInt(16)) {
            case 0, 1 -> requests.add(lab.commit(null, partition, random.nextInt(100)));
            case 2 -> requests.add(lab.commit(member, partition, random.nextInt(100)));
            case 3, 4 -> requests.add(lab.commitTxn(
                    producer, random.nextBoolean() ? null : member, partition, random.nextInt(100)));
            case 5 -> lab.marker(producer, true);
            case 6 -> lab.marker(producer, false);
            case 7 -> {
                if (lab.isHolding()) {
                    lab.commitNext();
                }
            }
            case 8 -> {
                if (lab.isHolding()) {
                    lab.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
                }
            }
            case 9 -> {
                long first = lab.submit(join("", random.nextBoolean() ? "static" : null));
                joins.add(first);
                requests.add(first);
            }
            case 10 -> {
                if (member != null) {
                    long again = lab.submit(join(member.memberId(), null));
                    joins.add(again);
                    requests.add(again);
                }
            }
            case 11 -> {
                if (member != null && member.error() == ErrorCode.NONE) {
                    requests.add(lab.syncAsLeader(member));
                }
            }
            case 12 -> {
                if (member != null) {
                    requests.add(lab.submit(new GroupCommand.Leave(
                            "g", List.of(new GroupCommand.Leaver(member.memberId(), null)))));
                }
            }
            case 13 -> requests.add(lab.submit(random.nextInt(4) == 0
                    ? new DeleteGroup("g") : new DeleteOffsets("g", List.of(partition))));
            case 14 -> lab.advance(random.nextInt(20_000));
            default -> {
                if (random.nextInt(10) == 0) {
                    lab.advance(90_000_000);
                } else if (random.nextInt(3) == 0) {
                    lab.core.forgetTopics(new LinkedHashSet<>(List.of("other")), lab.nowMs, lab::perform);
                    lab.settle();
                }
            }
        }
    }

    private static Joined someMember(GroupLab lab, SplittableRandom random, List<Long> joins) {
        return joins.isEmpty() ? null : lab.joined(joins.get(random.nextInt(joins.size())));
    }

    /// The model: an offset is that of the last record, plain or of a transaction that has committed.
    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void theLastRecordOfWhatIsDecidedCounts(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        GroupLab lab = new GroupLab();
        Map<Long, Map<TopicPartition, long[]>> open = new TreeMap<>();
        Map<TopicPartition, long[]> decided = new LinkedHashMap<>();
        for (int i = 0; i < 60; i++) {
            TopicPartition partition = PARTITIONS.get(random.nextInt(PARTITIONS.size()));
            long producer = random.nextInt(3);
            switch (random.nextInt(5)) {
                case 0 -> {
                    lab.commit(null, partition, i);
                    decided.put(partition, new long[] {i, lab.logSize()});
                }
                case 1, 2 -> {
                    lab.commitTxn(producer, null, partition, i);
                    open.computeIfAbsent(producer, _ -> new LinkedHashMap<>())
                            .put(partition, new long[] {i, lab.logSize()});
                }
                default -> {
                    boolean commit = random.nextBoolean();
                    lab.marker(producer, commit);
                    Map<TopicPartition, long[]> ended = open.remove(producer);
                    if (commit && ended != null) {
                        ended.forEach((key, value) -> decided.merge(
                                key, value, (present, mine) -> present[1] > mine[1] ? present : mine));
                    }
                }
            }
            for (TopicPartition one : PARTITIONS) {
                boolean unstable = open.values().stream().anyMatch(txn -> txn.containsKey(one));
                long expected = decided.containsKey(one) ? decided.get(one)[0] : -1;
                assertEquals(expected, lab.fetch(one, false).offset(), () -> "seed " + seed);
                assertEquals(
                        unstable ? GroupReply.Fetched.UNSTABLE : lab.fetch(one, false), lab.fetch(one, true));
            }
        }
        assertNotEquals("", lab.core.durableState());
    }
}
