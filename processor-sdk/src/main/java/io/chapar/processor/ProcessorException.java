package io.chapar.processor;

/// Why an application stopped by itself. The cause is what user code threw, or what the client reported.
public final class ProcessorException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ProcessorException(String message, Throwable cause) {
        super(message, cause);
    }
}
