package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.function.BiConsumer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What is due of a join whose sides wait for unlike times, and how many rows are read to find it.
class JoinDueTest {
    private static final Serde<String> TEXT = Serdes.string();
    private static final int MANY = 300;
    private static final StreamRecord.Origin ORIGIN = new StreamRecord.Origin("in", 0, 0);

    private final StateBudget budget = new StateBudget(Long.MAX_VALUE);
    private final CountedRows committed = new CountedRows(new MemoryRows(budget));
    private final Store store = new Store(budget, committed);
    private final StepState state = new OfStore(store);
    private final List<String> results = new ArrayList<>();

    /// Counts the rows that searches look at.
    private static final class CountedRows implements CommittedRows {
        private final CommittedRows rows;
        private int read;

        CountedRows(CommittedRows rows) {
            this.rows = rows;
        }

        @Override
        public void open() {
            rows.open();
        }

        @Override
        public byte @Nullable [] get(byte[] key) {
            return rows.get(key);
        }

        @Override
        public Map.@Nullable Entry<byte[], byte[]> first(byte[] from, byte[] to) {
            read++;
            return rows.first(from, to);
        }

        @Override
        public Map.@Nullable Entry<byte[], byte[]> last(byte[] from, byte[] to) {
            read++;
            return rows.last(from, to);
        }

        @Override
        public SortedMap<byte[], byte[]> range(byte[] from, byte[] to) {
            SortedMap<byte[], byte[]> found = rows.range(from, to);
            read += found.size();
            return found;
        }

        @Override
        public void from(byte[] from, int atMost, BiConsumer<byte[], byte[]> each) {
            rows.from(from, atMost, each);
        }

        @Override
        public void commit(Overlay changes, @Nullable Standing standing) {
            rows.commit(changes, standing);
        }

        @Override
        public @Nullable Standing standing() {
            return rows.standing();
        }

        @Override
        public void clear() {
            rows.clear();
        }

        @Override
        public void close() {
            rows.close();
        }
    }

    private record OfStore(Store store) implements StepState {
        @Override
        public byte @Nullable [] get(byte[] key) {
            return store.get(key);
        }

        @Override
        public Map.@Nullable Entry<byte[], byte[]> first(byte[] from, byte[] to) {
            return store.first(from, to);
        }

        @Override
        public Map.@Nullable Entry<byte[], byte[]> last(byte[] from, byte[] to) {
            return store.last(from, to);
        }

        @Override
        public SortedMap<byte[], byte[]> range(byte[] from, byte[] to) {
            return store.range(from, to);
        }

        @Override
        public void put(byte[] key, byte @Nullable [] value) {
            store.put(key, value);
        }

        @Override
        public void late(String why, @Nullable String topic) {
            throw new AssertionError(why);
        }

        @Override
        public void passedOver() {
            throw new AssertionError("every record has a key and a value");
        }

        @Override
        public long wallClockMs() {
            return 0;
        }
    }

    private static WindowJoin<String, String, String, String> join(JoinRows.Side side, JoinWindows windows) {
        return new WindowJoin<>("join", side, side == JoinRows.Side.LEFT ? windows : windows.mirrored(), true, true,
                TEXT, TEXT, TEXT, (own, other) -> own + "+" + other);
    }

    private SideStep.Found found() {
        return new SideStep.Found() {
            @Override
            public StepState of(String step) {
                return state;
            }

            @Override
            public void passedOver() {
                state.passedOver();
            }
        };
    }

    private void pipe(WindowJoin<String, String, String, String> to, String name, long timeMs) {
        to.accept(new StreamRecord<>(name, name, timeMs, List.of(), ORIGIN), found(),
                result -> results.add(String.valueOf(result.value())));
    }

    private void giveAllDue(WindowJoin<String, String, String, String> join) {
        for (byte[] row = join.due(store, 0); row != null; row = join.due(store, 0)) {
            join.fire(row, ORIGIN, found(), result -> results.add(String.valueOf(result.value())));
        }
    }

    private void commit() {
        store.commit(true, 0);
    }

    @Test
    void resultsThatCloseTogetherReadEachWaitingRowAFewTimes() {
        JoinWindows windows = new JoinWindows(0, 1_000_000, 0);
        WindowJoin<String, String, String, String> left = join(JoinRows.Side.LEFT, windows);
        WindowJoin<String, String, String, String> right = join(JoinRows.Side.RIGHT, windows);
        for (int number = 0; number < MANY; number++) {
            pipe(left, "l" + number, number);
        }
        for (int number = 0; number < MANY; number++) {
            pipe(right, "r" + number, MANY);
        }
        pipe(left, "last", MANY + 1);
        commit();
        committed.read = 0;
        giveAllDue(left);
        assertEquals(MANY, results.size(), "rights have closed");
        assertTrue(committed.read <= 10 * MANY, committed.read + " rows were read");
    }

    @Test
    void whereNothingIsDueWaitingRowsAreNotReadAtEachRecord() {
        JoinWindows windows = new JoinWindows(0, 1_000_000, 0);
        WindowJoin<String, String, String, String> left = join(JoinRows.Side.LEFT, windows);
        for (int number = 0; number < MANY; number++) {
            pipe(left, "l" + number, number);
        }
        commit();
        int read = 0;
        for (int number = 0; number < MANY; number++) {
            pipe(left, "more" + number, MANY + number);
            commit();
            committed.read = 0;
            assertNull(left.due(store, 0));
            assertNull(left.due(store, 0));
            read += committed.read;
        }
        assertTrue(read <= 10 * MANY, read + " rows were read");
    }

    @Test
    void whatWasGivenIsDueAgainAfterARollback() {
        JoinWindows windows = new JoinWindows(0, 100, 0);
        WindowJoin<String, String, String, String> left = join(JoinRows.Side.LEFT, windows);
        WindowJoin<String, String, String, String> right = join(JoinRows.Side.RIGHT, windows);
        pipe(left, "a", 1);
        pipe(right, "b", 2);
        pipe(right, "c", 3);
        pipe(left, "d", 4);
        commit();
        giveAllDue(left);
        store.rollback();
        giveAllDue(left);
        assertEquals(List.of("null+b", "null+c", "null+b", "null+c"), results);
    }

    /// By all rows, the first that has closed.
    private static byte @Nullable [] plainDue(Store store, JoinWindows windows, long streamTime) {
        for (byte[] row : store.entriesNow().keySet()) {
            if (row[0] == 'w') {
                JoinRows.Waiting waiting = JoinRows.Waiting.of(row);
                long after = waiting.side() == JoinRows.Side.LEFT ? windows.afterMs() : windows.beforeMs();
                if (waiting.timeMs() + after + windows.graceMs() < streamTime) {
                    return row;
                }
            }
        }
        return null;
    }

    /// Rows come anywhere, and go back and forth, whatever has been searched before.
    @Test
    void itIsTheFirstOfAllThatHasClosed() {
        Random random = new Random(7);
        JoinRows rows = new JoinRows(state);
        JoinWindows windows = new JoinWindows(3, 25, 2);
        WindowJoin<String, String, String, String> left = join(JoinRows.Side.LEFT, windows);
        int due = 0;
        for (int step = 0; step < 5_000; step++) {
            long streamTime = JoinRows.time(store, JoinRows.BOTH);
            byte[] expected = plainDue(store, windows, streamTime);
            switch (random.nextInt(12)) {
                case 0 -> store.rollback();
                case 1 -> commit();
                case 2 -> store.restore(new byte[] {'y'}, new byte[0]);
                case 3, 4 -> {
                    rows.advance(JoinRows.BOTH, streamTime + random.nextInt(6));
                    rows.advance(JoinRows.Side.LEFT.clock(), JoinRows.time(store, JoinRows.BOTH));
                }
                case 5, 6, 7 -> rows.await(random.nextBoolean() ? JoinRows.Side.LEFT : JoinRows.Side.RIGHT,
                        new byte[] {(byte) random.nextInt(3)}, Math.max(0, streamTime - random.nextInt(40)),
                        new byte[] {1});
                default -> {
                    byte[] found = left.due(store, 0);
                    assertArrayEquals(expected, found, () -> "not " + Arrays.toString(found));
                    if (found != null) {
                        due++;
                        store.put(found, null);
                    }
                }
            }
        }
        assertTrue(due > 500, "so many were due: " + due);
    }
}
