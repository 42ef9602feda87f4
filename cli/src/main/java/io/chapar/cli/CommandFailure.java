package io.chapar.cli;

/// A command could not do what it was asked to. The message is the one sentence that the user reads: what is wrong and
/// what to do about it. Exit code 1.
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CommandFailure(String sentence) {
        super(sentence);
    }

    /// The cause's own sentence.
    CommandFailure(Throwable cause) {
        super(cause.getMessage(), cause);
    }

    CommandFailure(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
