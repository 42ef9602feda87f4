package io.chapar.client;

import io.chapar.protocol.ErrorCode;

/// The call was wrong where it was made: a setting out of bounds, a method called in the wrong phase, a closed client.
public final class UsageException extends ChaparException {
    private static final long serialVersionUID = 1L;

    public UsageException(String message) {
        super(ErrorCode.NONE, message, null);
    }

    public UsageException(ErrorCode errorCode, String message) {
        super(errorCode, message, null);
    }

    public UsageException(ErrorCode errorCode, String message, Throwable cause) {
        super(errorCode, message, cause);
    }
}
