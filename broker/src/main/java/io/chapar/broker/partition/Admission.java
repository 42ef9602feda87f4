package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.partition.AppendOutcome.RecordError;
import io.chapar.broker.partition.AppendOutcome.Rejected;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TooLargeException;
import io.chapar.protocol.record.BatchFault;
import io.chapar.protocol.record.KeyPieces;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordWalk;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// What a client's batch must be before its producer is even looked at. Records are walked where the topic's rules
/// ask for it, and always when they are not compressed, which costs no allocation; a compressed batch that no rule
/// asks about is taken by its header and checksum.
final class Admission {
    private static final int ZSTD_SINCE = 7;
    private static final int MAX_RECORD_ERRORS = 100;
    private static final int MAX_OWN_BYTES = 16 * 1024 * 1024;
    /// More than a codec asks for before it knows how little it needs.
    private static final int ROOM_BYTES = 128 * 1024;

    private Admission() {}

    /// The batch that fills the buffer, or null after filling in why not.
    static @Nullable RecordBatch parse(ByteBuffer bytes, List<Rejected> why) {
        int at = bytes.position();
        if (bytes.remaining() < RecordBatch.HEADER_BYTES) {
            why.add(new Rejected(ErrorCode.CORRUPT_MESSAGE, "no whole batch"));
            return null;
        }
        byte magic = bytes.get(at + 16);
        if (magic != RecordBatch.MAGIC) {
            why.add(new Rejected(ErrorCode.INVALID_RECORD, "batch format version " + magic + " is not supported"));
            return null;
        }
        try {
            RecordBatch batch = RecordBatch.at(bytes, at);
            if (!batch.isComplete()) {
                why.add(new Rejected(ErrorCode.CORRUPT_MESSAGE, "the batch is cut short"));
                return null;
            }
            if (batch.sizeInBytes() != bytes.remaining()) {
                why.add(new Rejected(ErrorCode.INVALID_RECORD, "more than one batch for a partition"));
                return null;
            }
            return batch;
        } catch (MalformedMessageException e) {
            why.add(new Rejected(ErrorCode.CORRUPT_MESSAGE, e.getMessage()));
            return null;
        }
    }

    /// Null when the batch may go on. May correct the batch's largest timestamp in place.
    static @Nullable Rejected judge(RecordBatch batch, int apiVersion, LogConfig config, long nowMs) {
        Rejected header = judgeHeader(batch, apiVersion, config);
        if (header != null) {
            return header;
        }
        try {
            return judgeRecordsWithin(batch, config, config.maxDecompressedBytes(), nowMs);
        } catch (TooLargeException e) {
            return malformed(e);
        }
    }

    /// By all that can be told without the records; null when the batch may go on.
    static @Nullable Rejected judgeHeader(RecordBatch batch, int apiVersion, LogConfig config) {
        BatchFault fault = batch.faultFromClient();
        if (fault != null) {
            return new Rejected(fault.errorCode(), fault.text());
        }
        if (batch.compression() == Compression.ZSTD && apiVersion < ZSTD_SINCE) {
            return new Rejected(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, "zstd needs Produce version " + ZSTD_SINCE);
        }
        return judgeSize(batch.sizeInBytes(), config);
    }

    /// Whether the rules of the topic are about the records themselves.
    static boolean asksForRecords(RecordBatch batch, LogConfig config) {
        boolean window = !config.logAppendTime() && config.timestampBeforeMaxMs() != Long.MAX_VALUE;
        // More records than bytes is possible, but then it is looked at: offsets are given out by that number.
        boolean unlikely = batch.recordCount() > batch.sizeInBytes() - RecordBatch.HEADER_BYTES;
        boolean bounded = config.maxDecompressedRecordBytes() < config.maxDecompressedBytes();
        return batch.compression() == Compression.NONE || config.compact() || window || unlikely || bounded;
    }

    /// Of a batch whose header is fine. Throws [TooLargeException] where it decompresses to more, and has then changed
    /// nothing.
    static @Nullable Rejected judgeRecordsWithin(RecordBatch batch, LogConfig config, int maxBytes, long nowMs) {
        return asksForRecords(batch, config)
                ? judgeRecords(batch, config, maxBytes, nowMs) : judgeMaxTimestamp(batch, config, nowMs);
    }

    /// For what a coordinator writes to its own topic: `max.message.bytes` there is no client's business, and a record
    /// that is refused is a transaction that never ends.
    static @Nullable Rejected judgeOwnSize(int bytes) {
        return bytes <= MAX_OWN_BYTES
                ? null
                : new Rejected(ErrorCode.MESSAGE_TOO_LARGE,
                        "a coordinator's batch of " + bytes + " bytes, where " + MAX_OWN_BYTES + " are allowed");
    }

    /// What a batch in another codec may take while it is made; it is judged when it is there.
    static int maxRecompressedBytes(LogConfig config) {
        long allowed = Math.min(config.maxMessageBytes(), config.segmentBytes());
        return (int) Math.min(Integer.MAX_VALUE, Math.max(RecordBatch.HEADER_BYTES, allowed) + ROOM_BYTES);
    }

    static @Nullable Rejected judgeSize(int bytes, LogConfig config) {
        if (bytes > config.maxMessageBytes()) {
            return new Rejected(ErrorCode.MESSAGE_TOO_LARGE,
                    "a batch of " + bytes + " bytes where max.message.bytes is " + config.maxMessageBytes());
        }
        if (bytes > config.segmentBytes()) {
            return new Rejected(ErrorCode.RECORD_LIST_TOO_LARGE,
                    "a batch of " + bytes + " bytes where segment.bytes is " + config.segmentBytes());
        }
        return null;
    }

    private static @Nullable Rejected judgeMaxTimestamp(RecordBatch batch, LogConfig config, long nowMs) {
        boolean late = !config.logAppendTime()
                && batch.maxTimestamp() >= 0
                && batch.maxTimestamp() - nowMs > config.timestampAfterMaxMs();
        return late ? new Rejected(
                ErrorCode.INVALID_TIMESTAMP, timestampProblem(batch.maxTimestamp(), config, nowMs)) : null;
    }

    /// Null when it lies within the topic's window.
    private static @Nullable String timestampProblem(long timestamp, LogConfig config, long nowMs) {
        if (timestamp - nowMs > config.timestampAfterMaxMs()) {
            return "timestamp " + timestamp + " is " + (timestamp - nowMs) + " ms ahead of the broker, where "
                    + config.timestampAfterMaxMs() + " are allowed (message.timestamp.after.max.ms)";
        }
        if (nowMs - timestamp > config.timestampBeforeMaxMs()) {
            return "timestamp " + timestamp + " is " + (nowMs - timestamp) + " ms old, where "
                    + config.timestampBeforeMaxMs() + " are allowed (message.timestamp.before.max.ms)";
        }
        return null;
    }

    private static @Nullable Rejected judgeRecords(RecordBatch batch, LogConfig config, int maxBytes, long nowMs) {
        long largest = RecordBatch.NO_TIMESTAMP;
        int index = 0;
        List<RecordError> keyless = List.of();
        List<RecordError> outOfTime = List.of();
        try (RecordWalk walk = batch.walk(maxBytes, KeyPieces.NONE)) {
            while (walk.advance()) {
                if (walk.offsetDelta() != index) {
                    return new Rejected(ErrorCode.INVALID_RECORD, "record " + index + " has offset delta "
                            + walk.offsetDelta(), List.of(new RecordError(index, "offset delta is not the index")));
                }
                if (batch.compression() != Compression.NONE
                        && walk.sizeInBytes() > config.maxDecompressedRecordBytes()) {
                    return tooLarge(index, walk.sizeInBytes(), config);
                }
                if (config.compact() && !walk.hasKey()) {
                    keyless = add(keyless, index, "a compacted topic requires keys");
                }
                long timestamp = walk.timestamp();
                String wrong = config.logAppendTime() || timestamp < 0
                        ? null : timestampProblem(timestamp, config, nowMs);
                if (wrong != null) {
                    outOfTime = add(outOfTime, index, wrong);
                }
                largest = Math.max(largest, timestamp);
                index++;
            }
        } catch (TooLargeException e) {
            throw e;
        } catch (MalformedMessageException e) {
            return malformed(e);
        }
        if (index != batch.recordCount()) {
            return new Rejected(ErrorCode.INVALID_RECORD, index + " records where the header says "
                    + batch.recordCount());
        }
        if (!keyless.isEmpty()) {
            return new Rejected(ErrorCode.INVALID_RECORD, "a compacted topic requires keys", keyless);
        }
        if (!outOfTime.isEmpty()) {
            return new Rejected(ErrorCode.INVALID_TIMESTAMP, "timestamps out of range", outOfTime);
        }
        if (!config.logAppendTime()) {
            batch.stampMaxTimestamp(largest);
        }
        return null;
    }

    private static Rejected tooLarge(int index, int bytes, LogConfig config) {
        String why = "record " + index + " decompresses to " + bytes + " bytes, where "
                + config.maxDecompressedRecordBytes() + " are allowed (max.decompressed.message.bytes)";
        return new Rejected(ErrorCode.INVALID_RECORD, why, List.of(new RecordError(index, why)));
    }

    /// A batch that decompresses to too much is no lesser batch: its producer may send its records in smaller ones.
    static Rejected malformed(MalformedMessageException why) {
        return why instanceof TooLargeException
                ? new Rejected(ErrorCode.MESSAGE_TOO_LARGE,
                        why.getMessage() + "; see max.message.bytes and message.max.decompressed.bytes")
                : new Rejected(ErrorCode.INVALID_RECORD, why.getMessage());
    }

    private static List<RecordError> add(List<RecordError> errors, int index, String message) {
        List<RecordError> more = errors.isEmpty() ? new ArrayList<>() : errors;
        if (more.size() < MAX_RECORD_ERRORS) {
            more.add(new RecordError(index, message));
        }
        return more;
    }
}
