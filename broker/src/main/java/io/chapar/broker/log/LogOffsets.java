package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.log.disk.DiskFile;
import io.chapar.protocol.MalformedMessageException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/// What a partition remembers beside its log.
///
/// @param recoveryPoint everything below is known to be on stable storage as it was written
/// @param segment base offset of the segment that held the end when the recovery point was taken
/// @param recoveryPosition where the recovery point lies in that segment. A clean stop leaves it at the very end of the
///        last segment, so that nothing is left to scan: that is the whole mark of a clean stop
/// @param indexed how much of that segment's index files belongs to what lies below
/// @param logStart readers begin here
/// @param highWatermark as far as it was known
record LogOffsets(
        long recoveryPoint, long segment, int recoveryPosition, Indexed indexed, long logStart, long highWatermark) {
    private static final String CHECKSUM = "checksum";
    static final LogOffsets NONE = new LogOffsets(0, 0, 0, Indexed.NONE, 0, 0);

    /// Entries in a segment's index files.
    record Indexed(int offsets, int times, int aborted) {
        static final Indexed NONE = new Indexed(0, 0, 0);
    }

    /// Nothing at or behind this offset, the first of a segment, is vouched for.
    LogOffsets distrustFrom(long segmentStart) {
        return new LogOffsets(segmentStart, segmentStart, 0, Indexed.NONE, logStart, highWatermark);
    }

    LogOffsets readableFrom(long logStartNow, long highWatermarkNow) {
        return new LogOffsets(recoveryPoint, segment, recoveryPosition, indexed, logStartNow, highWatermarkNow);
    }

    ByteBuffer bytes() {
        List<String> lines = new ArrayList<>(List.of(
                "recovery-point " + recoveryPoint,
                "recovery-segment " + segment,
                "recovery-position " + recoveryPosition,
                "offset-index-entries " + indexed.offsets(),
                "time-index-entries " + indexed.times(),
                "aborted-transactions " + indexed.aborted(),
                "log-start " + logStart,
                "high-watermark " + highWatermark));
        lines.add(CHECKSUM + " " + checksum(lines));
        return CheckpointText.write(lines);
    }

    /// A recovery point that a bit on the disk has moved would have good batches cut.
    private static long checksum(List<String> lines) {
        CRC32C crc = new CRC32C();
        lines.forEach(line -> crc.update((line + "\n").getBytes(StandardCharsets.UTF_8)));
        return crc.getValue();
    }

    /// Writes the file anew beside the one that counts. Once this one is synced it may take that one's place: renamed
    /// before, it might be found torn after a loss of power, and the one before it gone.
    ///
    /// @return what to sync before [#adopt]
    String prepare(Disk disk, String folder) throws IOException {
        String path = folder + "/" + PartitionFiles.OFFSETS + ".tmp";
        try (DiskFile file = disk.open(path)) {
            file.truncate(0);
            file.write(bytes(), 0);
        }
        return path;
    }

    static void adopt(Disk disk, String folder) throws IOException {
        String path = folder + "/" + PartitionFiles.OFFSETS;
        disk.rename(path + ".tmp", path);
    }

    /// Both at once; blocks.
    void save(Disk disk, String folder) throws IOException {
        disk.sync(List.of(prepare(disk, folder)));
        adopt(disk, folder);
    }

    /// A file that cannot be read, or is not as it was written, counts as missing: then the whole log is scanned.
    static LogOffsets read(ByteBuffer content) {
        long recoveryPoint = 0;
        long segment = 0;
        long recoveryPosition = 0;
        int offsets = 0;
        int times = 0;
        int aborted = 0;
        long logStart = 0;
        long highWatermark = 0;
        List<String> lines = new ArrayList<>();
        long told = checksum(lines);
        try {
            for (String[] entry : CheckpointText.read(content, 2)) {
                long value = CheckpointText.number(entry[1]);
                if (entry[0].equals(CHECKSUM)) {
                    told = value;
                    continue;
                }
                lines.add(entry[0] + " " + entry[1]);
                switch (entry[0]) {
                    case "recovery-point" -> recoveryPoint = value;
                    case "recovery-segment" -> segment = value;
                    case "recovery-position" -> recoveryPosition = value;
                    case "offset-index-entries" -> offsets = Math.clamp(value, 0, Integer.MAX_VALUE);
                    case "time-index-entries" -> times = Math.clamp(value, 0, Integer.MAX_VALUE);
                    case "aborted-transactions" -> aborted = Math.clamp(value, 0, Integer.MAX_VALUE);
                    case "log-start" -> logStart = value;
                    case "high-watermark" -> highWatermark = value;
                    default -> throw new MalformedMessageException("unknown checkpoint " + entry[0]);
                }
            }
        } catch (MalformedMessageException e) {
            return NONE;
        }
        boolean possible = told == checksum(lines) && recoveryPoint >= 0 && recoveryPosition >= 0
                && recoveryPosition <= Integer.MAX_VALUE && logStart >= 0 && highWatermark >= 0;
        return possible
                ? new LogOffsets(recoveryPoint, segment, (int) recoveryPosition, new Indexed(offsets, times, aborted),
                        logStart, highWatermark)
                : NONE;
    }
}
