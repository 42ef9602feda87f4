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
    static final class Describe extends ClusterCommand {
        @Override
        public Integer call() {
            try (Cluster cluster = connect()) {
                print(cluster.describe());
            }
            return DONE;
        }

        private void print(ClusterDescription cluster) {
            Table brokers = new Table("broker", "host", "port", "rack", "controller");
            for (Node node : cluster.nodes()) {
                brokers.row(node.id(), node.host(), node.port(), node.rack(), node.equals(cluster.controller()));
            }
            switch (format()) {
                case table, wide, name, csv -> {
                    out().println("Cluster:  " + cluster.clusterId());
                    out().println("Metadata: " + (cluster.trouble() == null ? "fine" : cluster.trouble()));
                    out().println();
                    brokers.printText(out());
                }
                case json, yaml -> {
                    Map<String, Object> all = new LinkedHashMap<>();
                    all.put("clusterId", cluster.clusterId());
                    all.put("metadataTrouble", cluster.trouble());
                    all.put("brokers", brokers.objects());
                    show(all);
                }
            }
        }
    }
}
