package io.chapar.broker.group.streams;

/// A topology can never run, whatever topics there are.
public final class TopologyFault extends Exception {
    private static final long serialVersionUID = 1;

    private final String reason;

    TopologyFault(String reason) {
        super(reason);
        this.reason = reason;
    }

    /// For people.
    public String reason() {
        return reason;
    }
}
