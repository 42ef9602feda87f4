package io.chapar.simulator;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.partition.Partition;
import org.jspecify.annotations.Nullable;

/// A log begins later only where what was taken was too old, or there was more than is to be kept; and what was taken
/// never comes back.
final class RetentionTakesWhatItMay extends Promise {
    RetentionTakesWhatItMay() {
        super("Retention takes only what is too old or too much, and for good");
    }

    @Override
    void startMoves(GhostLog log, Partition partition, long to, boolean opened) {
        if (ghosts().isLossy(log)) {
            return;
        }
        if (to < log.start()) {
            breach(log.name() + " begins at " + to + " again, where it began at " + log.start());
            return;
        }
        LogConfig config = partition.config();
        // Of what a life did in its last moments, the next one knows neither the time nor the size.
        if (opened) {
            return;
        }
        if (!config.delete()) {
            breach(log.name() + " is to keep everything, and begins at " + to);
            return;
        }
        long oldestMs = config.retentionMs() < 0 ? Long.MIN_VALUE : log.broker().wallMs() - config.retentionMs();
        long left = partition.sizeInBytes();
        boolean young = false;
        for (SeenBatch batch : log.batches().subMap(log.start(), to).values()) {
            if (batch.maxTimestamp() < oldestMs) {
                left += batch.sizeInBytes();
            } else {
                young = true;
            }
        }
        if (young && (config.retentionBytes() < 0 || left < config.retentionBytes())) {
            breach(log.name() + " begins at " + to + " instead of " + log.start() + ", and " + left
                    + " bytes are left of " + config.retentionBytes());
        }
    }

    /// What is kept of a topic that is to keep little; null when that is little. Of what was written last, a segment
    /// stays.
    static @Nullable String tooMuch(Ghosts ghosts) {
        for (GhostLog log : ghosts.all()) {
            boolean little = log.id().topic().equals(Topics.SHORT) && log.broker().isListening()
                    && !ghosts.isLossy(log);
            if (little && log.partition() != null
                    && log.partition().sizeInBytes() > Topics.SHORT_BYTES + 3L * Topics.SMALL_SEGMENT_BYTES) {
                return log.name() + " keeps " + log.partition().sizeInBytes() + " bytes";
            }
        }
        return null;
    }
}
