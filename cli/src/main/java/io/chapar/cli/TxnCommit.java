package io.chapar.cli;

import io.chapar.client.admin.TransactionDescription;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.util.LinkedHashMap;
import java.util.Map;

@Command(name = "commit",
        description = "Commit a transaction that was prepared for two-phase commit and whose producer is gone.",
        footer = {"",
            "Whether it is to be committed is decided by whoever coordinated the two phases, a database for example:",
            "the broker cannot know. It serves such transactions when transaction.two.phase.commit.enable is true. The",
            "producer of the id is shut out; 'chapar txn abort ID' aborts instead.", "",
            "Example:", "  chapar txn commit payments-0"})
final class TxnCommit extends ClusterCommand {
    @Parameters(paramLabel = "ID", description = "The transactional id.")
    String id;

    @Override
    public Integer call() {
        try (Cluster cluster = connect()) {
            TransactionDescription before = cluster.transaction(id);
            if (before.state().startsWith("Prepare")) {
                throw new CommandFailure("The transaction of '" + id + "' is decided already (" + before.state()
                        + ") and ends by itself");
            }
            if (before.startMs() < 0) {
                throw new CommandFailure(
                        "Transactional id '" + id + "' has no open transaction (" + before.state() + ")");
            }
            if (before.timeoutMs() != Integer.MAX_VALUE) {
                throw new CommandFailure("The transaction of '" + id + "' takes no part in two-phase commit: only its"
                        + " producer can commit it");
            }
            cluster.commitPrepared(before);
            if (structured()) {
                Map<String, Object> object = new LinkedHashMap<>();
                object.put("committed", id);
                object.put("producerId", before.producerId());
                object.put("producerEpoch", before.producerEpoch());
                object.put("partitions", before.partitions().stream().map(PartitionName::of).toList());
                show(object);
            } else {
                out().println("Committed the prepared transaction of " + id + " in "
                        + Words.count(before.partitions().size(), "partition") + " and shut its producer out.");
            }
        }
        return DONE;
    }
}
