package io.chapar.protocol.record;

import io.chapar.protocol.ErrorCode;

/// What is wrong with the header of a batch, and the code a producer gets for it.
public enum BatchFault {
    BASE_OFFSET(ErrorCode.CORRUPT_MESSAGE, "the base offset is negative"),
    COMPRESSION(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, "the compression codec is unknown"),
    LAST_OFFSET(ErrorCode.CORRUPT_MESSAGE, "the last offset is below the base offset or above 2^63-1"),
    RECORD_COUNT(ErrorCode.CORRUPT_MESSAGE, "the record count is negative or above the range of offsets"),
    CHECKSUM(ErrorCode.CORRUPT_MESSAGE, "the checksum does not match"),
    /// From a client: as many records as offsets, and at least one.
    NOT_CONTIGUOUS(ErrorCode.INVALID_RECORD, "the record count is not the range of offsets, or is zero"),
    /// From a client: the broker alone assigns offsets.
    CLIENT_OFFSET(ErrorCode.INVALID_RECORD, "the base offset of a produced batch is not 0"),
    CLIENT_CONTROL(ErrorCode.INVALID_RECORD, "clients cannot write control batches"),
    CLIENT_APPEND_TIME(ErrorCode.INVALID_TIMESTAMP, "clients cannot set the append time"),
    /// From a client: a producer id comes with an epoch and a sequence; a transaction needs a producer id.
    CLIENT_PRODUCER(ErrorCode.INVALID_RECORD, "producer id, epoch, sequence and flags do not fit together");

    private final ErrorCode errorCode;
    private final String text;

    BatchFault(ErrorCode errorCode, String text) {
        this.errorCode = errorCode;
        this.text = text;
    }

    public ErrorCode errorCode() {
        return errorCode;
    }

    public String text() {
        return text;
    }
}
