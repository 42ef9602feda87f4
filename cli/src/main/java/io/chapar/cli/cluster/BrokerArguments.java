package io.chapar.cli.cluster;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.config.LogSettings;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The command line of a broker of a cluster on this machine, from `broker` on.
public final class BrokerArguments {
    private BrokerArguments() {
    }

    private static final String RACK = "broker.rack";
    private static final String METRICS = "metrics.listener";

    /// One that has no others is a broker as any: it shares its metadata with nobody.
    public static List<String> of(ClusterFolder folder, ClusterFile cluster, LocalNode node) {
        List<String> arguments = new ArrayList<>(List.of("broker", "--node-id", Integer.toString(node.id()),
                "--listen", node.address(), "--data", folder.data(node).toString()));
        if (cluster.nodes().size() > 1) {
            arguments.addAll(List.of("--quorum", cluster.quorum(),
                    "--set", "cluster.secret.file=" + folder.secret()));
            if (!cluster.voters().contains(node.id())) {
                arguments.addAll(List.of("--set", "peer.listener=" + node.peers()));
            }
        }
        if (!cluster.settings().containsKey(RACK)) {
            // As if each had a machine of its own: consumers may say beside which one they stand.
            arguments.addAll(List.of("--set", RACK + "=" + node.name()));
        }
        cluster.settings().forEach((key, value) -> arguments.addAll(List.of("--set",
                key + "=" + ofItsOwn(key, value, node))));
        return arguments;
    }

    /// What two brokers of one machine cannot share.
    private static String ofItsOwn(String key, String value, LocalNode node) {
        return switch (key) {
            case LogSettings.FILE -> fileOf(value, node);
            case METRICS -> listenerOf(value, node);
            default -> value;
        };
    }

    /// As far apart as what clients connect to; 0 takes any that is free.
    private static String listenerOf(String listener, LocalNode node) {
        if (listener.isEmpty()) {
            return listener;
        }
        HostPort first = HostPort.parse(listener);
        return first.port() == 0 ? listener
                : new HostPort(first.host(), first.port() + (node.id() - 1) * ClusterPorts.STEP).toString();
    }

    /// `broker.log` of node 2 is `broker-node-2.log`: nobody can put a file aside that others write to.
    private static String fileOf(String file, LocalNode node) {
        Path path = Path.of(file);
        Path name = path.getFileName();
        if (file.isEmpty() || name == null || isNoPlainFile(path)) {
            return file;
        }
        String whole = name.toString();
        int end = whole.lastIndexOf('.') > 0 ? whole.lastIndexOf('.') : whole.length();
        return path.resolveSibling(whole.substring(0, end) + "-" + node.name() + whole.substring(end)).toString();
    }

    /// A device, say, which all may write to.
    private static boolean isNoPlainFile(Path path) {
        return Files.exists(path) && !Files.isRegularFile(path);
    }
}
