package io.chapar.client;

import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Refused, and the same request would be refused again: not authorized, invalid topic, record too large, version not
/// supported.
public final class FatalException extends ChaparException {
    private static final long serialVersionUID = 1L;

    public FatalException(String message) {
        super(ErrorCode.NONE, message, null);
    }

    public FatalException(ErrorCode errorCode, @Nullable String message) {
        super(errorCode, message, null);
    }

    public FatalException(ErrorCode errorCode, String message, @Nullable Throwable cause) {
        super(errorCode, message, cause);
    }
}
