package io.chapar.broker.log;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// The sparse indexes of one segment, by offset and by time, as arrays.
/// ```
/// .index      relative offset i32 | position i32        the last offset of a batch, and where that batch begins
/// .timeindex  timestamp i64 | relative offset i32       the largest timestamp so far, and the last offset of the
///                                                       batch that has it; timestamps strictly increase
/// ```
/// The files follow the arrays at rolls, flushes and closes; what they lack after a crash lies behind the recovery
/// point and is found again by the scan.
final class SegmentIndex {
    static final int OFFSET_ENTRY_BYTES = 8;
    static final int TIME_ENTRY_BYTES = 12;
    /// Whoever looks for a batch goes over what lies behind an entry, on a loop: the topic's setting counts up to here.
    static final int LONGEST_INTERVAL_BYTES = 1 << 20;

    private int[] offsets = new int[8];
    private int[] positions = new int[8];
    private int entries;
    private long[] timestamps = new long[4];
    private int[] timeOffsets = new int[4];
    private int times;

    /// Largest timestamp in the segment, -1 for none, and the last offset of the first batch that has it.
    private long maxTimestamp = -1;
    private int maxTimestampOffset;
    private int bytesSinceEntry;

    int entries() {
        return entries;
    }

    int times() {
        return times;
    }

    long maxTimestamp() {
        return maxTimestamp;
    }

    int maxTimestampOffset() {
        return maxTimestampOffset;
    }

    int weight() {
        return 64 + offsets.length * 8 + timestamps.length * 12;
    }

    /// Takes note of a batch at the end of the segment.
    void add(int relativeLastOffset, int position, int sizeInBytes, long batchMaxTimestamp, int intervalBytes) {
        if (batchMaxTimestamp > maxTimestamp) {
            maxTimestamp = batchMaxTimestamp;
            maxTimestampOffset = relativeLastOffset;
        }
        // By the first one an index that is missing is told from one that needs none, whatever the interval.
        int longest = entries == 0 ? IndexRebuild.INTERVAL_BYTES : LONGEST_INTERVAL_BYTES;
        if (bytesSinceEntry > Math.min(intervalBytes, longest)) {
            put(relativeLastOffset, position);
            putTime();
            bytesSinceEntry = 0;
        }
        bytesSinceEntry += sizeInBytes;
    }

    /// A batch's timestamp, where the time index does not reach.
    void noteTimestamp(int relativeLastOffset, long batchMaxTimestamp) {
        if (batchMaxTimestamp > maxTimestamp) {
            maxTimestamp = batchMaxTimestamp;
            maxTimestampOffset = relativeLastOffset;
        }
    }

    /// The last entry of a time index tells the segment's largest timestamp, so that it need not be searched.
    void seal() {
        putTime();
    }

    private void put(int relativeOffset, int position) {
        if (entries == offsets.length) {
            offsets = Arrays.copyOf(offsets, entries * 2);
            positions = Arrays.copyOf(positions, entries * 2);
        }
        offsets[entries] = relativeOffset;
        positions[entries++] = position;
    }

    private void putTime() {
        if (maxTimestamp >= 0 && (times == 0 || maxTimestamp > timestamps[times - 1])) {
            if (times == timestamps.length) {
                timestamps = Arrays.copyOf(timestamps, times * 2);
                timeOffsets = Arrays.copyOf(timeOffsets, times * 2);
            }
            timestamps[times] = maxTimestamp;
            timeOffsets[times++] = maxTimestampOffset;
        }
    }

    /// Where to begin looking for the batch that holds the offset: at it or before it.
    int floorPosition(int relativeOffset) {
        int i = Arrays.binarySearch(offsets, 0, entries, relativeOffset);
        int at = i >= 0 ? i : -i - 2;
        return at < 0 ? 0 : positions[at];
    }

    /// The largest indexed start of a batch that is not beyond the position.
    int floorBoundary(int position) {
        int i = Arrays.binarySearch(positions, 0, entries, position);
        int at = i >= 0 ? i : -i - 2;
        return at < 0 ? 0 : positions[at];
    }

    /// The last offset that the entry with this position tells.
    int offsetAt(int position) {
        return offsets[Arrays.binarySearch(positions, 0, entries, position)];
    }

    /// The last time entry at or before a timestamp, -1 for none: from its offset on there may be a batch with a
    /// timestamp at or after the given one, and not before.
    int floorOfTime(long timestamp) {
        int i = Arrays.binarySearch(timestamps, 0, times, timestamp);
        return i >= 0 ? i : -i - 2;
    }

    long timestamp(int timeEntry) {
        return timestamps[timeEntry];
    }

    /// Relative.
    int timeOffset(int timeEntry) {
        return timeOffsets[timeEntry];
    }

    /// Forgets what lies at or beyond the position, or at or beyond the offset.
    void truncate(int position, int relativeOffset) {
        while (entries > 0 && (positions[entries - 1] >= position || offsets[entries - 1] >= relativeOffset)) {
            entries--;
        }
        while (times > 0 && timeOffsets[times - 1] >= relativeOffset) {
            times--;
        }
        maxTimestamp = times == 0 ? -1 : timestamps[times - 1];
        maxTimestampOffset = times == 0 ? 0 : timeOffsets[times - 1];
        bytesSinceEntry = entries == 0 ? position : position - positions[entries - 1];
    }

    ByteBuffer offsetBytes(int fromEntry) {
        ByteBuffer bytes = ByteBuffer.allocate((entries - fromEntry) * OFFSET_ENTRY_BYTES);
        for (int i = fromEntry; i < entries; i++) {
            bytes.putInt(offsets[i]).putInt(positions[i]);
        }
        return bytes.flip();
    }

    ByteBuffer timeBytes(int fromEntry) {
        ByteBuffer bytes = ByteBuffer.allocate((times - fromEntry) * TIME_ENTRY_BYTES);
        for (int i = fromEntry; i < times; i++) {
            bytes.putLong(timestamps[i]).putInt(timeOffsets[i]);
        }
        return bytes.flip();
    }

    /// From the files' contents, up to the first entry that cannot follow the one before it; what is left in the
    /// buffers is damaged.
    ///
    /// @param offsetContent null for no file; so is `timeContent`
    static SegmentIndex read(@Nullable ByteBuffer offsetContent, @Nullable ByteBuffer timeContent, int segmentBytes) {
        SegmentIndex index = new SegmentIndex();
        while (offsetContent != null && offsetContent.remaining() >= OFFSET_ENTRY_BYTES) {
            int offset = offsetContent.getInt();
            int position = offsetContent.getInt();
            boolean follows = index.entries == 0
                    ? offset >= 0 && position > 0
                    : offset > index.offsets[index.entries - 1] && position > index.positions[index.entries - 1];
            if (!follows || position >= segmentBytes) {
                offsetContent.position(offsetContent.position() - OFFSET_ENTRY_BYTES);
                break;
            }
            index.put(offset, position);
        }
        while (timeContent != null && timeContent.remaining() >= TIME_ENTRY_BYTES) {
            long timestamp = timeContent.getLong();
            int offset = timeContent.getInt();
            boolean follows = index.times == 0
                    ? timestamp >= 0 && offset >= 0
                    : timestamp > index.timestamps[index.times - 1] && offset > index.timeOffsets[index.times - 1];
            if (!follows) {
                timeContent.position(timeContent.position() - TIME_ENTRY_BYTES);
                break;
            }
            index.maxTimestamp = timestamp;
            index.maxTimestampOffset = offset;
            index.putTime();
        }
        index.bytesSinceEntry = index.entries == 0 ? segmentBytes : segmentBytes - index.positions[index.entries - 1];
        return index;
    }
}
