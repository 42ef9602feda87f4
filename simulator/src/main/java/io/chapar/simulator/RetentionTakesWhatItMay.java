package io.chapar.simulator;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.partition.Partition;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// A log begins later only where what was taken was too old, or there was more than is to be kept; and what was taken
/// never comes back.
///
/// What is taken is decided by the clock of that moment, and shown when it is saved. A clock that goes back in between
/// makes nothing young again that was too old until then.
final class RetentionTakesWhatItMay extends Promise {
    /// What the wall clock of each life said when it was last looked at.
    private final Map<SimulatedBroker, Long> clocks = new LinkedHashMap<>();
    /// First offsets of the batches that were too old before a clock went back. Until a log begins later: what is
    /// decided then goes by the clock that went back.
    private final Map<GhostLog, Set<Long>> wereTooOld = new LinkedHashMap<>();

    RetentionTakesWhatItMay() {
        super("Retention takes only what is too old or too much, and for good");
    }

    @Override
    void stepped(SimulatedBroker broker) {
        Long before = clocks.put(broker, broker.wallMs());
        if (before == null || before <= broker.wallMs()) {
            return;
        }
        for (GhostLog log : ghosts().all()) {
            Partition partition = log.broker() == broker ? log.partition() : null;
            if (partition != null) {
                long oldestMs = oldestMs(partition.config(), before);
                log.batches().tailMap(log.start()).values().stream()
                        .filter(batch -> batch.maxTimestamp() < oldestMs)
                        .forEach(batch -> wereTooOld.computeIfAbsent(log, _ -> new TreeSet<>()).add(batch.base()));
            }
        }
    }

    @Override
    void stopped(SimulatedBroker broker) {
        clocks.remove(broker);
        wereTooOld.keySet().removeIf(log -> log.broker() == broker);
    }

    private static long oldestMs(LogConfig config, long wallMs) {
        return config.retentionMs() < 0 ? Long.MIN_VALUE : wallMs - config.retentionMs();
    }

    @Override
    void startMoves(GhostLog log, Partition partition, long to, boolean opened) {
        stepped(log.broker());
        Set<Long> tooOld = wereTooOld.remove(log);
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
        long oldestMs = oldestMs(config, log.broker().wallMs());
        long left = partition.sizeInBytes();
        boolean young = false;
        for (SeenBatch batch : log.batches().subMap(log.start(), to).values()) {
            if (batch.maxTimestamp() < oldestMs || (tooOld != null && tooOld.contains(batch.base()))) {
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
