package io.chapar.broker.log.disk;

import java.io.IOException;

/// An operation on a file that failed: which, on what, and why.
final class StorageException extends IOException {
    private static final long serialVersionUID = 1L;

    StorageException(String operation, Object path, IOException cause) {
        super(operation + " " + path + " failed: " + reason(cause), cause);
    }

    private static String reason(IOException cause) {
        String kind = cause.getClass().getSimpleName();
        return cause.getMessage() == null ? kind
                : cause.getClass().equals(IOException.class) ? cause.getMessage() : kind + " " + cause.getMessage();
    }
}
