package io.chapar.client;

import io.chapar.protocol.ErrorCode;

/// Another instance took over this identity (a newer epoch of the transactional id, a newer member of the group), or
/// the broker no longer knows it. Nothing that this client sends will be accepted again.
public final class FencedException extends ChaparException {
    private static final long serialVersionUID = 1L;

    public FencedException(String message) {
        super(ErrorCode.NONE, message, null);
    }

    public FencedException(ErrorCode errorCode, String message) {
        super(errorCode, message, null);
    }

    public FencedException(ErrorCode errorCode, String message, Throwable cause) {
        super(errorCode, message, cause);
    }
}
