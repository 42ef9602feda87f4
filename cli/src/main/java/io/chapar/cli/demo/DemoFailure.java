package io.chapar.cli.demo;

/// The demo could not be carried out; the message says what went wrong, for the user.
public final class DemoFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DemoFailure(String sentence) {
        super(sentence);
    }

    /// The cause's own sentence.
    DemoFailure(Throwable cause) {
        super(cause.getMessage(), cause);
    }

    DemoFailure(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
