package io.chapar.simulator;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertNull;

/// Seeds that once broke a promise, named after what was wrong.
///
/// A seed draws another world when the simulator learns something new. Each of these mistakes therefore has a test of
/// its own next to the code as well.
class FoundSeedsTest {
    private static void holds(long seed) {
        Simulation.Result result = Simulation.run(seed);
        assertNull(result.broken(), () -> "seed " + seed + ": " + result.broken() + "\n" + result.world() + "\n"
                + String.join("\n", result.trace().tail(60)));
    }

    @Test
    void batchesBehindOneThatWasGivenUpWereWrittenAgainUnderTheNextEpoch() {
        holds(177);
    }

    @Test
    void aWishOfUnknownOutcomeWasMadeAgainForALifeThatHadLostWhatItsBrokerHad() {
        holds(960);
    }

    @Test
    void aBeginningThatRetentionHadMovedWasShownBeforeItWasSaved() {
        holds(649);
    }

    @Test
    void whoWasEligibleStayedSoWhenALowerMinimumInSyncLetItsLeaderCommitAlone() {
        holds(1343);
    }

    /// What was too old when retention decided was young again when that was saved.
    @Test
    void aClockWentBackWhileRetentionSavedWhatItHadDecided() {
        holds(7337);
    }

    @Test
    void anOffsetWasGoneOnFromThatAnOpenTransactionChanged() {
        holds(62);
    }

    @Test
    void aTransactionWasCompleteWithoutItsMarkerInATopicWhoseNamesakeItsCoordinatorKnewAsDeleted() {
        holds(10_085);
    }

    @Test
    void aMarkerWasNotSeenWhileIndexesInFrontOfItWereBuiltAnew() {
        holds(5543);
    }

    @Test
    void twoCoordinatorsOfOnePartitionWereElectedWhereTheFirstWasWhileItWasLookedFor() {
        holds(2398);
    }

    @Test
    void aReplicaThatHadMovedAwayAndCameBackWasMissedForEverWhereTheNameOfItsTopicWasLost() {
        holds(3872);
    }

    @Test
    void aCopyWasRefusedInFrontOfItsFirstSendingWhichWasWrittenBeforeTheAnswerLeft() {
        holds(4506);
    }

    @Test
    void nothingWasDeletedAnyMoreOnceAHousekeepersCheckpointWasRefusedByTheDisk() {
        holds(4889);
    }

    @Test
    void nothingWasDeletedAnyMoreOnceAHousekeepersCheckpointWasRefusedByTheDiskOfALoneLoop() {
        holds(4792);
    }

    @Test
    void theEndOfATransactionWasLeftOutByWhoHadBegunItsLogAnewBehindIt() {
        holds(8960);
    }

    /// Here the judgement was wrong, not what was judged.
    @Test
    void whatALaterLeaderWroteWasTakenForWhatAnEarlierOneHadOnItsWayThere() {
        holds(1481);
    }

    /// And here.
    @Test
    void whatWasAcknowledgedInASegmentWhoseIndexWasBuiltAnewWasMissed() {
        holds(2052);
    }

    /// And here.
    @Test
    void aHighWatermarkInAHoleOfACompactedLogWasTakenForTooHighALastStableOffset() {
        holds(4614);
    }

    /// And here.
    @Test
    void aTransactionWasTakenForOverWhoseRecordsCompactionHadTakenButNotTheMarkerBehindTheHighWatermark() {
        holds(4169);
    }

    /// And here.
    @Test
    void aDecisionWasMissedWhoseLogWentOfflineInTheTaskInWhichItWasCommitted() {
        holds(3271);
    }

    /// And here.
    @Test
    void aRegistrationOfALifeBeforeWasMissedThatAFollowerHadNotYetConfirmed() {
        holds(52_000);
    }

    /// Here as well: each log is synced by itself after a start, and the coordinator's came later. With `flush.acks`,
    /// and without.
    @ParameterizedTest
    @ValueSource(longs = {5005, 3618})
    void aRegistrationThatStoodInItsLogWasMissedWhereThatLogCountedAsCommittedAgainLater(long seed) {
        holds(seed);
    }

    /// And here.
    @Test
    void aProcessorThatEndsATransactionAfterEachRecordWasToBeDoneSoonerThanItsFollowersConfirmThat() {
        holds(9449);
    }
}
