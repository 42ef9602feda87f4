package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;

/// What is known of where rows begin behind some keys. A store whose first rows go one by one, as timers and windows
/// do, would else be looked through from its beginning each time, over all that has been removed there.
final class FirstRows {
    /// So much is remembered; then all is forgotten.
    private static final int MAX = 64;

    /// No row is from the key on and before `end`; at `end` there is `row`, or it is not known whether there is one.
    @SuppressWarnings("ArrayRecordComponent")
    private record Gap(byte[] end, Map.@Nullable Entry<byte[], byte[]> row) {
    }

    /// `isAll`: `row` is the answer. Else the first one is to be looked for from `from` on.
    @SuppressWarnings("ArrayRecordComponent")
    record Found(boolean isAll, Map.@Nullable Entry<byte[], byte[]> row, byte[] from) {
    }

    private final NavigableMap<byte[], Gap> gaps = Store.entries();

    void clear() {
        gaps.clear();
    }

    Found find(byte[] from, byte[] to) {
        Gap gap = gaps.get(from);
        if (gap == null) {
            return new Found(false, null, from);
        }
        if (Arrays.compareUnsigned(gap.end, to) >= 0) {
            return new Found(true, null, from);
        }
        return new Found(gap.row != null, gap.row, gap.end);
    }

    /// Nothing is before it.
    byte[] from(byte[] from) {
        Gap gap = gaps.get(from);
        return gap == null ? from : gap.end;
    }

    /// `row` null: there is none before `to`.
    void found(byte[] from, byte[] to, Map.@Nullable Entry<byte[], byte[]> row) {
        Gap before = gaps.get(from);
        if (row == null && before != null && Arrays.compareUnsigned(before.end, to) >= 0) {
            return;
        }
        if (gaps.size() >= MAX && before == null) {
            gaps.clear();
        }
        gaps.put(from, row == null ? new Gap(to, null) : new Gap(row.getKey(), row));
    }

    /// `value` null: it was removed.
    void changed(byte[] key, byte @Nullable [] value) {
        gaps.headMap(key, true).replaceAll((from, gap) -> {
            int order = Arrays.compareUnsigned(key, gap.end);
            if (value != null && order < 0) {
                return new Gap(key, null);
            }
            return order == 0 ? new Gap(key, null) : gap;
        });
    }
}
