package io.chapar.broker.partition;

import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// What became of one batch. A rejection had no effect at all, except KAFKA_STORAGE_ERROR, after which the partition
/// is offline and the batch may or may not be found when it is opened again.
public sealed interface AppendOutcome {
    /// Refused as [Followers#isCutOff] says. To be told so is of no use to a client whose only connection is this one:
    /// it asks who leads here again, and this broker knows of nobody else.
    Rejected CUT_OFF = new Rejected(ErrorCode.NOT_LEADER_OR_FOLLOWER,
            "this broker has heard of no controller for too long: another one may lead");

    /// The batch is in the log, up to the log end but not yet necessarily below the high watermark.
    ///
    /// @param logAppendTimeMs the broker's stamp when the topic uses append time, else -1
    /// @param duplicate the very batch was appended before; the offsets are those of the first time
    record Appended(long baseOffset, long lastOffset, long logAppendTimeMs, long logStartOffset, boolean duplicate)
            implements AppendOutcome {}

    /// All its records were appended before; in which batches is not known any more, or in others than now.
    ///
    /// @param lastOffset at or before which they are: when that is below the high watermark they are committed
    record WrittenBefore(long lastOffset) implements AppendOutcome {}

    /// @param recordErrors the records that are to blame, when single ones are; else empty
    record Rejected(ErrorCode error, @Nullable String reason, List<RecordError> recordErrors) implements AppendOutcome {
        public Rejected {
            recordErrors = List.copyOf(recordErrors);
        }

        public Rejected(ErrorCode error, @Nullable String reason) {
            this(error, reason, List.of());
        }
    }

    /// @param batchIndex position of the record in its batch, from 0
    record RecordError(int batchIndex, String message) {}
}
