package io.chapar.bench.apps;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A figure of an application that lost something, or did it twice, must not come to be.
final class OutputCheckTest {
    private static final Numbered NUMBERED = new Numbered("k-", 3);

    private final OutputCheck stateless = new OutputCheck(NUMBERED, AppKind.STATELESS, 7);

    private void took(int number) {
        assertEquals(number, stateless.add(NUMBERED.key(number), Numbered.changed(NUMBERED.value(number))));
    }

    private String complaint() {
        return String.valueOf(assertThrows(IllegalStateException.class, () -> stateless.requireExactlyOnce("It"))
                .getMessage());
    }

    @Test
    void eachRecordOnceInTheOrderOfItsKeyIsRight() {
        for (int number : new int[] {1, 0, 4, 2, 3, 5, 6}) {
            assertFalse(stateless.isComplete());
            took(number);
        }
        assertTrue(stateless.isComplete());
        stateless.requireExactlyOnce("It");
    }

    @Test
    void aRecordThatIsMissingIsTold() {
        for (int number = 0; number < 6; number++) {
            took(number);
        }
        assertTrue(complaint().contains("1 are missing, 0 came twice, 0 out of order"), complaint());
    }

    @Test
    void aRecordThatCameTwiceIsTold() {
        for (int number : new int[] {0, 1, 2, 3, 3, 4, 5, 6}) {
            took(number);
        }
        assertTrue(complaint().contains("0 are missing, 1 came twice, 0 out of order"), complaint());
    }

    @Test
    void recordsOfAKeyThatChangedPlacesAreTold() {
        for (int number : new int[] {3, 0, 1, 2, 4, 5, 6}) {
            took(number);
        }
        assertTrue(complaint().contains("0 are missing, 0 came twice, 1 out of order"), complaint());
    }

    @Test
    void anOutputOfNoRecordIsTold() {
        for (int number = 0; number < 7; number++) {
            took(number);
        }
        assertEquals(-1, stateless.add("k-1", NUMBERED.value(7)));
        assertTrue(complaint().contains("of 8 outputs 1 are of no record"), complaint());
    }

    /// The second record of the key `k-1` is the fifth of all.
    @Test
    void aCountTellsWhichRecordItIsOf() {
        OutputCheck counts = new OutputCheck(NUMBERED, AppKind.COUNT, 7);
        assertEquals(4, counts.add("k-1", ByteBuffer.allocate(8).putLong(2).array()));
        assertEquals(0, counts.add("k-0", ByteBuffer.allocate(8).putLong(1).array()));
        assertEquals(-1, counts.add("k-0", ByteBuffer.allocate(8).putLong(0).array()));
    }
}
