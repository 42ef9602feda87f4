package io.chapar.cli;

import io.chapar.cli.cluster.StatusCore;
import io.chapar.transport.Node;
import picocli.CommandLine.Command;

import java.util.List;

@Command(name = "brokers", description = "List the brokers, those that are out of session too.",
        footer = {"",
            "A broker is active while it is in session, draining where it gets no new replicas, and fenced out of",
            "session: it leads nothing then. 'unknown' is one that has replicas and of which nothing else is known.",
            "", "Example:", "  chapar cluster brokers"})
final class ClusterBrokers extends LookAtCluster {
    @Override
    Listing list(Cluster cluster) {
        Table table = new Table("broker", "address", "rack", "state", "controller", "leads", "replicas", "process");
        List<StatusCore.Broker> brokers = StatusCore.status(which.facts(cluster, false)).brokers();
        for (StatusCore.Broker broker : brokers) {
            Node at = broker.at();
            table.row(broker.id(), address(broker), at == null ? null : at.rack(), state(broker),
                    broker.controller(), broker.leads(), broker.replicas(), which.process(broker.id()));
        }
        return new Listing(table);
    }
}
