package io.chapar.protocol;

/// A batch is, or would become, larger than whoever works on it has said. There may be nothing else wrong with it.
public final class TooLargeException extends MalformedMessageException {
    private static final long serialVersionUID = 1L;

    public TooLargeException(String message) {
        super(message);
    }
}
