package io.chapar.client;

import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/// What a client call throws, and what a failed future carries. The type says what the caller does next; the code,
/// where the broker gave one, says what the broker saw.
///
/// | type | what is known | what to do |
/// |---|---|---|
/// | [RetriableException] | it did not happen | call again |
/// | [AbortableException] | the open transaction cannot be committed | abort it, then begin again |
/// | [FencedException] | another instance owns this identity | close this client; open a new one if that is meant |
/// | [FatalException] | refused, and a repetition would be refused too | repair the cause |
/// | [UsageException] | the call itself was wrong | repair the program or its settings |
/// | [UnknownOutcomeException] | it may have happened or not | ask the log, or repeat the same call if it says so |
public abstract sealed class ChaparException extends RuntimeException
        permits RetriableException, AbortableException, FencedException, FatalException, UsageException,
        UnknownOutcomeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode errorCode;

    ChaparException(ErrorCode errorCode, @Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
        this.errorCode = errorCode;
    }

    /// The broker's code behind this failure; [ErrorCode#NONE] when the client found the fault itself.
    public ErrorCode errorCode() {
        return errorCode;
    }
}
