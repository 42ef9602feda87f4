package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

/// A partition on 1, 2 and 3, and what comes of the wish to move it.
class AssignmentTest {
    private static List<Integer> ids(String text) {
        return text.isEmpty() ? List.of() : Stream.of(text.split("\\+")).map(Integer::valueOf).toList();
    }

    private static String text(List<Integer> ids) {
        return String.join("+", ids.stream().map(String::valueOf).toList());
    }

    /// All brokers are alive but those named.
    private static Assignment assignment(int minIsr, Integer... dead) {
        return new Assignment(new Election(node -> !List.of(dead).contains(node), minIsr, false), minIsr);
    }

    private static PartitionImage on(String replicas, String isr, String elr) {
        return new PartitionImage(ids(isr).getFirst(), 5, 9, ids(replicas), ids(isr), ids(elr));
    }

    private static PartitionImage moving(String to) {
        Assignment assignment = assignment(2);
        return assignment.begun(present(assignment.wished(on("1+2+3", "1+2+3", ""), ids(to))));
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new AssertionError("it is refused");
        }
        return value;
    }

    private static PartitionImage inSync(PartitionImage was, String isr) {
        return new Election(_ -> true, 2, false).inSync(was, ids(isr), false);
    }

    private static String shown(PartitionImage is) {
        return text(is.replicas()) + " " + is.leader() + " " + text(is.isr()) + "|" + text(is.elr());
    }

    @Test
    void aWishIsQueuedThenHasAllReplicasOfBeforeAndAfterwards() {
        PartitionImage was = on("1+2+3", "1+2+3", "");
        PartitionImage queued = present(assignment(2).wished(was, ids("4+2+5")));
        assertEquals(new Reassignment(ids("1+2+3"), ids("4+2+5")), queued.reassignment());
        assertEquals("1+2+3 1 1+2+3|", shown(queued));
        assertEquals(ids("4+5"), queued.queued());
        assertEquals(ids(""), queued.added());
        PartitionImage begun = assignment(2).begun(queued);
        assertEquals("4+2+5+1+3 1 1+2+3|", shown(begun));
        assertEquals(ids("4+5"), begun.added());
        assertEquals(ids("4+2+5"), begun.wanted());
        assertEquals(was.leaderEpoch(), begun.leaderEpoch(), "nobody left, and who leads goes on");
    }

    /// Where it is wished to, who is in sync by then, min ISR; the replicas, leader and sets afterwards.
    @ParameterizedTest
    @CsvSource({
        // whoever was added is in sync
        "4+2+5, 1+2+3+4+5, 2, '4+2+5 4 2+4+5|'",
        "1+2+4, 1+2+3+4,   2, '1+2+4 1 1+2+4|'",
        // though an old one is not, if enough are
        "1+2+4, 1+3+4,     2, '1+2+4 1 1+4|'",
        "1+2+4, 3+4,       2, '1+2+4+3 3 3+4|'",
        "1+2+4, 3+4,       1, '1+2+4 4 4|'",
        // not before
        "4+2+5, 1+2+3+4,   2, '4+2+5+1+3 1 1+2+3+4|'",
        "4+2+5, 1+2,       2, '4+2+5+1+3 1 1+2|'",
        // fewer or more than before
        "2,     1+2+3,     2, '2 2 2|'",
        "1,     1+2+3,     2, '1 1 1|'",
        "1+2+3+4+5, 1+2+3+4+5, 2, '1+2+3+4+5 1 1+2+3+4+5|'",
        // the same in another order
        "3+2+1, 1+2+3,     2, '3+2+1 1 1+2+3|'",
    })
    void oneChangeEndsItWhenAllThatWereAddedAreInSync(String to, String isr, int minIsr, String expected) {
        PartitionImage was = inSync(moving(to), isr);
        PartitionImage led = was.with(ids(isr).getFirst(), was.isr(), was.elr(), -1, false);
        PartitionImage is = assignment(minIsr).completed(led);
        assertEquals(expected, shown(is));
        boolean ended = is.replicas().equals(ids(to));
        assertEquals(ended, is.reassignment() == null);
        if (!ended) {
            assertSame(led, is);
        }
    }

    @Test
    void whoeverIsNoReplicaAnyMoreBeginsAnotherEpochOfTheLeader() {
        PartitionImage was = inSync(moving("1+2+4"), "1+2+3+4");
        PartitionImage is = assignment(2).completed(was);
        assertEquals(1, is.leader());
        assertEquals(was.leaderEpoch() + 1, is.leaderEpoch());
        PartitionImage reordered = assignment(2).completed(moving("2+1+3"));
        assertEquals(5, reordered.leaderEpoch());
        PartitionImage cancelled = present(assignment(2).cancelled(was));
        assertEquals(was.leaderEpoch() + 1, cancelled.leaderEpoch());
    }

    @Test
    void itIsCancelledToWhereItWas() {
        PartitionImage was = moving("4+3+5");
        assertEquals("1+2+3 1 1+2+3|", shown(present(assignment(2).cancelled(was))));
        assertNull(present(assignment(2).cancelled(was)).reassignment());
        PartitionImage ledByAnAdded = inSync(was, "4+2+1").with(4, ids("4+2+1"), List.of(), -1, false);
        assertEquals("1+2+3 1 2+1|", shown(present(assignment(2).cancelled(ledByAnAdded))));
        PartitionImage back = present(assignment(2).wished(was, ids("1+2+3")));
        assertEquals("1+2+3 1 1+2+3|", shown(back));
        assertNull(back.reassignment());
    }

    @Test
    void itIsNotCancelledWhereThatWouldLoseWhatIsCommitted() {
        PartitionImage onlyAdded = moving("4+5").with(4, ids("4+5"), List.of(), -1, false);
        assertNull(assignment(2).cancelled(onlyAdded));
        assertNull(assignment(2).wished(onlyAdded, ids("1+2")));
        PartitionImage eligible = onlyAdded.with(4, ids("4"), ids("2"), -1, false);
        assertEquals("1+2+3 2 2|", shown(present(assignment(2).cancelled(eligible))));
        assertNull(assignment(2, 2).cancelled(eligible), "nobody alive could lead");
        PartitionImage lost = onlyAdded.with(-1, List.of(), ids("4"), 4, false);
        assertNull(assignment(2).cancelled(lost));
    }

    @Test
    void aSecondWishTakesThePlaceOfTheFirst() {
        PartitionImage first = inSync(moving("4+2+5"), "1+2+3+4");
        PartitionImage second = present(assignment(2).wished(first, ids("4+6+3")));
        assertEquals(new Reassignment(ids("1+2+3"), ids("4+6+3")), second.reassignment());
        assertEquals("4+2+1+3 1 1+2+3+4|", shown(second), "5 is no replica any more, and 6 waits");
        assertEquals(ids("6"), second.queued());
        assertEquals("4+6+3+1+2 1 1+2+3+4|", shown(assignment(2).begun(second)));
    }

    @Test
    void whileItIsUnderWayAsManyHaveToBeInSyncAsBefore() {
        PartitionImage one = new PartitionImage(1, 0, 0, ids("1"), ids("1"), List.of());
        PartitionImage growing = assignment(2).begun(present(assignment(2).wished(one, ids("1+2+3"))));
        assertEquals(1, growing.enough(2), "who is added keeps nobody from writing");
        assertEquals(2, assignment(2).completed(inSync(growing, "1+2+3")).enough(2));
        PartitionImage shrinking = present(assignment(2).wished(on("1+2+3", "1+2", ""), ids("1")));
        assertEquals(2, shrinking.enough(2));
        assertEquals("1 1 1|", shown(assignment(2).completed(shrinking)));
    }

    @Test
    void whileNobodyLeadsItIsNotEnded() {
        PartitionImage was = moving("3+4").with(-1, List.of(), ids("1+3"), 1, false);
        assertSame(was, assignment(2).completed(was));
    }
}
