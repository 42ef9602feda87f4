package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.quorum.VoterRemoval.Outcome;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class VoterRemovalTest {
    private final VoterRemoval removal = new VoterRemoval();

    @Test
    void whoGetsNoMoreEntriesWasTakenOutForGood() {
        assertFalse(removal.counted(true));
        removal.applied();
        assertTrue(removal.counted(false));
        assertEquals(Outcome.FOR_GOOD, removal.after(removal.entries()));
    }

    @Test
    void whoWasLetInAgainMeetsBothListsAndGoesOn() {
        assertTrue(removal.counted(false));
        long before = removal.entries();
        removal.applied();
        assertEquals(Outcome.NOT_KNOWN, removal.after(before), "there may be more to come");
        assertFalse(removal.counted(true));
        assertEquals(Outcome.TAKEN_BACK, removal.after(removal.entries()));
    }

    @Test
    void whatWasTakenBackCanComeAgain() {
        assertTrue(removal.counted(false));
        assertFalse(removal.counted(false), "that is looked at already");
        removal.counted(true);
        assertTrue(removal.counted(false));
    }
}
