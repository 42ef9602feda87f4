package io.chapar.broker.partition;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class HighWatermarkTest {
    @Test
    void withoutFollowersItIsWhatIsWritten() {
        HighWatermark mark = new HighWatermark(3);
        mark.begin(List.of());
        assertEquals(3, mark.value());
        assertTrue(mark.written(5));
        assertEquals(5, mark.value());
        assertFalse(mark.written(5));
    }

    @Test
    void itWaitsForTheSlowestInSync() {
        HighWatermark mark = new HighWatermark(0);
        mark.begin(List.of(2, 3));
        assertFalse(mark.written(10));
        assertFalse(mark.acknowledged(2, 10));
        assertEquals(0, mark.value());
        assertTrue(mark.acknowledged(3, 4));
        assertEquals(4, mark.value());
        assertFalse(mark.acknowledged(3, 2));
        assertTrue(mark.acknowledged(3, 100));
        assertEquals(10, mark.value());
    }

    @Test
    void whatWasAcknowledgedInAnEarlierLeadershipDoesNotCount() {
        HighWatermark mark = new HighWatermark(0);
        mark.begin(List.of(2));
        mark.written(10);
        mark.acknowledged(2, 6);
        mark.begin(List.of(2));
        assertFalse(mark.written(20));
        assertEquals(6, mark.value());
        assertTrue(mark.acknowledged(2, 7));
    }

    @Test
    void whoIsNotInSyncDoesNotCount() {
        HighWatermark mark = new HighWatermark(0);
        mark.begin(List.of(2));
        mark.written(10);
        assertFalse(mark.acknowledged(3, 10));
        assertEquals(0, mark.value());
    }

    /// Steps: a negative number begins a leadership with that many followers, another acknowledges or writes.
    @Property(tries = 300)
    void itNeverFallsAndNeverPassesAReplicaInSync(
            @ForAll @Size(max = 40) List<@IntRange(min = -3, max = 30) Integer> steps) {
        HighWatermark mark = new HighWatermark(0);
        TreeMap<Integer, Integer> has = new TreeMap<>();
        List<Integer> inSync = new ArrayList<>();
        mark.begin(inSync);
        long before = 0;
        int who = 0;
        for (int step : steps) {
            if (step < 0) {
                inSync.clear();
                has.keySet().removeIf(node -> node != 0);
                for (int node = 1; node <= -step; node++) {
                    inSync.add(node);
                }
                mark.begin(inSync);
            } else {
                who = (who + 1) % (inSync.size() + 1);
                has.merge(who, step, who == 0 ? (_, to) -> to : Math::max);
                if (who == 0) {
                    mark.written(step);
                } else {
                    mark.acknowledged(who, step);
                }
            }
            assertTrue(mark.value() >= before);
            if (mark.value() > before) {
                long risen = mark.value();
                assertTrue(has.getOrDefault(0, 0) >= risen);
                assertTrue(inSync.stream().allMatch(node -> has.getOrDefault(node, -1) >= risen));
            }
            before = mark.value();
        }
    }
}
