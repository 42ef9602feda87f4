package io.chapar.broker;

/// This broker has no place in its cluster any more: another process has it, or it does not hear any more what is
/// decided.
public final class ReplacedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ReplacedException(String why) {
        super(why);
    }
}
