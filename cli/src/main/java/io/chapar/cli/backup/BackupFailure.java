package io.chapar.cli.backup;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/// A backup could not be made, verified or restored. The message is the sentence that the user reads.
public final class BackupFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BackupFailure(String sentence) {
        super(sentence);
    }

    BackupFailure(String sentence, Throwable cause) {
        super(sentence, cause);
    }

    /// As the end of a sentence.
    static String reason(IOException e) {
        if (e instanceof DirectoryNotEmptyException) {
            return "'" + e.getMessage() + "' is not empty";
        }
        if (e instanceof AccessDeniedException) {
            return "'" + e.getMessage() + "' is not for this user";
        }
        if (e instanceof NoSuchFileException) {
            return "'" + e.getMessage() + "' is not there";
        }
        return e instanceof FileSystemException file && file.getReason() != null
                ? "'" + file.getFile() + "': " + file.getReason() : String.valueOf(e.getMessage());
    }
}
