package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// A store on disk cannot be read any more; nothing that depends on it counts. It is built anew from its changelog.
final class StateLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StateLostException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
