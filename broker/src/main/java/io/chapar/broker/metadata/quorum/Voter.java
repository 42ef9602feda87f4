package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.HostPort;

import java.util.UUID;

/// One who votes in the metadata quorum. A node whose folder was emptied has another folder, and is a stranger: it has
/// forgotten for whom it voted and what it acknowledged.
///
/// @param node the broker's id
/// @param folder drawn when its folder was made
/// @param at where the consensus library of the others reaches it
public record Voter(int node, UUID folder, HostPort at) {
    /// As the library names it.
    String name() {
        return name(node, folder);
    }

    static String name(int node, UUID folder) {
        return node + "-" + folder;
    }

    /// As the library knows it.
    ///
    /// @param name by [#name]
    /// @param address HOST:PORT
    static Voter of(String name, String address) {
        int colon = address.lastIndexOf(':');
        return new Voter(nodeOf(name), UUID.fromString(name.substring(name.indexOf('-', 1) + 1)),
                new HostPort(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))));
    }

    /// The broker that the library calls so.
    static int nodeOf(String name) {
        return Integer.parseInt(name.substring(0, name.indexOf('-', 1)));
    }
}
