package io.chapar.client;

import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/// It did not happen, and the reason may pass: no connection, no leader, no room in the buffer within the time given.
public final class RetriableException extends ChaparException {
    private static final long serialVersionUID = 1L;

    public RetriableException(String message) {
        super(ErrorCode.NONE, message, null);
    }

    public RetriableException(ErrorCode errorCode, String message) {
        super(errorCode, message, null);
    }

    public RetriableException(ErrorCode errorCode, String message, @Nullable Throwable cause) {
        super(errorCode, message, cause);
    }
}
