package io.chapar.processor;

import io.chapar.client.UsageException;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

import java.util.Random;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class FinishedAboveTest {
    /// What brokers keep of metadata if not told otherwise.
    private static final int MAX_METADATA = 4_096;

    @Property(tries = 300)
    void whatIsFinishedIsKnownAgain(@ForAll @LongRange(min = 0, max = 1L << 50) long base,
            @ForAll @Size(max = 60) Set<@IntRange(max = 400) Integer> offsets,
            @ForAll @IntRange(max = 500) int advance) {
        FinishedAbove finished = new FinishedAbove(base);
        offsets.forEach(offset -> finished.add(base + offset));
        finished.advanceTo(base + advance);
        FinishedAbove read = FinishedAbove.read(base + advance, finished.metadata());
        for (int offset = 0; offset < 500; offset++) {
            boolean expected = offset >= advance && offsets.contains(offset);
            assertEquals(expected, finished.contains(base + offset));
            assertEquals(expected, read.contains(base + offset));
        }
    }

    @Example
    void theMostThatMayBeFinishedAboveFitsIntoTheMetadata() {
        Random chance = new Random(7);
        for (int one = 2; one < 40; one++) {
            FinishedAbove finished = new FinishedAbove(5);
            for (int offset = 0; offset < FinishedAbove.SPAN; offset++) {
                if (chance.nextInt(one) == 0) {
                    finished.add(5L + offset);
                }
            }
            int length = finished.metadata().length();
            assertTrue(length < MAX_METADATA, "one of " + one + " finished takes " + length);
        }
        FinishedAbove allButTheFirst = new FinishedAbove(0);
        for (int offset = 1; offset < FinishedAbove.SPAN; offset++) {
            allButTheFirst.add(offset);
        }
        assertEquals(24, allButTheFirst.metadata().length());
        assertThrows(IllegalArgumentException.class, () -> allButTheFirst.add(FinishedAbove.SPAN));
    }

    @Example
    void whatOthersHaveWrittenSaysNothingAndWhatIsDamagedIsRefused() {
        assertFalse(FinishedAbove.read(3, "by hand").contains(3));
        assertFalse(FinishedAbove.read(3, "").contains(3));
        assertThrows(UsageException.class, () -> FinishedAbove.read(3, "chapar-finished-2:AAAA"));
        for (String damaged : new String[] {"", "A", "*", "cv////8P", "cgGAgICAgICA", "YQ"}) {
            assertThrows(UsageException.class, () -> FinishedAbove.read(3, "chapar-finished-1:" + damaged), damaged);
        }
    }
}
