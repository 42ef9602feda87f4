package io.chapar.cli;

/// The terminal that a person looks at, as far as `bin/chapar` has seen one.
final class Terminal {
    /// Set by `bin/chapar` where standard output is a terminal.
    static final String COLUMNS = "chapar.columns";

    private static final int LEAST = 20;

    private Terminal() {
    }

    /// How much goes into one line; without bound where it is not a terminal that reads.
    static int columns() {
        int columns = Integer.getInteger(COLUMNS, Integer.MAX_VALUE);
        return columns < LEAST ? Integer.MAX_VALUE : columns;
    }

    static boolean isThere() {
        return System.getProperty(COLUMNS) != null;
    }
}
