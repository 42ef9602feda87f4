package io.chapar.protocol;

/// The error codes of the wire, by Kafka's names and numbers (Apache Kafka 4.3, `Errors`).
///
/// A code says what one attempt met. What a caller does next (retry, refresh, abort, give up) is the client's table,
/// not a property of the code, since it differs from request to request.
public enum ErrorCode {

    private static final int LOWEST = -1;
    private static final ErrorCode[] BY_CODE = byCode();

    private final short code;

    ErrorCode(int code) {
        this.code = (short) code;
    }

    public short code() {
        return code;
    }

    /// The error of this number; a number this build does not know is [#UNKNOWN_SERVER_ERROR].
    public static ErrorCode of(short code) {
        int index = code - LOWEST;
        if (index < 0 || index >= BY_CODE.length || BY_CODE[index] == null) {
            return UNKNOWN_SERVER_ERROR;
        }
        return BY_CODE[index];
    }

    private static ErrorCode[] byCode() {
        int highest = LOWEST;
        for (ErrorCode error : values()) {
            highest = Math.max(highest, error.code);
        }
        ErrorCode[] table = new ErrorCode[highest - LOWEST + 1];
        for (ErrorCode error : values()) {
            table[error.code - LOWEST] = error;
        }
        return table;
    }
}
