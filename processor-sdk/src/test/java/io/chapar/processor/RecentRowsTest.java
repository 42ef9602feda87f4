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
        recent.put(key(998), new byte[20_000], MAX);
        recent.put(key(997), new byte[20_000], MAX);
        assertEquals(1, recent.count());
    }
}
