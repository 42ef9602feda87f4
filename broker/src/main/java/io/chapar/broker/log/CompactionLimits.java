package io.chapar.broker.log;

/// What compaction may take, over all partitions of a broker.
///
/// @param keyBytes memory for keys (`log.cleaner.dedupe.buffer.size`); a compaction takes no more than its keys need
/// @param bytesPerSecond read and written (`log.cleaner.io.max.bytes.per.second`)
/// @param everyMs time between two looks at what is worth it
public record CompactionLimits(long keyBytes, double bytesPerSecond, long everyMs) {
    public static final long MAX_EVERY_MS = 15_000;
    public static final CompactionLimits DEFAULTS = new CompactionLimits(32 << 20, 64 << 20, MAX_EVERY_MS);

    public CompactionLimits {
        Check.that(keyBytes > 0 && bytesPerSecond > 0 && everyMs > 0, "a compaction that can do nothing");
    }

    /// The part of one loop of several; each compacts one partition at a time.
    public CompactionLimits share(int loops) {
        return new CompactionLimits(Math.max(1, keyBytes / loops), bytesPerSecond / loops, everyMs);
    }

    /// How long that many bytes take at the least.
    public long durationMs(long bytes) {
        return (long) Math.min(Integer.MAX_VALUE, bytes * 1000.0 / bytesPerSecond);
    }
}
