package io.chapar.protocol;

/// A message whose lists have more elements together than its reader allows.
public final class TooManyElementsException extends MalformedMessageException {
    private static final long serialVersionUID = 1;

    TooManyElementsException(int allowance) {
        super("more than " + allowance + " elements");
    }
}
