package io.chapar.broker.metadata;

/// A registered broker.
///
/// ```
///            +--beside others, or with an address for them--> FENCED --unfenced--> ACTIVE
/// registered |                                                  ^-----fenced---------+
///            +--as the only one---------------------------------------------------> ACTIVE
/// ```
/// Whoever is fenced leads nothing and is in no in-sync set.
///
/// @param epoch the version of the metadata at which its present life began; no two lives have the same
public record BrokerImage(Registration registration, long epoch, Standing standing) {
    /// What a broker may be to the cluster.
    public enum Standing {
        FENCED(0), ACTIVE(1);

        private final int code;

        Standing(int code) {
            this.code = code;
        }

        /// As it is written down.
        int code() {
            return code;
        }
    }

    public int id() {
        return registration.node();
    }

    public boolean isActive() {
        return standing == Standing.ACTIVE;
    }

    BrokerImage as(Standing other) {
        return new BrokerImage(registration, epoch, other);
    }
}
