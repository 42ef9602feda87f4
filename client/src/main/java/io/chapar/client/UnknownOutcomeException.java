package io.chapar.client;

import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/// The request may have taken effect or not: its answer was lost, or did not come in time. Never reported as success,
/// never as failure.
public final class UnknownOutcomeException extends ChaparException {
    private static final long serialVersionUID = 1L;

    public UnknownOutcomeException(String message) {
        super(ErrorCode.NONE, message, null);
    }

    public UnknownOutcomeException(ErrorCode errorCode, String message) {
        super(errorCode, message, null);
    }

    public UnknownOutcomeException(ErrorCode errorCode, @Nullable String message, @Nullable Throwable cause) {
        super(errorCode, message, cause);
    }
}
