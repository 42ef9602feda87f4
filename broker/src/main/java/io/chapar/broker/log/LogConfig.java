package io.chapar.broker.log;

import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

/// What a partition's log obeys; the names are those of Kafka's topic settings with dots taken out.
///
/// @param compressionType codec the log stores, or null for "as the producer sent it"
/// @param compressionLevel at which that codec compresses what comes in another
/// @param segmentMs age of a segment's first record at which a new one is begun
/// @param retentionMs -1 keeps for ever
/// @param retentionBytes -1 is without limit
/// @param maxDecompressedBytes what the records of a batch may decompress to where the broker has to look at them
/// @param maxDecompressedRecordBytes what one record of a compressed batch may have; where that is less than all of a
///        batch may, the broker looks at them
/// @param flushMessages offsets after which the log is synced in the background, `Long.MAX_VALUE` leaves it to the
///        operating system
/// @param flushMs time after which appended bytes are synced in the background, `Long.MAX_VALUE` for never
/// @param deleteRetentionMs how long compaction keeps a tombstone, or the marker of a transaction without data
/// @param minCleanableDirtyRatio share of bytes that were not compacted yet above which compaction is worth its cost
/// @param minCompactionLagMs age below which nothing is compacted
/// @param maxCompactionLagMs age at which a record is compacted at the latest, `Long.MAX_VALUE` for whenever that is
///        worth it
/// @param flushAcks whether a batch counts as committed, to readers and to acks=all, only when it is on stable storage
/// @param minInSyncReplicas how many replicas have to have a batch before it counts as committed, if there are so many
/// @param producerIdExpirationMs idle time after which a producer without an open transaction is forgotten
public record LogConfig(
        int segmentBytes,
        long segmentMs,
        int indexIntervalBytes,
        int segmentIndexBytes,
        long retentionMs,
        long retentionBytes,
        int maxMessageBytes,
        int maxDecompressedBytes,
        int maxDecompressedRecordBytes,
        boolean compact,
        boolean delete,
        boolean logAppendTime,
        @Nullable Compression compressionType,
        int compressionLevel,
        long timestampBeforeMaxMs,
        long timestampAfterMaxMs,
        long flushMessages,
        long flushMs,
        boolean flushAcks,
        int minInSyncReplicas,
        long producerIdExpirationMs,
        long deleteRetentionMs,
        double minCleanableDirtyRatio,
        long minCompactionLagMs,
        long maxCompactionLagMs) {

    /// Age of a segment's first record at which it is sealed: what is to be compacted in time must be sealed in time.
    public long rollMs() {
        return compact ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs;
    }

    /// Kafka's own defaults.
    public static LogConfig defaults() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    public Builder toBuilder() {
        Builder b = new Builder();
        b.segmentBytes = segmentBytes;
        b.segmentMs = segmentMs;
        b.indexIntervalBytes = indexIntervalBytes;
        b.segmentIndexBytes = segmentIndexBytes;
        b.retentionMs = retentionMs;
        b.retentionBytes = retentionBytes;
        b.maxMessageBytes = maxMessageBytes;
        b.maxDecompressedBytes = maxDecompressedBytes;
        b.maxDecompressedRecordBytes = maxDecompressedRecordBytes;
        b.compact = compact;
        b.delete = delete;
        b.logAppendTime = logAppendTime;
        b.compressionType = compressionType;
        b.compressionLevel = compressionLevel;
        b.timestampBeforeMaxMs = timestampBeforeMaxMs;
        b.timestampAfterMaxMs = timestampAfterMaxMs;
        b.flushMessages = flushMessages;
        b.flushMs = flushMs;
        b.flushAcks = flushAcks;
        b.minInSyncReplicas = minInSyncReplicas;
        b.producerIdExpirationMs = producerIdExpirationMs;
        b.deleteRetentionMs = deleteRetentionMs;
        b.minCleanableDirtyRatio = minCleanableDirtyRatio;
        b.minCompactionLagMs = minCompactionLagMs;
        b.maxCompactionLagMs = maxCompactionLagMs;
        return b;
    }

    /// Starts from Kafka's defaults.
    public static final class Builder {
        private int segmentBytes = 1 << 30;
        private long segmentMs = 7L * 24 * 3600 * 1000;
        private int indexIntervalBytes = 4096;
        private int segmentIndexBytes = 10 << 20;
        private long retentionMs = 7L * 24 * 3600 * 1000;
        private long retentionBytes = -1;
        private int maxMessageBytes = 1_048_588;
        private int maxDecompressedBytes = RecordBatch.MAX_DECOMPRESSED_BYTES;
        private int maxDecompressedRecordBytes = Integer.MAX_VALUE;
        private boolean compact;
        private boolean delete = true;
        private boolean logAppendTime;
        private @Nullable Compression compressionType;
        private int compressionLevel;
        private long timestampBeforeMaxMs = Long.MAX_VALUE;
        private long timestampAfterMaxMs = 3600_000;
        private long flushMessages = Long.MAX_VALUE;
        private long flushMs = Long.MAX_VALUE;
        private boolean flushAcks;
        private int minInSyncReplicas = 1;
        private long producerIdExpirationMs = 24L * 3600 * 1000;
        private long deleteRetentionMs = 24L * 3600 * 1000;
        private double minCleanableDirtyRatio = 0.5;
        private long minCompactionLagMs;
        private long maxCompactionLagMs = Long.MAX_VALUE;

        private Builder() {}

        public Builder segmentBytes(int v) {
            segmentBytes = v;
            return this;
        }

        public Builder segmentMs(long v) {
            segmentMs = v;
            return this;
        }

        public Builder indexIntervalBytes(int v) {
            indexIntervalBytes = v;
            return this;
        }

        public Builder segmentIndexBytes(int v) {
            segmentIndexBytes = v;
            return this;
        }

        public Builder retentionMs(long v) {
            retentionMs = v;
            return this;
        }

        public Builder retentionBytes(long v) {
            retentionBytes = v;
            return this;
        }

        public Builder maxMessageBytes(int v) {
            maxMessageBytes = v;
            return this;
        }

        public Builder maxDecompressedBytes(int v) {
            maxDecompressedBytes = v;
            return this;
        }

        public Builder maxDecompressedRecordBytes(int v) {
            maxDecompressedRecordBytes = v;
            return this;
        }

        public Builder compact(boolean v) {
            compact = v;
            return this;
        }

        public Builder delete(boolean v) {
            delete = v;
            return this;
        }

        public Builder logAppendTime(boolean v) {
            logAppendTime = v;
            return this;
        }

        /// At the codec's default level.
        public Builder compressionType(@Nullable Compression v) {
            compressionType = v;
            compressionLevel = v == null ? 0 : v.defaultLevel();
            return this;
        }

        public Builder compressionLevel(int v) {
            compressionLevel = v;
            return this;
        }

        public Builder timestampBeforeMaxMs(long v) {
            timestampBeforeMaxMs = v;
            return this;
        }

        public Builder timestampAfterMaxMs(long v) {
            timestampAfterMaxMs = v;
            return this;
        }

        public Builder flushMessages(long v) {
            flushMessages = v;
            return this;
        }

        public Builder flushMs(long v) {
            flushMs = v;
            return this;
        }

        public Builder minInSyncReplicas(int v) {
            minInSyncReplicas = v;
            return this;
        }

        public Builder flushAcks(boolean v) {
            flushAcks = v;
            return this;
        }

        public Builder producerIdExpirationMs(long v) {
            producerIdExpirationMs = v;
            return this;
        }

        public Builder deleteRetentionMs(long v) {
            deleteRetentionMs = v;
            return this;
        }

        public Builder minCleanableDirtyRatio(double v) {
            minCleanableDirtyRatio = v;
            return this;
        }

        public Builder minCompactionLagMs(long v) {
            minCompactionLagMs = v;
            return this;
        }

        public Builder maxCompactionLagMs(long v) {
            maxCompactionLagMs = v;
            return this;
        }

        public LogConfig build() {
            return new LogConfig(
                    segmentBytes, segmentMs, indexIntervalBytes, segmentIndexBytes, retentionMs, retentionBytes,
                    maxMessageBytes, maxDecompressedBytes, maxDecompressedRecordBytes, compact, delete, logAppendTime,
                    compressionType, compressionLevel, timestampBeforeMaxMs, timestampAfterMaxMs, flushMessages,
                    flushMs, flushAcks, minInSyncReplicas, producerIdExpirationMs,
                    deleteRetentionMs, minCleanableDirtyRatio, minCompactionLagMs, maxCompactionLagMs);
        }
    }
}
