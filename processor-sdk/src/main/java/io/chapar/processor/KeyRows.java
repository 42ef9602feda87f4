package io.chapar.processor;

import io.chapar.client.UsageException;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/// How the store of a `process` step is laid out. A chunk is a length i32 and so many bytes.
///
/// ```
/// stream time   'c'                                      i64
/// value         'v' | chunk key | chunk name             bytes
/// map           'm' | chunk key | chunk name | inner     bytes
/// list          'l' | chunk key | chunk name | i64       bytes
/// versions      'h' | chunk name | as [VersionRows]
/// timer's time  'n' or 'k' | chunk key | chunk name      i64
/// timer         's' or 'w' | i64 | chunk key | name      nothing
/// ```
/// Timers lie in the order of their times, which are not negative: 's' and 'n' those in stream time,
/// 'w' and 'k' those by the clock.
final class KeyRows {
    static final byte[] STREAM_TIME = {'c'};
    static final byte VERSIONS = 'h';
    private static final int MAX_NAME = 100;

    private KeyRows() {
    }

    static void requireName(String name) {
        if (name == null || name.isEmpty() || name.length() > MAX_NAME) {
            throw new UsageException("State and timers have names of 1 to " + MAX_NAME + " characters, not '" + name
                    + "'");
        }
    }

    /// Of a value, or where the rows of a map or a list begin.
    static byte[] row(char kind, byte[] key, String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(1 + 2 * Integer.BYTES + key.length + text.length).put((byte) kind)
                .putInt(key.length).put(key).putInt(text.length).put(text).array();
    }

    static byte[] timer(KeyTimer.Clock clock, long timeMs, byte[] key, String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(1 + Long.BYTES + Integer.BYTES + key.length + text.length).put(kind(clock))
                .putLong(timeMs).putInt(key.length).put(key).put(text).array();
    }

    /// Where a timer's time is.
    static byte[] timeRow(KeyTimer.Clock clock, byte[] key, String name) {
        return row(clock == KeyTimer.Clock.STREAM_TIME ? 'n' : 'k', key, name);
    }

    private static byte kind(KeyTimer.Clock clock) {
        return switch (clock) {
            case STREAM_TIME -> 's';
            case WALL_CLOCK -> 'w';
        };
    }

    /// What a timer's row says.
    @SuppressWarnings("ArrayRecordComponent")
    record Timer(KeyTimer.Clock clock, long timeMs, byte[] key, String name) {
        static Timer of(byte[] row) {
            ByteBuffer rest = ByteBuffer.wrap(row);
            KeyTimer.Clock clock = rest.get() == 's' ? KeyTimer.Clock.STREAM_TIME : KeyTimer.Clock.WALL_CLOCK;
            long timeMs = rest.getLong();
            byte[] key = new byte[rest.getInt()];
            rest.get(key);
            return new Timer(clock, timeMs, key, StandardCharsets.UTF_8.decode(rest).toString());
        }

        byte[] timeRow() {
            return KeyRows.timeRow(clock, key, name);
        }
    }

    /// The row of the timer that is due first, those in stream time before the others; null when none is due.
    static byte @Nullable [] due(Rows rows, long wallClockMs) {
        Long streamTime = number(rows.get(STREAM_TIME));
        byte[] first = streamTime == null ? null : first(rows, KeyTimer.Clock.STREAM_TIME, streamTime);
        return first != null ? first : first(rows, KeyTimer.Clock.WALL_CLOCK, wallClockMs);
    }

    /// It is not set any more.
    static void discard(byte[] row, StepState state) {
        if (state.get(row) != null) {
            state.put(row, null);
            state.put(Timer.of(row).timeRow(), null);
        }
    }

    private static byte @Nullable [] first(Rows rows, KeyTimer.Clock clock, long untilMs) {
        Map.Entry<byte[], byte[]> first = rows.first(from(clock, 0),
                untilMs == Long.MAX_VALUE ? new byte[] {(byte) (kind(clock) + 1)} : from(clock, untilMs + 1));
        return first == null ? null : first.getKey();
    }

    private static byte[] from(KeyTimer.Clock clock, long timeMs) {
        return ByteBuffer.allocate(1 + Long.BYTES).put(kind(clock)).putLong(timeMs).array();
    }

    /// When the next one is due by the clock; [Long#MAX_VALUE] is never.
    static long nextWallClockMs(Rows rows) {
        byte[] first = first(rows, KeyTimer.Clock.WALL_CLOCK, Long.MAX_VALUE);
        return first == null ? Long.MAX_VALUE : Timer.of(first).timeMs();
    }

    /// What is behind all rows that begin with this one.
    static byte[] behind(byte[] prefix) {
        int last = prefix.length - 1;
        while (prefix[last] == (byte) 0xff) {
            last--;
        }
        byte[] behind = Arrays.copyOf(prefix, last + 1);
        behind[last]++;
        return behind;
    }

    static byte[] joined(byte[] prefix, byte[] rest) {
        byte[] both = Arrays.copyOf(prefix, prefix.length + rest.length);
        System.arraycopy(rest, 0, both, prefix.length, rest.length);
        return both;
    }

    static @Nullable Long number(byte @Nullable [] bytes) {
        return bytes == null ? null : (Long) ByteBuffer.wrap(bytes).getLong();
    }

    static byte[] bytes(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }
}
