package io.chapar.broker.log;

/// What must hold whatever the input: when it does not, this is a bug, and going on would spoil the log.
final class Check {
    private Check() {}

    static void that(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }
}
