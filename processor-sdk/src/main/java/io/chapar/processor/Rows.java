package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.SortedMap;

/// Entries in the order of their keys (unsigned). Arrays are never changed.
interface Rows {
    byte @Nullable [] get(byte[] key);

    /// The first entry from `from` on and before `to`; null when there is none.
    Map.@Nullable Entry<byte[], byte[]> first(byte[] from, byte[] to);

    /// The last entry from `from` on and before `to`; null when there is none.
    Map.@Nullable Entry<byte[], byte[]> last(byte[] from, byte[] to);

    /// The key of the first entry of this kind before `to`; null when there is none.
    default byte @Nullable [] firstOf(Searches.Kind kind, byte[] to) {
        return Searches.next(this, kind, kind.from(), to);
    }

    /// A copy of the entries from `from` on and before `to`.
    SortedMap<byte[], byte[]> range(byte[] from, byte[] to);
}
