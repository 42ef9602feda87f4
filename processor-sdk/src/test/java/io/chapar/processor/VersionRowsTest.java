package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Versions in rows, beside a map of everything that was ever put.
class VersionRowsTest {
    private static final long NO_TIME = -1;

    private final TaskState task = new States(Stages.of(Topology.versionedTable("t", "in", Serdes.string(),
            Serdes.string(), Duration.ofMillis(1)).toStream().forEach(record -> { }), new InternalNames("app")),
            new StateBudget(Long.MAX_VALUE)).of(new TopicPartition("in", 0));
    private final Map<String, TreeMap<Long, String>> all = new TreeMap<>();
    private long latestMs = NO_TIME;
    private long horizonMs;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static @Nullable String text(VersionRows.@Nullable Found found) {
        return found == null ? null : new String(found.value(), StandardCharsets.UTF_8) + "@" + found.fromMs() + "-"
                + found.toMs();
    }

    private @Nullable String expected(String key, long timeMs) {
        TreeMap<Long, String> versions = all.getOrDefault(key, new TreeMap<>());
        Map.Entry<Long, String> then = versions.floorEntry(timeMs);
        Long next = versions.higherKey(timeMs);
        boolean told = then != null && !then.getValue().isEmpty() && (next == null || timeMs >= horizonMs);
        return told ? then.getValue() + "@" + then.getKey() + "-" + next : null;
    }

    private List<String> expectedBetween(String key, long fromMs, long toMs) {
        List<String> told = new ArrayList<>();
        for (long time = fromMs; time <= toMs; time++) {
            String then = expected(key, time);
            if (then != null && (told.isEmpty() || !told.getLast().equals(then))) {
                told.add(then);
            }
        }
        return told;
    }

    private void put(VersionRows versions, String key, String value, long timeMs, long historyMs) {
        Changes changes = new Changes(task, () -> 0);
        VersionRows.Placed placed = versions.put(bytes(key), value.isEmpty() ? null : bytes(value), timeMs, historyMs,
                changes.of("t"));
        task.apply(changes);
        assertEquals(timeMs < horizonMs, placed == null);
        if (placed == null) {
            assertTrue(changes.isEmpty());
            return;
        }
        TreeMap<Long, String> known = all.computeIfAbsent(key, name -> new TreeMap<>());
        assertEquals(known.higherKey(timeMs) == null, placed.isLatest());
        Map.Entry<Long, String> before = known.floorEntry(timeMs);
        // Of a key that has nothing any more the version that says so may be gone.
        assertEquals(before == null || before.getValue().isEmpty() ? null : before.getValue(),
                placed.before() == null ? null : new String(placed.before(), StandardCharsets.UTF_8));
        known.put(timeMs, value);
        latestMs = Math.max(latestMs, timeMs);
        horizonMs = Math.max(horizonMs, latestMs - historyMs);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void whateverIsPutItTellsWhatWasThen(long seed) {
        Random random = new Random(seed);
        VersionRows versions = seed % 2 == 0 ? VersionRows.ofStep() : VersionRows.ofState("name");
        long historyMs = 60;
        for (int turn = 0; turn < 4_000; turn++) {
            String key = "k" + random.nextInt(5) + "x".repeat(random.nextInt(2));
            long jumpMs = random.nextInt(300) == 0 ? random.nextInt(100) : random.nextInt(3);
            long timeMs = Math.max(0, latestMs + jumpMs - (random.nextInt(3) == 0 ? random.nextInt(100) : 0));
            // A step may be given another history.
            historyMs = random.nextInt(500) == 0 ? random.nextInt(120) : historyMs;
            put(versions, key, random.nextInt(4) == 0 ? "" : "v" + turn, timeMs, historyMs);
            String asked = "k" + random.nextInt(5);
            long askedMs = latestMs + 2 - random.nextInt(150);
            Rows rows = task.rows("t");
            assertEquals(expected(asked, askedMs), text(versions.asOf(bytes(asked), askedMs, rows)));
            assertEquals(expected(asked, Long.MAX_VALUE), text(versions.latest(bytes(asked), rows)));
            assertEquals(horizonMs, versions.horizonMs(rows));
            if (turn % 10 == 0) {
                List<VersionRows.Found> told = versions.between(bytes(asked), askedMs, askedMs + 40, 1_000, rows);
                assertEquals(expectedBetween(asked, askedMs, askedMs + 40), told == null ? null
                        : told.stream().map(VersionRowsTest::text).toList());
            }
        }
    }

    private int rows() {
        return task.rows("t").range(new byte[0], new byte[] {(byte) 0xff}).size();
    }

    /// A jump in time costs no record the work of many, and all that is over goes.
    @Test
    void whatIsOverIsRemovedBitByBit() {
        VersionRows versions = VersionRows.ofStep();
        int many = 5 * VersionRows.MAX_SWEPT;
        for (int number = 0; number < many; number++) {
            put(versions, "k" + number % 3, number % 7 == 0 ? "" : "v" + number, number, 1_000_000);
        }
        int before = rows();
        put(versions, "other", "v", 10_000_000, 1_000);
        assertTrue(rows() > before - 2 * VersionRows.MAX_SWEPT - 1, () -> before + " rows, then " + rows());
        assertEquals("v" + (many - 1) + "@" + (many - 1) + "-null",
                text(versions.latest(bytes("k" + (many - 1) % 3), task.rows("t"))));
        assertNull(versions.asOf(bytes("k0"), 30, task.rows("t")));
        for (int number = 0; number < 5; number++) {
            put(versions, "other", "v" + number, 10_000_001, 1_000);
        }
        // Of three keys and of the other one what they have, what the other one had, that this is over, and the times.
        assertEquals(4 + 2 + 1, rows());
    }

    @Test
    void aVersionHasATimeAndIsNotOlderThanTheHistory() {
        VersionRows versions = VersionRows.ofStep();
        assertThrows(IllegalArgumentException.class, () -> put(versions, "k", "v", -1, 10));
        put(versions, "k", "a", 100, 10);
        put(versions, "k", "b", 90, 10);
        put(versions, "k", "c", 89, 10);
        assertEquals("b@90-100", text(versions.asOf(bytes("k"), 99, task.rows("t"))));
        assertNull(versions.asOf(bytes("k"), -1, task.rows("t")));
        put(versions, "k", "z", Long.MAX_VALUE, Long.MAX_VALUE);
        assertEquals("a@100-9223372036854775807", text(versions.asOf(bytes("k"), 1_000, task.rows("t"))));
        assertEquals("z@9223372036854775807-null", text(versions.asOf(bytes("k"), Long.MAX_VALUE, task.rows("t"))));
        assertNull(versions.between(bytes("k"), 0, Long.MAX_VALUE, 2, task.rows("t")));
        assertEquals(3, versions.between(bytes("k"), 0, Long.MAX_VALUE, 3, task.rows("t")).size());
    }
}
