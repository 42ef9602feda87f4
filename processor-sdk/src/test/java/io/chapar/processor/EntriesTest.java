package io.chapar.processor;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
