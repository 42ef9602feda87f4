package io.chapar.cli.cluster;

import java.util.ArrayList;
import java.util.List;

/// The command line of a broker of a cluster on this machine, from `broker` on.
public final class BrokerArguments {
    private BrokerArguments() {
    }

    private static final String RACK = "broker.rack";

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
        cluster.settings().forEach((key, value) -> arguments.addAll(List.of("--set", key + "=" + value)));
        return arguments;
    }
}
