package io.chapar.processor;

import java.util.function.Consumer;

/// What each key has had, by the times of its records; a record without a value ends what it had. Records without a key
/// are passed over, those before the horizon are late.
record VersionedTableStep<K, V>(TimedVersions<K, V> versions) implements StatefulStep<K, V, K, Change<V>> {
    @Override
    public Layout layout() {
        return Layout.VERSIONS;
    }

    /// Every record may move the horizon of all keys.
    @Override
    public boolean keysAreIndependent() {
        return false;
    }

    @Override
    public void accept(StreamRecord<K, V> record, StepState state, Consumer<StreamRecord<K, Change<V>>> out) {
        K key = record.key();
        if (key == null) {
            state.passedOver();
            return;
        }
        VersionRows.Placed placed = versions.rows().put(versions.key(key), versions.bytes(record.value()),
                record.timestampMs(), versions.historyMs(), state);
        if (placed == null) {
            state.late(late(versions.name(), record.timestampMs(), versions.rows().horizonMs(state)), null);
            return;
        }
        out.accept(record.with(key, new Change<>(record.value(), () -> versions.value(placed.before()),
                placed.isLatest())));
    }

    static String late(String step, long timeMs, long horizonMs) {
        return "late: its time is " + timeMs + ", and step " + step + " keeps versions from " + horizonMs + " on";
    }
}
