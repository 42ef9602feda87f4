package io.chapar.broker.log.compact;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class KeyOffsetsTest {
    private static ByteBuffer key(int n) {
        return ByteBuffer.allocate(4).putInt(n).flip();
    }

    private static KeyOffsets shown(KeyOffsets offsets, int n) {
        offsets.begin();
        offsets.piece(key(n).limit(1));
        offsets.piece(key(n).position(1));
        return offsets;
    }

    @Property(tries = 200)
    void itIsAMapUntilItIsFull(@ForAll @Size(max = 300) List<@IntRange(max = 40) Integer> keys,
            @ForAll @IntRange(min = 1, max = 60) int slots) {
        KeyOffsets offsets = new KeyOffsets((long) slots * KeyOffsets.BYTES_PER_SLOT, 1000, 100);
        Map<Integer, Long> model = new TreeMap<>();
        long offset = 100;
        for (int key : keys) {
            if (!shown(offsets, key).put(offset)) {
                assertFalse(model.containsKey(key), "a known key needs no room");
                break;
            }
            model.put(key, offset++);
        }
        assertEquals(offset - 1, offsets.latest());
        assertEquals(model.size(), offsets.size());
        for (int key = 0; key <= 40; key++) {
            assertEquals(model.getOrDefault(key, -1L), shown(offsets, key).newest());
        }
    }

    @Test
    void atLeastOneKeyFits() {
        KeyOffsets offsets = new KeyOffsets(1, Long.MAX_VALUE, 0);
        assertTrue(shown(offsets, 1).put(0));
        assertFalse(shown(offsets, 2).put(1));
        assertTrue(shown(offsets, 1).put(2));
    }

    @Test
    void noMoreRoomIsTakenThanKeysCanCome() {
        KeyOffsets offsets = new KeyOffsets(Integer.MAX_VALUE, 10, 0);
        for (int i = 0; i < 10; i++) {
            assertTrue(shown(offsets, i).put(i));
        }
        assertEquals(10, offsets.size());
    }
}
