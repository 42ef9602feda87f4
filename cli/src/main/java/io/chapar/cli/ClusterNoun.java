package io.chapar.cli;

import io.chapar.client.admin.ClusterDescription;
import io.chapar.transport.Node;
import picocli.CommandLine.Command;

import java.util.LinkedHashMap;
import java.util.Map;

@Command(name = "cluster", description = "Look at a cluster as a whole; run one on this machine, to try it.")
final class ClusterNoun extends NounCommand {
    @Command(name = "describe",
            description = "Show the cluster's id, its brokers, and what is wrong with its metadata.",
            footer = {"", "Example:", "  chapar cluster describe"})
    static final class Describe extends ListCommand {
        @Override
        Listing list(Cluster cluster) {
            ClusterDescription described = cluster.describe();
            String trouble = described.trouble();
            Table brokers = new Table("broker", "host", "port", "rack", "controller");
            for (Node node : described.nodes()) {
                brokers.row(node.id(), node.host(), node.port(), node.rack(), node.equals(described.controller()));
            }
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("clusterId", described.clusterId());
            all.put("metadataTrouble", trouble);
            all.put("brokers", brokers.objects());
            return new Listing(brokers).whole(all)
                    .line("Cluster:  " + described.clusterId())
                    .line("Metadata: " + (trouble == null ? "fine" : trouble))
                    .line("").table(brokers);
        }
    }
}
