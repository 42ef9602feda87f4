package io.chapar.cli.cluster;

import io.chapar.cli.process.ProcessIdentity;
import org.jspecify.annotations.Nullable;

/// A broker of a cluster on this machine. Its ports stay the same for ever, for the others' lists name them.
///
/// @param port where clients connect; the metadata quorum's is the next, and other brokers' the one after that
/// @param process the last that was started for it; null before the first
public record LocalNode(int id, int port, @Nullable ProcessIdentity process) {
    /// Ports that it takes, from `port` on.
    static final int PORTS = 3;

    public String address() {
        return ClusterPorts.HOST + ':' + port;
    }

    /// Where other brokers reach it.
    String peers() {
        return ClusterPorts.HOST + ':' + (port + 2);
    }

    String quorumEntry() {
        return id + "@" + ClusterPorts.HOST + ':' + (port + 1);
    }

    public String name() {
        return "node-" + id;
    }

    public ProcessIdentity.State state() {
        return process == null ? ProcessIdentity.State.GONE : process.state();
    }

    public boolean isGone() {
        return state() == ProcessIdentity.State.GONE;
    }

    LocalNode runBy(ProcessIdentity started) {
        return new LocalNode(id, port, started);
    }
}
