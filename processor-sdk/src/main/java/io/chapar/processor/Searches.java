package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// How far searches for rows of some kind have come without finding one, so that no search passes the same rows of
/// other kinds again. Follows from the rows: where it is not known how they have changed, all is forgotten, and the
/// next search begins at the beginning. Calls are made one at a time.
final class Searches {
    /// By kind: none of it is before this key.
    private final Map<Kind, byte[]> reached = new HashMap<>();

    /// Rows that lie among others.
    interface Kind {
        /// None is before it.
        byte[] from();

        boolean has(byte[] key);
    }

    /// The first of the kind before `to`, as [Rows#firstOf].
    byte @Nullable [] first(Rows rows, Kind kind, byte[] to) {
        byte[] from = reached.getOrDefault(kind, kind.from());
        if (Arrays.compareUnsigned(from, to) >= 0) {
            return null;
        }
        byte[] found = next(rows, kind, from, to);
        reached.put(kind, found == null ? to : found);
        return found;
    }

    static byte @Nullable [] next(Rows rows, Kind kind, byte[] from, byte[] to) {
        Map.Entry<byte[], byte[]> next = rows.first(from, to);
        while (next != null && !kind.has(next.getKey())) {
            next = rows.first(Overlay.behind(next.getKey()), to);
        }
        return next == null ? null : next.getKey();
    }

    /// A row has come, or has another value.
    void put(byte[] key) {
        if (!reached.isEmpty()) {
            reached.replaceAll((kind, place) ->
                    kind.has(key) && Arrays.compareUnsigned(key, place) < 0 ? key : place);
        }
    }

    void forget() {
        reached.clear();
    }
}
