package io.chapar.cli;

import io.chapar.client.admin.OpenTransaction;
import io.chapar.client.admin.TransactionDescription;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static java.util.Objects.requireNonNull;

@Command(name = "abort",
        description = "Abort the open transaction of a transactional id, or what hangs at a partition.",
        footer = {"",
            "The producer of the id is shut out: its next call fails, and a new instance goes on. --hanging aborts",
            "only what no coordinator will ever end; 'chapar txn why' says whether that is so.", "",
            "Examples:", "  chapar txn abort billing-0", "  chapar txn abort --hanging orders/0"})
final class TxnAbort extends ClusterCommand {
    static final class What {
        @Parameters(paramLabel = "ID", description = "The transactional id.")
        @Nullable String id;

        @Option(names = "--hanging", paramLabel = "TOPIC/PARTITION", converter = PartitionName.class,
            description = "Abort what hangs at this partition.")
        @Nullable TopicPartition hanging;
    }

    @ArgGroup(exclusive = true, multiplicity = "1")
    What what;

    @Override
    public Integer call() {
        try (Cluster cluster = connect()) {
            if (what.hanging != null) {
                abortHanging(cluster, what.hanging);
            } else {
                abort(cluster, requireNonNull(what.id, "one of the two"));
            }
        }
        return DONE;
    }

    private void abort(Cluster cluster, String id) {
        TransactionDescription before = cluster.transaction(id);
        if (before.state().startsWith("Prepare")) {
            throw new CommandFailure("The transaction of '" + id + "' is decided already (" + before.state()
                    + ") and ends by itself");
        }
        if (before.startMs() < 0) {
            throw new CommandFailure("Transactional id '" + id + "' has no open transaction (" + before.state() + ")");
        }
        cluster.fence(id);
        if (structured()) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("aborted", id);
            object.put("producerId", before.producerId());
            object.put("producerEpoch", before.producerEpoch());
            object.put("partitions", before.partitions().stream().map(PartitionName::of).toList());
            show(object);
        } else {
            out().println("Aborted the transaction of " + id + " in "
                    + Words.count(before.partitions().size(), "partition") + " and shut its producer out.");
        }
    }

    private void abortHanging(Cluster cluster, TopicPartition partition) {
        cluster.requirePartition(partition);
        List<OpenTransaction> hanging = cluster.openAt(List.of(partition)).stream()
                .filter(OpenTransaction::hangs).toList();
        if (hanging.isEmpty()) {
            throw new CommandFailure("Nothing hangs at " + PartitionName.of(partition));
        }
        for (OpenTransaction one : hanging) {
            cluster.abortAt(partition, one.open());
            if (structured()) {
                show(TxnFindHanging.object(one));
            } else {
                out().println("Aborted the hanging transaction of producer id " + one.open().producerId() + ", epoch "
                        + one.open().producerEpoch() + ", from offset " + one.open().openSinceOffset() + ".");
            }
        }
    }
}
