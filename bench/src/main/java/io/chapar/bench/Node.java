package io.chapar.bench;

import java.nio.file.Path;

/// One broker of a system, and what is its own: a port for clients, one for the other brokers of which the next is free
/// too, and a folder.
record Node(int id, int port, int innerPort, Path data) {
    String address() {
        return "127.0.0.1:" + port;
    }

    /// As lists of voters name it, in both systems.
    String voter() {
        return id + "@127.0.0.1:" + innerPort;
    }
}
