package io.chapar.cli;

import io.chapar.cli.cluster.StatusCore;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;

import java.util.Locale;

/// A list of a cluster's brokers, or of what they do, with those that do not answer among them.
abstract class LookAtCluster extends ListCommand {
    @Mixin
    WhichCluster which = new WhichCluster();

    @Override
    final Cluster open() {
        return which.open(this);
    }

    static @Nullable String address(StatusCore.Broker broker) {
        Node at = broker.at();
        return at == null ? null : at.host() + ':' + at.port();
    }

    static String state(StatusCore.Broker broker) {
        return broker.state().name().toLowerCase(Locale.ROOT);
    }
}
