package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Consumer;

/// One value for each key and sliding window: `time i64 | value` in [WindowRows], at the window's start. A window is
/// kept while a record that may still come can be in one that shares records with it; so with `emitFinal` the rows say
/// which one is due to be given.
///
/// The windows that a record makes follow from those that are there: the one that ends at it begins with what the last
/// one before it has; the one behind it with what the first one after it has; and a record before it whose following
/// window was empty so far gets that one.
record SlidingFold<K, V, A>(String name, SlidingWindows windows, boolean emitFinal, @Nullable String lateTopic,
        Serde<K> keySerde, Serde<A> valueSerde, Fold.Next<K, V, A> next)
        implements TimedStep<K, V, Windowed<K>, A> {
    @Override
    public Layout layout() {
        return new Layout("sliding windows of " + windows.differenceMs() + " ms", 1);
    }

    @Override
    public boolean keysAreIndependent() {
        return false;
    }

    @Override
    public void accept(StreamRecord<K, V> record, StepState state, Consumer<StreamRecord<Windowed<K>, A>> out) {
        K key = record.key();
        V value = record.value();
        if (key == null || value == null) {
            state.passedOver();
            return;
        }
        long time = record.timestampMs();
        if (time < 0) {
            throw new IllegalArgumentException("A record without a time is in no window");
        }
        WindowRows rows = new WindowRows(state);
        WindowClock clock = clock(state).at(time, windows.graceMs());
        long closed = clock.closedMs();
        if (time + 1 + windows.differenceMs() <= closed) {
            state.late("late: its time is " + time + ", and step " + name + " has closed every window that ends before "
                    + closed, lateTopic);
        } else {
            Turn turn = new Turn(record, key, value, rows, closed, out);
            if (time < windows.differenceMs()) {
                turn.early();
            } else {
                turn.later();
            }
        }
        byte[] due = emitFinal ? dueAt(clock, state) : null;
        rows.keep(clock.withDue(due));
        if (clock.hasClosedMore()) {
            forget(rows, Math.min(forgotten(clock), due == null ? Long.MAX_VALUE : atOf(due)));
        }
    }

    /// Windows that end before it closed have closed.
    private WindowClock clock(Rows rows) {
        return WindowRows.clock(rows, windows.graceMs());
    }

    /// Of windows that begin before this no record can want to know any more.
    private long forgotten(WindowClock clock) {
        return clock.closedMs() - 3 * windows.differenceMs();
    }

    /// The first window that had not been given, or the first one that has closed since.
    private byte @Nullable [] dueAt(WindowClock clock, Rows rows) {
        return clock.due() != null ? clock.due() : WindowRows.firstPlace(rows,
                clock.keptMs() - windows.differenceMs(), clock.closedMs() - windows.differenceMs());
    }

    private void forget(WindowRows rows, long end) {
        rows.places(0, end).forEach(place -> rows.remove(WindowRows.Place.ofPlace(place)));
    }

    private static long atOf(byte[] place) {
        return WindowRows.Place.ofPlace(place).at();
    }

    @Override
    public boolean hasTimers() {
        return emitFinal;
    }

    /// In the order of their starts, then of the keys' bytes.
    @Override
    public byte @Nullable [] due(Rows rows, long wallClockMs) {
        return clock(rows).due();
    }

    @Override
    public long nextWallClockMs(Rows rows) {
        return Long.MAX_VALUE;
    }

    @Override
    public void fire(byte[] row, StreamRecord.Origin origin, StepState state,
            Consumer<StreamRecord<Windowed<K>, A>> out) {
        if (!Arrays.equals(row, clock(state).due())) {
            return;
        }
        WindowRows.Place place = WindowRows.Place.ofPlace(row);
        byte[] kept = new WindowRows(state).get(place);
        discard(row, state);
        K key = Objects.requireNonNull(keySerde.deserialize(name, place.key()), "a key");
        out.accept(new StreamRecord<>(windowed(key, place.at()), value(kept), timeOf(kept), List.of(), origin));
    }

    /// The one behind it is due, if it has closed too.
    @Override
    public void discard(byte[] row, StepState state) {
        WindowRows rows = new WindowRows(state);
        WindowClock clock = clock(state);
        rows.keep(clock.withDue(WindowRows.placeBehind(state, row, clock.closedMs() - windows.differenceMs())));
        WindowRows.Place place = WindowRows.Place.ofPlace(row);
        if (place.at() < forgotten(clock)) {
            rows.remove(place);
        }
    }

    @Override
    public SourceRecord forPeople(SourceRecord due, Rows rows) {
        WindowRows.Place place = WindowRows.Place.ofPlace(DueStep.rowOf(due));
        return DueStep.shown(due, Windowed.bytes(place.key(), place.at()), rows.get(place.row()));
    }

    private Windowed<K> windowed(K key, long start) {
        return new Windowed<>(key, start, start + windows.differenceMs());
    }

    private static long timeOf(byte[] row) {
        return ByteBuffer.wrap(row).getLong();
    }

    private @Nullable A value(byte[] row) {
        return valueSerde.deserialize(name, Arrays.copyOfRange(row, Long.BYTES, row.length));
    }

    /// One record among the windows of its key.
    private final class Turn {
        private final StreamRecord<K, V> record;
        private final K key;
        private final byte[] keyBytes;
        private final V value;
        private final WindowRows rows;
        private final long closed;
        private final Consumer<StreamRecord<Windowed<K>, A>> out;
        private final long time;
        private final TreeSet<Long> starts = new TreeSet<>();
        /// The latest record before this one, as far as its following window is not there.
        private @Nullable Long previous;

        Turn(StreamRecord<K, V> record, K key, V value, WindowRows rows, long closed,
                Consumer<StreamRecord<Windowed<K>, A>> out) {
            this.record = record;
            this.key = key;
            keyBytes = Objects.requireNonNull(keySerde.serialize(name, key), "a key has bytes");
            this.value = value;
            this.rows = rows;
            this.closed = closed;
            this.out = out;
            time = record.timestampMs();
        }

        /// The latest windows come first.
        void later() {
            byte[] following = null;
            byte[] ending = null;
            boolean ends = false;
            boolean follows = false;
            for (Map.Entry<byte[], byte[]> window : around(2 * windows.differenceMs()).descendingMap().entrySet()) {
                long start = WindowRows.Place.ofRow(window.getKey()).at();
                long end = start + windows.differenceMs();
                byte[] row = window.getValue();
                starts.add(start);
                if (start == time + 1) {
                    follows = true;
                } else if (end > time) {
                    following = following == null ? row : following;
                    update(start, row);
                } else if (end == time) {
                    ends = true;
                    update(start, row);
                    if (timeOf(row) >= time) {
                        return;
                    }
                    previous = timeOf(row);
                } else {
                    ending = row;
                    previous = timeOf(row);
                    break;
                }
            }
            if (previous != null && previous + 1 + windows.differenceMs() >= time) {
                followPrevious();
            }
            if (!ends) {
                boolean shared = previous != null && time - windows.differenceMs() <= previous;
                update(time - windows.differenceMs(), shared ? ending : null);
            }
            if (!follows) {
                follow(following);
            }
        }

        /// The record's window would begin before 1970: it is that from then on.
        void early() {
            byte[] first = null;
            byte[] following = null;
            boolean follows = false;
            for (Map.Entry<byte[], byte[]> window : around(time).entrySet()) {
                long start = WindowRows.Place.ofRow(window.getKey()).at();
                byte[] row = window.getValue();
                starts.add(start);
                if (start == 0) {
                    first = row;
                    previous = timeOf(row) < time ? (Long) timeOf(row) : null;
                } else if (start <= time) {
                    following = row;
                    update(start, row);
                } else {
                    follows = true;
                }
            }
            if (!follows) {
                follow(following == null ? first : following);
            }
            followPrevious();
            update(0, first);
        }

        private NavigableMap<byte[], byte[]> around(long back) {
            return rows.of(keyBytes, time - back, time + 1);
        }

        /// The window behind the record before this one, if it was empty so far, has this one.
        private void followPrevious() {
            if (previous != null && !starts.contains(previous + 1)) {
                update(previous + 1, null);
            }
        }

        /// The window behind this record has what `later` has, if that is behind this record; null: nothing has.
        private void follow(byte @Nullable [] later) {
            if (later != null && timeOf(later) > time) {
                rows.put(place(time + 1), later);
                emit(time + 1, value(later), timeOf(later));
            }
        }

        /// `before` null: nothing is in it yet.
        private void update(long start, byte @Nullable [] before) {
            if (start + windows.differenceMs() < closed) {
                return;
            }
            A after = next.of(key, value, before == null ? null : value(before));
            long latest = before == null ? time : Math.max(time, timeOf(before));
            byte[] bytes = valueSerde.serialize(name, after);
            if (bytes == null) {
                rows.remove(place(start));
            } else {
                rows.put(place(start),
                        ByteBuffer.allocate(Long.BYTES + bytes.length).putLong(latest).put(bytes).array());
            }
            emit(start, after, latest);
        }

        private WindowRows.Place place(long start) {
            return new WindowRows.Place(keyBytes, start, start);
        }

        private void emit(long start, @Nullable A result, long timeMs) {
            if (!emitFinal) {
                out.accept(record.with(windowed(key, start), result).withTimestampMs(timeMs));
            }
        }
    }
}
