package io.chapar.cli.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/// Which ports of this machine a cluster may have.
final class ClusterPorts {
    static final String HOST = "127.0.0.1";
    static final int DEFAULT_BASE = 9092;
    /// From one broker's ports to the next one's, where they are counted from a base.
    static final int STEP = 100;
    static final int HIGHEST = 65_535;

    private ClusterPorts() {
    }

    /// Whether nobody listens there now.
    static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true); // connections that have ended are in nobody's way
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
