package io.chapar.bench;

import java.io.File;
import java.util.List;

/// A running broker: which one of its system it is, and its process.
record BrokerProcess(Node node, Program program) {
    /// @param all that belong together, this one among them
    static BrokerProcess launch(Contender contender, Workplace workplace, List<Node> all, Node node) {
        File said = node.data().resolveSibling(node.data().getFileName() + ".txt").toFile();
        return new BrokerProcess(node, Program.launch(workplace, contender.command(all, node), said));
    }
}
