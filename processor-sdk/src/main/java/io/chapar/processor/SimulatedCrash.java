package io.chapar.processor;

/// Ends a simulated process: nothing in the application may run after it, so it is no exception that anything would
/// handle.
final class SimulatedCrash extends Error {
    private static final long serialVersionUID = 1L;

    SimulatedCrash() {
        super("the simulated process died", null, false, false);
    }
}
