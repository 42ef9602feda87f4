package io.chapar.broker.log;

import io.chapar.protocol.MalformedMessageException;

import java.nio.ByteBuffer;
import java.util.List;

/// What a partition remembers beside its log.
///
/// @param recoveryPoint everything below is known to be on stable storage as it was written
/// @param recoveryPosition where that offset begins in its segment. A clean stop leaves it at the very end of the last
///        segment, so that nothing is left to scan: that is the whole mark of a clean stop
/// @param logStart readers begin here
/// @param highWatermark as far as it was known
record LogOffsets(long recoveryPoint, int recoveryPosition, long logStart, long highWatermark) {
    static final LogOffsets NONE = new LogOffsets(0, 0, 0, 0);

    ByteBuffer bytes() {
        return CheckpointText.write(List.of(
                "recovery-point " + recoveryPoint,
                "recovery-position " + recoveryPosition,
                "log-start " + logStart,
                "high-watermark " + highWatermark));
    }

    /// A file that cannot be read counts as missing: then the whole log is scanned.
    static LogOffsets read(ByteBuffer content) {
        long recoveryPoint = 0;
        long recoveryPosition = 0;
        long logStart = 0;
        long highWatermark = 0;
        try {
            for (String[] entry : CheckpointText.read(content, 2)) {
                long value = CheckpointText.number(entry[1]);
                switch (entry[0]) {
                    case "recovery-point" -> recoveryPoint = value;
                    case "recovery-position" -> recoveryPosition = value;
                    case "log-start" -> logStart = value;
                    case "high-watermark" -> highWatermark = value;
                    default -> throw new MalformedMessageException("unknown checkpoint " + entry[0]);
                }
            }
        } catch (MalformedMessageException e) {
            return NONE;
        }
        boolean possible = recoveryPoint >= 0 && recoveryPosition >= 0 && recoveryPosition <= Integer.MAX_VALUE
                && logStart >= 0 && highWatermark >= 0;
        return possible ? new LogOffsets(recoveryPoint, (int) recoveryPosition, logStart, highWatermark) : NONE;
    }
}
