package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/// What each key of a `process` step has had, each value from a time on: those that were over at most `history` before
/// the latest time for which any key of the partition was given one. Declared with [KeyProcess#keeping].
public record VersionedState<T>(String name, Serde<T> serde, Duration history) {
    public VersionedState {
        KeyRows.requireName(name);
        Objects.requireNonNull(serde, "serde");
        requireHistory(history);
    }

    public static <T> VersionedState<T> named(String name, Serde<T> serde, Duration history) {
        return new VersionedState<>(name, serde, history);
    }

    /// In milliseconds.
    static long requireHistory(Duration history) {
        Objects.requireNonNull(history, "history");
        if (history.isNegative() || history.compareTo(Duration.ofMillis(Long.MAX_VALUE)) > 0) {
            throw new UsageException("A history is not negative and no longer than a number of 64 bits says in"
                    + " milliseconds, not " + history);
        }
        return history.toMillis();
    }

    /// What one key has had. Good for the call in which it was given.
    public interface Versions<T> {
        /// What it has; null: nothing.
        @Nullable Version<T> get();

        /// What it had then; null too where that is older than the history, and not what it has still.
        @Nullable Version<T> get(long asOfMs);

        /// What it had from `fromMs` to `toMs`, in the order of time, as [#get(long)] tells it. Takes memory as all of
        /// them do.
        List<Version<T>> between(long fromMs, long toMs);

        /// From `fromMs` on it has this, until its next version; null: nothing. False when that is older than the
        /// history: then nothing is changed, and the record counts as late.
        boolean put(@Nullable T value, long fromMs);
    }
}
