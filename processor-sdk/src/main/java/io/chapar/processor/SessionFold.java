package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/// One value for each key and session, in [WindowRows], at the session's end. Sessions that have closed are removed;
/// with `emitFinal` each by itself, when its result is given: its place is what becomes due. Where a record makes one
/// of several, or changes the bounds of one, the former ones are given once more, with null.
record SessionFold<K, V, A>(String name, SessionWindows windows, boolean emitFinal, @Nullable String lateTopic,
        Serde<K> keySerde, Serde<A> valueSerde, Fold.Next<K, V, A> next, Merge<K, A> merge)
        implements TimedStep<K, V, Windowed<K>, A> {
    /// What two sessions come to that have become one. `before` null: `session` is the first of them.
    interface Merge<K, A> {
        A of(K key, @Nullable A before, A session);
    }

    @Override
    public Layout layout() {
        return new Layout("sessions", 1);
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
        if (record.timestampMs() < 0) {
            throw new IllegalArgumentException("A record without a time is in no window");
        }
        WindowRows rows = new WindowRows(state);
        WindowClock clock = clock(state).at(record.timestampMs(), lagMs());
        rows.keep(clock);
        long closed = clock.closedMs();
        update(record, key, value, rows, closed, state, out);
        if (!emitFinal && clock.hasClosedMore()) {
            rows.places(0, closed).forEach(session -> rows.remove(WindowRows.Place.ofPlace(session)));
        }
    }

    private long lagMs() {
        return windows.graceMs() + windows.gapMs();
    }

    /// Sessions that end before it closed have closed.
    private WindowClock clock(Rows rows) {
        return WindowRows.clock(rows, lagMs());
    }

    private void update(StreamRecord<K, V> record, K key, V value, WindowRows rows, long closed, StepState state,
            Consumer<StreamRecord<Windowed<K>, A>> out) {
        byte[] keyBytes = Objects.requireNonNull(keySerde.serialize(name, key), "a key has bytes");
        long time = record.timestampMs();
        long start = time;
        long end = time;
        A merged = null;
        List<WindowRows.Place> near = new ArrayList<>();
        for (Map.Entry<byte[], byte[]> row : rows.of(keyBytes, Math.max(closed, time - windows.gapMs()),
                Long.MAX_VALUE - 1).entrySet()) {
            WindowRows.Place session = WindowRows.Place.ofRow(row.getKey());
            if (session.from() > time + windows.gapMs()) {
                break;
            }
            near.add(session);
            merged = merge.of(key, merged, value(row.getValue()));
            start = Math.min(start, session.from());
            end = Math.max(end, session.at());
        }
        if (end < closed) {
            state.late("late: its time is " + time + ", and step " + name + " has closed every session that ends"
                    + " before " + closed, lateTopic);
            return;
        }
        if (start != time || end != time) {
            for (WindowRows.Place session : near) {
                rows.remove(session);
                emit(record, key, session, null, out);
            }
        }
        A after = next.of(key, value, merged);
        WindowRows.Place place = new WindowRows.Place(keyBytes, end, start);
        byte[] bytes = valueSerde.serialize(name, after);
        if (bytes == null) {
            rows.remove(place);
        } else {
            rows.put(place, bytes);
        }
        emit(record, key, place, after, out);
    }

    private void emit(StreamRecord<K, V> record, K key, WindowRows.Place session, @Nullable A result,
            Consumer<StreamRecord<Windowed<K>, A>> out) {
        if (!emitFinal) {
            out.accept(record.with(new Windowed<>(key, session.from(), session.at()), result)
                    .withTimestampMs(session.at()));
        }
    }

    @Override
    public boolean hasTimers() {
        return emitFinal;
    }

    /// In the order of their ends, then of their starts, then of the keys' bytes.
    @Override
    public byte @Nullable [] due(Rows rows, long wallClockMs) {
        return WindowRows.firstPlace(rows, 0, clock(rows).closedMs());
    }

    @Override
    public long nextWallClockMs(Rows rows) {
        return Long.MAX_VALUE;
    }

    @Override
    public void fire(byte[] row, StreamRecord.Origin origin, StepState state,
            Consumer<StreamRecord<Windowed<K>, A>> out) {
        if (state.get(row) == null) {
            return;
        }
        WindowRows.Place session = WindowRows.Place.ofPlace(row);
        byte[] kept = new WindowRows(state).get(session);
        discard(row, state);
        K key = Objects.requireNonNull(keySerde.deserialize(name, session.key()), "a key");
        out.accept(new StreamRecord<>(new Windowed<>(key, session.from(), session.at()), value(kept), session.at(),
                List.of(), origin));
    }

    /// It is closed for good.
    @Override
    public void discard(byte[] row, StepState state) {
        WindowRows rows = new WindowRows(state);
        rows.keep(clock(state));
        rows.remove(WindowRows.Place.ofPlace(row));
    }

    @Override
    public SourceRecord forPeople(SourceRecord due, Rows rows) {
        WindowRows.Place session = WindowRows.Place.ofPlace(DueStep.rowOf(due));
        return DueStep.shown(due, Windowed.sessionBytes(session.key(), session.at(), session.from()),
                rows.get(session.row()), session.at());
    }

    private A value(byte[] bytes) {
        return Objects.requireNonNull(valueSerde.deserialize(name, bytes), "a value that was kept");
    }
}
