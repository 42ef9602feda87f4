package io.chapar.transport;

import org.jspecify.annotations.Nullable;

import java.util.Objects;

/// A broker's address. Brokers have ids from 0; the addresses that a client starts from have made-up negative ids until
/// the first metadata arrives. `rack` is null where the broker names none.
public record Node(int id, String host, int port, @Nullable String rack) {
    public Node {
        Objects.requireNonNull(host, "host");
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("Port out of range: " + port);
        }
    }

    public Node(int id, String host, int port) {
        this(id, host, port, null);
    }

    /// Whether this is an address from the configuration, not a broker known by its id.
    public boolean isBootstrap() {
        return id < 0;
    }

    @Override
    public String toString() {
        return host + ":" + port + (isBootstrap() ? "" : " (node " + id + ")");
    }
}
