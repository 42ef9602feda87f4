package io.chapar.txn;

/// Always-on invariants. A failed check is a bug in this process: it stops the coordinator, never just the request.
final class Check {
    private Check() {}

    static void that(boolean holds, String broken, Object subject) {
        if (!holds) {
            throw new IllegalStateException(broken + ": " + subject);
        }
    }
}
