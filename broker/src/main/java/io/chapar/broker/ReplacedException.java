package io.chapar.broker;

/// Another process has taken the place of this broker in its cluster.
public final class ReplacedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ReplacedException(String why) {
        super(why);
    }
}
