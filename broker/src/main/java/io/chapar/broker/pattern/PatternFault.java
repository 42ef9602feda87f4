package io.chapar.broker.pattern;

/// Why a text is no expression.
public final class PatternFault extends RuntimeException {
    private static final long serialVersionUID = 1;

    PatternFault(String what) {
        super(what, null, false, false);
    }
}
