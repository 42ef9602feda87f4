package io.chapar.client;

import io.chapar.protocol.ErrorCode;

/// The open transaction cannot be committed any more; `abortTransaction` makes the producer usable again.
public final class AbortableException extends ChaparException {
    private static final long serialVersionUID = 1L;

    public AbortableException(String message) {
        super(ErrorCode.NONE, message, null);
    }

    public AbortableException(ErrorCode errorCode, String message) {
        super(errorCode, message, null);
    }

    public AbortableException(ErrorCode errorCode, String message, Throwable cause) {
        super(errorCode, message, cause);
    }
}
