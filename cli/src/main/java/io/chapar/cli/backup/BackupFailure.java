package io.chapar.cli.backup;

/// A backup could not be made, verified or restored. The message is the sentence that the user reads.
public final class BackupFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BackupFailure(String sentence) {
        super(sentence);
    }

    BackupFailure(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
