package io.chapar.processor;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class EntriesTest {
    private static final int KEYS = 200;

    private static byte[] bytes(int number) {
        return new byte[] {(byte) (number * 31), (byte) number};
    }

    private static List<String> texts(NavigableMap<byte[], byte[]> entries) {
        List<String> texts = new ArrayList<>();
        entries.forEach((key, value) -> texts.add(Arrays.toString(key) + Arrays.toString(value)));
        return texts;
    }

    /// Whenever somebody asks for the order: it is that of a map which has always kept it.
    @Test
    void itIsAMapAndFromWhenItIsAskedForAnOrderedOne() {
        for (int askedAt : new int[] {0, 500, 999}) {
            Random random = new Random(7);
            Entries entries = new Entries();
            NavigableMap<byte[], byte[]> expected = Store.entries();
            for (int step = 0; step < 1_000; step++) {
                byte[] key = bytes(random.nextInt(KEYS));
                byte[] value = bytes(step);
                if (random.nextInt(3) == 0) {
                    assertArrayEquals(expected.remove(key), entries.remove(key));
                } else {
                    assertArrayEquals(expected.put(key, value), entries.put(key, value));
                }
                assertArrayEquals(expected.get(key), entries.get(key));
                assertEquals(expected.size(), entries.size());
                if (step >= askedAt) {
                    assertEquals(texts(expected), texts(entries.inOrder()));
                }
            }
            NavigableMap<byte[], byte[]> each = Store.entries();
            entries.forEach(each::put);
            assertEquals(texts(expected), texts(each));
            entries.clear();
            assertTrue(entries.isEmpty());
            assertTrue(entries.inOrder().isEmpty());
        }
    }

    /// The first one stands alone.
    @Test
    void oneEntryIsAMapToo() {
        Entries entries = new Entries();
        assertNull(entries.put(bytes(1), bytes(10)));
        assertNull(entries.get(bytes(2)));
        assertNull(entries.remove(bytes(2)));
        assertArrayEquals(bytes(10), entries.put(bytes(1), bytes(11)));
        assertArrayEquals(bytes(11), entries.get(bytes(1)));
        assertEquals(1, entries.size());
        assertEquals(1, entries.inOrder().size());
        assertArrayEquals(bytes(11), entries.remove(bytes(1)));
        assertTrue(entries.isEmpty());
        assertTrue(entries.inOrder().isEmpty());
        entries.put(bytes(3), bytes(30));
        entries.clear();
        assertNull(entries.get(bytes(3)));
        entries.put(bytes(4), bytes(40));
        entries.put(bytes(5), bytes(50));
        assertArrayEquals(bytes(40), entries.get(bytes(4)));
        assertEquals(2, entries.size());
    }

    /// Arrays of one hash are told apart.
    @Test
    void keysOfOneHashAreTwo() {
        byte[] one = {0, 31};
        byte[] other = {1, 0};
        assertEquals(Arrays.hashCode(one), Arrays.hashCode(other));
        Entries entries = new Entries();
        entries.put(one, bytes(1));
        entries.put(other, bytes(2));
        assertArrayEquals(bytes(1), entries.get(one.clone()));
        assertArrayEquals(bytes(2), entries.get(other.clone()));
    }
}
