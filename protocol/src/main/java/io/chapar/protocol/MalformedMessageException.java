package io.chapar.protocol;

/// The one way in which decoding fails: bytes that are not what the format says, or more than its reader allows.
/// Nothing was allocated beyond what the remaining bytes could justify.
public class MalformedMessageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MalformedMessageException(String message) {
        super(message);
    }

    public MalformedMessageException(String message, Throwable cause) {
        super(message, cause);
    }
}
