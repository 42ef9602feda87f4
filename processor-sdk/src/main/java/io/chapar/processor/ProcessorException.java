package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// Why an application stopped by itself. The cause is what user code threw, or what the client reported.
public final class ProcessorException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ProcessorException(@Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
