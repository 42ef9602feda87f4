package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.log.disk.DiskFile;
import io.chapar.protocol.MalformedMessageException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/// What a partition remembers beside its log. The file has a checksum of its own; so what other files have none for is
/// vouched for here.
///
/// @param recoveryPoint everything below is known to be on stable storage as it was written
/// @param segment base offset of the segment that held the end when the recovery point was taken
/// @param recoveryPosition where the recovery point lies in that segment. A clean stop leaves it at the very end of the
///        last segment, so that nothing is left to scan: that is the whole mark of a clean stop
/// @param indexed how much of that segment's index files belongs to what lies below
/// @param epochs the leader epochs that began below the recovery point. Compaction may have taken the batches that
///        would
///        tell, and Kafka's own file of them, `leader-epoch-checkpoint`, can be wrong unnoticed
/// @param aborted [AbortedTxnIndex#checksum] of the segments below that have any, by base offset
/// @param sealed the segments before that one
/// @param logStart readers begin here
/// @param highWatermark as far as it was known
record LogOffsets(
        long recoveryPoint,
        long segment,
        int recoveryPosition,
        Indexed indexed,
        List<LeaderEpochs.Entry> epochs,
        SortedMap<Long, Long> aborted,
        Sealed sealed,
        long logStart,
        long highWatermark) {
    private static final String CHECKSUM = "checksum";
    private static final String EPOCHS = "leader-epochs";
    private static final String EPOCH = "leader-epoch/";
    private static final String ABORTED = "aborted-checksum/";
    private static final String SEALED = "sealed-segments";
    private static final String SEALED_CHECKSUM = "sealed-checksum";
    private static final String HOLE = "hole-before/";
    static final LogOffsets NONE = new LogOffsets(
            0, 0, 0, Indexed.NONE, List.of(), Collections.emptySortedMap(), Sealed.NONE, 0, 0);

    /// Entries in a segment's index files.
    record Indexed(int offsets, int times, int aborted) {
        static final Indexed NONE = new Indexed(0, 0, 0);
    }

    /// The segments that lie between the log start and the recovery point's segment, of which nothing may be missing.
    ///
    /// @param count how many, or -1 when nobody has counted them: a version that did not wrote the file
    /// @param checksum CRC-32C over their names and sizes
    /// @param holes of segments that begin behind the end of the one before them, as Kafka's compaction leaves them:
    ///        where that one ends, by base offset. In a log of Chapar's own there are none
    record Sealed(int count, long checksum, SortedMap<Long, Long> holes) {
        static final Sealed NONE = new Sealed(0, 0, Collections.emptySortedMap());
        static final Sealed UNCOUNTED = new Sealed(-1, 0, Collections.emptySortedMap());

        /// @param segments sizes by base offset
        static Sealed of(SortedMap<Long, Integer> segments, SortedMap<Long, Long> holes) {
            CRC32C crc = new CRC32C();
            segments.forEach((base, size) ->
                    crc.update(ByteBuffer.allocate(12).putLong(base).putInt(size).flip()));
            return new Sealed(segments.size(), crc.getValue(), new TreeMap<>(holes));
        }

        /// A compaction, a deletion or an older version that left no count are no loss: then the segments themselves
        /// have to be asked.
        boolean agreesWith(Sealed found) {
            return count == found.count && checksum == found.checksum;
        }
    }

    /// Of a log without batches.
    static LogOffsets beginningAt(long offset) {
        return new LogOffsets(offset, offset, 0, Indexed.NONE, List.of(), Collections.emptySortedMap(), Sealed.NONE,
                offset, offset);
    }

    LogOffsets withSealed(Sealed now) {
        return new LogOffsets(recoveryPoint, segment, recoveryPosition, indexed, epochs, aborted, now, logStart,
                highWatermark);
    }

    /// Nothing at or behind this offset, the first of a segment below the recovery point, is vouched for.
    LogOffsets distrustFrom(long segmentStart) {
        return new LogOffsets(segmentStart, segmentStart, 0, Indexed.NONE, LeaderEpochs.below(segmentStart, epochs),
                aborted.headMap(segmentStart), Sealed.UNCOUNTED, logStart, highWatermark);
    }

    LogOffsets readableFrom(long logStartNow, long highWatermarkNow) {
        return new LogOffsets(recoveryPoint, segment, recoveryPosition, indexed, epochs, aborted, sealed, logStartNow,
                highWatermarkNow);
    }

    /// ```
    /// 0                           the version
    /// 12                          entries that follow
    /// recovery-point 4711
    /// recovery-segment 4000
    /// recovery-position 91822
    /// offset-index-entries 22
    /// time-index-entries 22
    /// aborted-transactions 3
    /// sealed-segments 3
    /// sealed-checksum CRC-32C
    /// log-start 0
    /// high-watermark 4711
    /// leader-epochs 1
    /// leader-epoch/EPOCH OFFSET             one each
    /// aborted-checksum/SEGMENT CRC-32C      one each
    /// hole-before/SEGMENT OFFSET            one each
    /// checksum CRC-32C                      of the entries before, each with its line feed
    /// ```
    ByteBuffer bytes() {
        List<String> lines = new ArrayList<>(List.of(
                "recovery-point " + recoveryPoint,
                "recovery-segment " + segment,
                "recovery-position " + recoveryPosition,
                "offset-index-entries " + indexed.offsets(),
                "time-index-entries " + indexed.times(),
                "aborted-transactions " + indexed.aborted(),
                SEALED + " " + sealed.count(),
                SEALED_CHECKSUM + " " + sealed.checksum(),
                "log-start " + logStart,
                "high-watermark " + highWatermark,
                EPOCHS + " " + epochs.size()));
        epochs.forEach(entry -> lines.add(EPOCH + entry.epoch() + " " + entry.startOffset()));
        aborted.forEach((base, crc) -> lines.add(ABORTED + base + " " + crc));
        sealed.holes().forEach((base, end) -> lines.add(HOLE + base + " " + end));
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
    static LogOffsets read(@Nullable ByteBuffer content) {
        try {
            List<String> lines = new ArrayList<>();
            SequencedMap<String, Long> values = new LinkedHashMap<>();
            long told = content == null ? 0 : -1;
            for (String[] entry : CheckpointText.read(content, 2)) {
                long value = CheckpointText.number(entry[1]);
                if (entry[0].equals(CHECKSUM)) {
                    told = value;
                } else {
                    lines.add(entry[0] + " " + entry[1]);
                    values.put(entry[0], value);
                }
            }
            return told == checksum(lines) ? of(values) : NONE;
        } catch (MalformedMessageException e) {
            return NONE;
        }
    }

    /// Of a file that is as it was written, perhaps by a version that did not remember leader epochs: then the batches
    /// must tell them.
    private static LogOffsets of(SequencedMap<String, Long> values) {
        List<LeaderEpochs.Entry> epochs = new ArrayList<>();
        SortedMap<Long, Long> aborted = new TreeMap<>();
        SortedMap<Long, Long> holes = new TreeMap<>();
        values.forEach((name, value) -> {
            if (name.startsWith(EPOCH)) {
                epochs.add(new LeaderEpochs.Entry((int) CheckpointText.number(name.substring(EPOCH.length())), value));
            } else if (name.startsWith(ABORTED)) {
                aborted.put(CheckpointText.number(name.substring(ABORTED.length())), value);
            } else if (name.startsWith(HOLE)) {
                holes.put(CheckpointText.number(name.substring(HOLE.length())), value);
            }
        });
        LogOffsets told = new LogOffsets(
                values.getOrDefault("recovery-point", 0L),
                values.getOrDefault("recovery-segment", 0L),
                count(values, "recovery-position"),
                new Indexed(
                        count(values, "offset-index-entries"),
                        count(values, "time-index-entries"),
                        count(values, "aborted-transactions")),
                epochs,
                aborted,
                new Sealed(
                        Math.clamp(values.getOrDefault(SEALED, -1L), -1, Integer.MAX_VALUE),
                        values.getOrDefault(SEALED_CHECKSUM, 0L), holes),
                values.getOrDefault("log-start", 0L),
                values.getOrDefault("high-watermark", 0L));
        return values.containsKey(EPOCHS) ? told : told.distrustFrom(0);
    }

    private static int count(Map<String, Long> values, String name) {
        return Math.clamp(values.getOrDefault(name, 0L), 0, Integer.MAX_VALUE);
    }
}
