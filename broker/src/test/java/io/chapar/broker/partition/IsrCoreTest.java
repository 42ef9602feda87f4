package io.chapar.broker.partition;

import io.chapar.broker.metadata.PartitionImage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.List;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class IsrCoreTest {
    private static final long LAG_MS = 10_000;

    private long nowMs = 1_000;
    private int partitionEpoch;

    private PartitionImage image(Integer... isr) {
        return new PartitionImage(1, 4, ++partitionEpoch, List.of(1, 2, 3), List.of(isr), List.of());
    }

    private IsrCore leading(PartitionImage image, int minIsr, long end, long committed) {
        IsrCore core = new IsrCore(1, image, minIsr, LAG_MS, end, committed, nowMs);
        core.written(end, nowMs);
        return core;
    }

    private void acknowledge(IsrCore core, int node, long end) {
        core.acknowledged(node, end, nowMs);
    }

    private IsrCore.@Nullable Wish wish(IsrCore core) {
        return core.wish(nowMs, _ -> true);
    }

    @Test
    void whatAllInSyncHaveIsCommitted() {
        IsrCore core = leading(image(1, 2, 3), 1, 0, 0);
        core.written(10, nowMs);
        acknowledge(core, 2, 10);
        assertEquals(0, core.highWatermark());
        acknowledge(core, 3, 7);
        assertEquals(7, core.highWatermark());
        acknowledge(core, 3, 12);
        assertEquals(10, core.highWatermark());
    }

    @Test
    void aLeaderAloneInSyncCommitsAtOnceUnlessMoreHaveToBe() {
        assertEquals(5, leading(image(1), 1, 5, 2).highWatermark());
        IsrCore tooFew = leading(image(1), 2, 5, 2);
        assertFalse(tooFew.isEnough());
        tooFew.written(9, nowMs);
        acknowledge(tooFew, 2, 9);
        assertEquals(2, tooFew.highWatermark());
        tooFew.become(image(1, 2));
        assertTrue(tooFew.isEnough());
        assertEquals(9, tooFew.highWatermark());
    }

    /// Two brokers cannot have more replicas in sync than there are.
    @Test
    void noMoreHaveToBeInSyncThanThereAre() {
        PartitionImage one = new PartitionImage(1, 4, 1, List.of(1), List.of(1), List.of());
        assertEquals(5, leading(one, 2, 5, 0).highWatermark());
    }

    /// As a coordinator writes whose transactions come one after the other: the next record is there in the moment in
    /// which the one before is committed, by the faster follower's word.
    @Test
    void whoIsAlwaysTheLastToAcknowledgeIsAskedInAllTheSame() {
        IsrCore core = leading(image(1, 2), 1, 5, 5);
        acknowledge(core, 2, 5);
        acknowledge(core, 3, 5);
        long end = 5;
        for (int i = 0; i <= IsrCore.STEADY_MS; i++) {
            nowMs++;
            core.written(end + 1, nowMs);
            acknowledge(core, 2, end + 1);
            core.written(end + 2, nowMs);
            acknowledge(core, 3, end + 1);
            end++;
        }
        assertEquals(List.of(1, 2, 3), requireNonNull(wish(core)).isr());
    }

    /// It would be elected without what is committed.
    @Test
    void whoLacksWhatIsCommittedInTheMomentOfTheWishIsNotAskedIn() {
        IsrCore core = leading(image(1, 2), 1, 5, 5);
        acknowledge(core, 2, 5);
        acknowledge(core, 3, 5);
        nowMs += IsrCore.STEADY_MS;
        core.written(6, nowMs);
        acknowledge(core, 2, 6);
        assertNull(wish(core));
        acknowledge(core, 3, 6);
        assertEquals(List.of(1, 2, 3), requireNonNull(wish(core)).isr());
    }

    @Test
    void whoIsAskedInCountsFromThenOn() {
        IsrCore core = leading(image(1, 2), 1, 5, 5);
        acknowledge(core, 2, 5);
        acknowledge(core, 3, 5);
        assertNull(wish(core), "not steady yet");
        nowMs += IsrCore.STEADY_MS;
        assertEquals(List.of(1, 2, 3), requireNonNull(wish(core)).isr());
        core.written(8, nowMs);
        acknowledge(core, 2, 8);
        assertEquals(5, core.highWatermark());
        acknowledge(core, 3, 6);
        assertEquals(6, core.highWatermark());
    }

    @Test
    void whoIsAskedOutCountsUntilThatIsSo() {
        IsrCore core = leading(image(1, 2, 3), 1, 5, 5);
        core.written(9, nowMs);
        acknowledge(core, 2, 9);
        nowMs += LAG_MS;
        acknowledge(core, 2, 9);
        assertEquals(List.of(1, 2), requireNonNull(wish(core)).isr());
        assertEquals(5, core.highWatermark());
        core.become(image(1, 2));
        assertEquals(9, core.highWatermark());
    }

    /// However long nothing is written.
    @Test
    void whoHasAllLagsBehindNobody() {
        IsrCore core = leading(image(1, 2, 3), 1, 5, 5);
        acknowledge(core, 2, 5);
        acknowledge(core, 3, 5);
        nowMs += 10 * LAG_MS;
        assertNull(wish(core));
    }

    /// What it lacks is never more than what was written just now.
    @Test
    void whoKeepsUpLagsNotThoughItNeverHasAll() {
        IsrCore core = leading(image(1, 2, 3), 2, 5, 5);
        for (long end = 6; end < 1_000; end++) {
            nowMs += 50;
            core.written(end, nowMs);
            acknowledge(core, 2, end - 1);
            acknowledge(core, 3, end - 3);
            assertNull(wish(core), "at " + end);
        }
        for (int i = 0; i < 200; i++) {
            nowMs += 50;
            core.written(1_000 + i, nowMs);
            acknowledge(core, 2, 999 + i);
            acknowledge(core, 3, 996 + i / 100);
        }
        assertEquals(List.of(1, 2), requireNonNull(wish(core)).isr(), "it falls behind ever more");
    }

    @Test
    void whoHadAllForHoursLagsNotFromTheNextRecordOn() {
        IsrCore core = leading(image(1, 2, 3), 1, 5, 5);
        acknowledge(core, 2, 5);
        acknowledge(core, 3, 5);
        nowMs += 100 * LAG_MS;
        core.written(6, nowMs);
        nowMs += 1;
        assertNull(wish(core));
        nowMs += LAG_MS;
        assertEquals(List.of(1), requireNonNull(wish(core)).isr());
    }

    /// Under load it has all of what there was at some moment, and never all that there is.
    @Test
    void whoHasComeBackUnderLoadStays() {
        IsrCore core = leading(image(1, 2), 2, 5, 5);
        acknowledge(core, 2, 5);
        nowMs += 3 * LAG_MS;
        List<Integer> isr = List.of(1, 2);
        for (long end = 6; end < 500; end++) {
            nowMs += 50;
            core.written(end, nowMs);
            acknowledge(core, 2, end - 1);
            acknowledge(core, 3, end - 1);
            IsrCore.Wish wish = wish(core);
            if (wish != null) {
                assertTrue(wish.isr().containsAll(isr), "nobody goes at " + end);
                isr = wish.isr();
                core.become(image(isr.toArray(Integer[]::new)));
            }
        }
        assertEquals(List.of(1, 2, 3), isr);
    }

    @Test
    void whoHasLostItsLinkLagsFromThenOn() {
        IsrCore core = leading(image(1, 2, 3), 1, 5, 5);
        acknowledge(core, 2, 5);
        acknowledge(core, 3, 5);
        nowMs += 10 * LAG_MS;
        core.lost(3, nowMs);
        nowMs += LAG_MS - 1;
        assertNull(wish(core));
        nowMs++;
        assertEquals(List.of(1, 2), requireNonNull(wish(core)).isr());
    }

    /// What the leader of now does not know to be committed may be, up to where its log ended when it began.
    @Test
    void nobodyComesInWithLessThanTheLeaderBeganWith() {
        IsrCore core = leading(image(1, 2), 2, 9, 4);
        acknowledge(core, 3, 8);
        nowMs += IsrCore.STEADY_MS;
        assertNull(wish(core));
        acknowledge(core, 3, 9);
        nowMs += IsrCore.STEADY_MS;
        assertEquals(List.of(1, 2, 3), requireNonNull(wish(core)).isr());
    }

    @Test
    void oneThatWaversIsNotAskedInWithEachWave() {
        IsrCore core = leading(image(1, 2), 1, 5, 5);
        acknowledge(core, 2, 5);
        for (int i = 0; i < 5; i++) {
            acknowledge(core, 3, 5);
            nowMs += IsrCore.STEADY_MS - 1;
            core.lost(3, nowMs);
            nowMs += 10;
        }
        acknowledge(core, 3, 5);
        assertNull(wish(core));
    }

    /// The cluster may have taken the later one by then.
    @Test
    void theRefusalOfAnEarlierWishSaysNothingOfALaterOne() {
        IsrCore core = leading(image(1, 2), 1, 5, 5);
        acknowledge(core, 2, 5);
        acknowledge(core, 3, 5);
        nowMs += IsrCore.STEADY_MS;
        IsrCore.Wish earlier = requireNonNull(wish(core));
        core.become(image(1));
        assertNotNull(wish(core));
        core.written(8, nowMs);
        core.refused(earlier, nowMs);
        assertEquals(5, core.highWatermark());
        assertNull(wish(core), "the later one is not answered");
    }

    @Test
    void whatWasRefusedIsAskedAgainAfterAWhile() {
        IsrCore core = leading(image(1, 2), 1, 5, 5);
        acknowledge(core, 2, 5);
        acknowledge(core, 3, 5);
        nowMs += IsrCore.STEADY_MS;
        IsrCore.Wish wish = requireNonNull(wish(core));
        core.refused(wish, nowMs);
        assertNull(wish(core));
        nowMs += IsrCore.REFUSED_PAUSE_MS;
        assertEquals(wish, wish(core));
    }
}
