package io.chapar.processor;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RecentRowsTest {
    private static final long MAX = 10_000;
    private final RecentRows recent = new RecentRows();

    private static byte[] key(int number) {
        return new byte[] {(byte) (number >> 8), (byte) number};
    }

    private byte @Nullable [] value(int number) {
        return RecentRows.value(requireNonNull(recent.find(key(number), MAX), "it is known"));
    }

    @Test
    void whatAKeyHasIsKnownAndThatItHasNothing() {
        assertNull(recent.find(key(1), MAX));
        recent.put(key(1), new byte[0], MAX);
        recent.put(key(2), null, MAX);
        assertArrayEquals(new byte[0], value(1));
        assertNull(value(2));
        recent.put(key(1), null, MAX);
        recent.put(key(2), new byte[] {7}, MAX);
        assertNull(value(1));
        assertArrayEquals(new byte[] {7}, value(2));
        recent.clear();
        assertNull(recent.find(key(2), MAX));
    }

    @Test
    void whatIsAskedForStaysAndTheRestGoesWhenThereIsNoRoom() {
        for (int number = 0; number < 1_000; number++) {
            recent.put(key(number), new byte[] {(byte) number}, MAX);
            assertArrayEquals(new byte[] {0}, value(0));
            assertTrue(recent.count() <= MAX / 150 + 2, () -> recent.count() + " are kept");
        }
        assertNull(recent.find(key(1), MAX));
        assertArrayEquals(new byte[] {(byte) 999}, value(999));
    }

    /// However large values are, and though the share of the store has become smaller; what was known of their keys
    /// before is not true any more.
    @Test
    void whatTakesMoreThanThereIsRoomForIsNotKept() {
        for (int number = 1; number <= 4; number++) {
            recent.put(key(number), new byte[2_000], MAX);
        }
        assertEquals(4, recent.count());
        recent.put(key(1), new byte[20_000], MAX);
        recent.put(key(4), new byte[20_000], MAX);
        assertNull(recent.find(key(1), MAX));
        assertNull(recent.find(key(4), MAX));
        assertEquals(2_000, requireNonNull(recent.find(key(2), 1_000), "it was there").length);
        assertNull(recent.find(key(2), MAX));
        assertEquals(1, recent.count());
    }

    /// Also where each takes nearly as much as one may.
    @Test
    void whatIsKeptTakesNoMoreThanThereIsRoomFor() {
        for (int number = 0; number < 100; number++) {
            recent.put(key(number), new byte[2_500 + 20 * number], MAX);
            assertTrue(recent.count() <= 2, () -> recent.count() + " are kept");
        }
    }
}
