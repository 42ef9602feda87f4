package io.chapar.protocol;

/// A message holds a string that no version of the protocol can carry. The writer is of no more use; nothing of the
/// message has been sent.
public final class StringTooLongException extends IllegalStateException {
    private static final long serialVersionUID = 1L;
    /// In UTF-16 units, so that a message names what is too long without repeating it.
    private static final int SHOWN = 40;

    StringTooLongException(String value, int bytes) {
        super("a string of " + bytes + " bytes, which begins with \"" + value.substring(0, SHOWN)
                + "\": the longest has " + WireWriter.MAX_STRING_BYTES);
    }
}
