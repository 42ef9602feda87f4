package io.chapar.broker.metadata;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ElectionTest {
    private static final List<Integer> REPLICAS = List.of(1, 2, 3);

    /// `1,2|3|` is ISR 1 and 2, ELR 3.
    private static PartitionImage partition(int leader, String sets, int lastLeader) {
        String[] parts = sets.split("\\|", -1);
        return new PartitionImage(leader, 5, 9, REPLICAS, ids(parts[0]), ids(parts[1]), lastLeader, false);
    }

    private static List<Integer> ids(String text) {
        return text.isEmpty() ? List.of()
                : Stream.of(text.split("\\+")).map(Integer::valueOf).toList();
    }

    private static Election election(String alive, int minIsr, boolean unclean) {
        return new Election(ids(alive)::contains, minIsr, unclean);
    }

    private static String text(PartitionImage is) {
        return is.leader() + " " + sets(is.isr()) + "|" + sets(is.elr()) + (is.recovering() ? " recovering" : "")
                + (is.lastLeader() == PartitionImage.NO_LEADER ? "" : " last " + is.lastLeader());
    }

    private static String sets(List<Integer> ids) {
        return String.join("+", ids.stream().map(String::valueOf).toList());
    }

    /// Each row of the rules: who leads, ISR and ELR, who is fenced, who is alive then, min ISR, unclean; and what
    /// comes of it.
    @ParameterizedTest
    @CsvSource({
        // who is in sync goes on, in the order of the replicas
        "1, 1+2+3|,  2, 1+3,  2, false, '1 1+3|'",
        "1, 1+2+3|,  1, 2+3,  2, false, '2 2+3|'",
        "2, 3+2|,    2, 1+3,  1, false, '3 3|'",
        // below min ISR whoever leaves stays eligible
        "1, 1+2|,    2, 1+3,  2, false, '1 1|2'",
        "1, 1+2|,    1, 2+3,  2, false, '2 2|1'",
        "1, 1|2,     1, 2+3,  2, false, '2 2|1'",
        "1, 1|2+3,   1, 3,    3, false, '3 3|1+2'",
        // nobody who has all is alive
        "1, 1|,      1, 2+3,  1, false, '-1 |1 last 1'",
        "1, 1|2,     1, 3,    2, false, '-1 |1+2 last 1'",
        // unless that may be lost
        "1, 1|,      1, 2+3,  1, true,  '2 2| recovering'",
        // a follower that was not in sync changes nothing
        "1, 1+2|,    3, 1+2,  2, false, '1 1+2|'",
        // an eligible one stays so although it is fenced
        "1, 1|2,     2, 1+3,  2, false, '1 1|2'",
    })
    void aFencedBrokerLeavesWhatItHasToThoseWhoHaveAll(
            int leader, String sets, int fenced, String alive, int minIsr, boolean unclean, String expected) {
        PartitionImage was = partition(leader, sets, PartitionImage.NO_LEADER);
        assertEquals(expected, text(election(alive, minIsr, unclean).fenced(was, fenced)));
    }

    /// Who leads, ISR and ELR, who is alive; and what comes of it.
    @ParameterizedTest
    @CsvSource({
        "2, 2+1+3|, 1+2+3, '1 2+1+3|'",
        "1, 1+2+3|, 1+2+3, '1 1+2+3|'",
        "2, 2+1|,   1+2,   '1 2+1|'",
        // it lacks what is committed, or is not there
        "2, 2+3|,   1+2+3, '2 2+3|'",
        "2, 2|1,    1+2+3, '2 2|1'",
        "2, 2+1+3|, 2+3,   '2 2+1+3|'",
        "-1, |1,    2+3,   '-1 |1'",
    })
    void theFirstReplicaLeadsWhereItIsAliveAndInSync(int leader, String sets, String alive, String expected) {
        PartitionImage was = partition(leader, sets, PartitionImage.NO_LEADER);
        PartitionImage is = election(alive, 2, true).preferred(was);
        assertEquals(expected, text(is));
        assertEquals(was.leaderEpoch() + (is.leader() == leader ? 0 : 1), is.leaderEpoch());
        assertEquals(was.partitionEpoch() + (is.equals(was) ? 0 : 1), is.partitionEpoch());
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1+2+3|,  1, 2+3, 2, false, '2 2+3|'",
        "1, 1+2|,    1, 2+3, 2, false, '2 2|'",
        "1, 1|2,     2, 1+3, 2, false, '1 1|'",
        "-1, |1+2,   1, 3,   2, false, '-1 |2'",
        // the only one that had all has lost it: it is remembered as the last that led
        "1, 1|,      1, 2+3, 1, false, '-1 | last 1'",
        "1, 1|,      1, 2+3, 1, true,  '2 2| recovering'",
    })
    void whoCannotProveThatNothingIsLostIsNotEligible(
            int leader, String sets, int lost, String alive, int minIsr, boolean unclean, String expected) {
        PartitionImage was = partition(leader, sets, PartitionImage.NO_LEADER);
        assertEquals(expected, text(election(alive, minIsr, unclean).lost(was, lost)));
    }

    @ParameterizedTest
    @CsvSource({
        "-1, |1,     -1, 1+2, 1, false, '1 1|'",
        "-1, |1+2,   -1, 2+3, 2, false, '2 2|1'",
        "-1, |1,     -1, 2+3, 1, false, '-1 |1'",
        "-1, |,       1, 2+3, 1, false, '-1 | last 1'",
        "-1, |,       1, 1+2, 1, false, '1 1| recovering'",
        "-1, |,       1, 2+3, 1, true,  '2 2| recovering'",
        // somebody eligible comes before whoever led last
        "-1, |2,      1, 1+2, 1, false, '2 2|'",
        "3, 3|1,     -1, 1+3, 2, false, '3 3|1'",
        // fewer have to be in sync than when they became eligible
        "-1, |1+2,   -1, 2+3, 1, false, '2 2|'",
    })
    void whoComesBackLeadsWhatItMay(
            int leader, String sets, int last, String alive, int minIsr, boolean unclean, String expected) {
        assertEquals(expected, text(election(alive, minIsr, unclean).unfenced(partition(leader, sets, last))));
    }

    /// A broker is fenced before its next life can say what it has lost.
    @Test
    void whoWasFencedBeforeItLostWhatItHadIsStillTheLastThatLed() {
        PartitionImage fenced = election("2+3", 1, false)
                .fenced(partition(1, "1|", PartitionImage.NO_LEADER), 1);
        PartitionImage lost = election("2+3", 1, false).lost(fenced, 1);
        assertEquals("-1 | last 1", text(lost));
        assertEquals("1 1| recovering", text(election("1+2+3", 1, false).unfenced(lost)));
    }

    /// What it had is not where it begins: whoever else has something would cut its log to nothing.
    @ParameterizedTest
    @CsvSource({
        "1, 1|,     -1, '-1 |'",
        "-1, |1,     1, '-1 |'",
        "-1, |,      1, '-1 |'",
        "-1, |1+2,   1, '-1 |2'",
        "-1, |,      2, '-1 | last 2'",
        "3, 3+1|,   -1, '3 3|'",
        "3, 3|1,    -1, '3 3|'",
    })
    void whoBeginsInAnotherFolderIsNotTheLastThatLed(int leader, String sets, int last, String expected) {
        PartitionImage was = partition(leader, sets, last);
        PartitionImage is = election("3", 2, false).replaced(was, 1);
        assertEquals(expected, text(is));
        assertEquals(was.partitionEpoch() + 1 - (is.equals(was) ? 1 : 0), is.partitionEpoch());
        assertEquals(was.leaderEpoch() + (is.leader() == leader ? 0 : 1), is.leaderEpoch());
        if (is.isr().isEmpty() && is.elr().isEmpty()) {
            assertEquals(is.lastLeader(), election("1+3", 2, false).unfenced(is).lastLeader(), "nobody leads");
        }
    }

    @Test
    void theLastThatLedIsNotPreferredToWhoHasAll() {
        PartitionImage fenced = election("3", 2, false)
                .fenced(partition(1, "1|2", PartitionImage.NO_LEADER), 1);
        PartitionImage lost = election("3", 2, false).lost(fenced, 1);
        assertEquals("-1 |2 last 1", text(lost));
        assertSame(lost, election("1+3", 2, false).unfenced(lost));
        assertEquals("2 2|", text(election("1+2+3", 2, false).unfenced(lost)));
    }

    @Test
    void theLeadersEpochCountsLeadersAndThePartitionsAnything() {
        PartitionImage was = partition(1, "1+2+3|", PartitionImage.NO_LEADER);
        PartitionImage shrunk = election("1+2", 1, false).fenced(was, 3);
        assertEquals(5, shrunk.leaderEpoch());
        assertEquals(10, shrunk.partitionEpoch());
        PartitionImage led = election("2", 1, false).fenced(shrunk, 1);
        assertEquals(6, led.leaderEpoch());
        assertEquals(11, led.partitionEpoch());
        assertSame(led, election("2", 1, false).fenced(led, 3));
        assertSame(led, election("2+3", 1, false).unfenced(led));
    }

    @Test
    void whoComesInAtMinIsrEndsTheEligibilityOfOthers() {
        PartitionImage was = partition(1, "1|2+3", PartitionImage.NO_LEADER);
        Election election = election("1+2+3", 2, false);
        PartitionImage grown = election.inSync(was, List.of(1, 3), false);
        assertEquals("1 1+3|", text(grown));
        assertEquals("1 1|3", text(election.inSync(grown, List.of(1), false)));
        assertSame(grown, election.inSync(grown, List.of(1, 3), false));
    }

    /// How many have to be in sync from now on, who leads, ISR and ELR; and what comes of it.
    @ParameterizedTest
    @CsvSource({
        "1,  1, 1|2+3,    '1 1|'",
        "2,  1, 1|2+3,    '1 1|2+3'",
        "3,  1, 1+2|,     '1 1+2|'",
        // nobody leads: nothing is committed
        "1, -1, |1+2,     '-1 |1+2'",
    })
    void whereFewerHaveToBeInSyncNobodyStaysEligible(int minIsr, int leader, String sets, String expected) {
        PartitionImage was = partition(leader, sets, PartitionImage.NO_LEADER);
        PartitionImage is = election("", minIsr, false).required(was);
        assertEquals(expected, text(is));
        assertEquals(was.leaderEpoch(), is.leaderEpoch());
        assertEquals(was.partitionEpoch() + (is.equals(was) ? 0 : 1), is.partitionEpoch());
    }

    /// Whatever happens, in any order: whoever leads cleanly has had all that was committed. What the high watermark
    /// may stand for is what all in sync have while they are enough; each holder loses it with its disk alone.
    @Test
    void aCleanLeaderHasAllThatWasCommitted() {
        for (int seed = 0; seed < 2_000; seed++) {
            new Committed(new Random(seed)).run();
        }
    }

    /// Which replicas have all that is committed, beside what the rules make of the partition.
    private static final class Committed {
        private final Random random;
        private int minIsr;
        private final Set<Integer> alive = new TreeSet<>(REPLICAS);
        private final Set<Integer> haveAll = new TreeSet<>(REPLICAS);
        private PartitionImage partition = PartitionImage.born(REPLICAS);

        Committed(Random random) {
            this.random = random;
            minIsr = 1 + random.nextInt(3);
        }

        void run() {
            for (int step = 0; step < 60; step++) {
                step();
                check();
            }
            everybodyComesBack();
            check();
        }

        /// Whatever was lost, a partition all of whose replicas are alive is led.
        private void everybodyComesBack() {
            alive.addAll(REPLICAS);
            partition = new Election(alive::contains, minIsr, false).unfenced(partition);
            assertNotEquals(PartitionImage.NO_LEADER, partition.leader(), partition + " is led by nobody");
            recover(new Election(alive::contains, minIsr, false));
        }

        private void step() {
            Election election = new Election(alive::contains, minIsr, false);
            int node = 1 + random.nextInt(3);
            switch (random.nextInt(6)) {
                case 0 -> {
                    alive.remove(node);
                    partition = election.fenced(partition, node);
                }
                case 1 -> {
                    alive.remove(node);
                    haveAll.remove(node);
                    partition = election.lost(partition, node);
                }
                case 2 -> {
                    alive.add(node);
                    partition = election.unfenced(partition);
                }
                case 3 -> grow(election, node);
                case 4 -> {
                    minIsr = node;
                    partition = new Election(alive::contains, minIsr, false).required(partition);
                }
                default -> commit();
            }
            recover(election);
        }

        private void recover(Election election) {
            if (partition.recovering()) {
                // What is gone is gone: from here on the leader's log is what is committed.
                haveAll.clear();
                haveAll.add(partition.leader());
                partition = election.inSync(partition, partition.isr(), false);
            }
        }

        private void grow(Election election, int node) {
            if (alive.contains(partition.leader()) && alive.contains(node) && !partition.isr().contains(node)) {
                haveAll.add(node);
                partition = election.inSync(
                        partition, Stream.concat(partition.isr().stream(), Stream.of(node)).toList(), false);
            }
        }

        /// The high watermark rises: who is not in sync does not have that.
        private void commit() {
            if (partition.leader() != PartitionImage.NO_LEADER && partition.isr().size() >= minIsr) {
                haveAll.retainAll(partition.isr());
            }
        }

        private void check() {
            if (partition.leader() != PartitionImage.NO_LEADER) {
                assertTrue(alive.contains(partition.leader()), partition + " is led by a dead one");
                assertTrue(partition.isr().contains(partition.leader()), partition.toString());
                assertTrue(haveAll.contains(partition.leader()), partition + " lacks what " + haveAll + " have");
            }
            assertTrue(haveAll.containsAll(partition.isr()), partition + " in sync, " + haveAll + " have all");
            assertTrue(haveAll.containsAll(partition.elr()), partition + " eligible, " + haveAll + " have all");
            assertTrue(partition.elr().isEmpty() || partition.isr().size() < minIsr, partition.toString());
            assertFalse(partition.elr().stream().anyMatch(partition.isr()::contains), partition.toString());
        }
    }
}
