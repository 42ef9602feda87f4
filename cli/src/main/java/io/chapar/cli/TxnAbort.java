package io.chapar.cli;

import io.chapar.client.admin.OpenTransaction;
import io.chapar.client.admin.TransactionDescription;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static java.util.Objects.requireNonNull;

@Command(name = "abort",
        description = "Abort the open transaction of a transactional id, or what hangs at a partition.",
        footer = {"",
            "The producer of the id is shut out: its next call fails, and a new instance goes on. --hanging aborts",
            "only what no coordinator will ever end, and nothing while a coordinator cannot be asked; 'chapar txn why'",
            "says whether that is so.", "",
            "Examples:", "  chapar txn abort billing-0", "  chapar txn abort --hanging orders/0"})
final class TxnAbort extends ClusterCommand {
    static final class What {
        @Parameters(paramLabel = "ID", description = "The transactional id.")
        @Nullable String id;

        @Option(names = "--hanging", paramLabel = "TOPIC/PARTITION", converter = PartitionName.class,
            description = "Abort what hangs at this partition.")
        @Nullable TopicPartition hanging;
    }

    @Option(names = "--now", description = "With --hanging: also what no coordinator knows and was written to within"
            + " transaction.max.timeout.ms.")
    boolean now;

    @ArgGroup(exclusive = true, multiplicity = "1")
    What what;

    @Override
    public Integer call() {
        if (now && what.hanging == null) {
            throw usage("--now goes with --hanging.");
        }
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

    private static void requireOld(Cluster cluster, List<OpenTransaction> hanging) {
        long longestMs = cluster.longestTransactionMs();
        long nowMs = System.currentTimeMillis();
        for (OpenTransaction one : hanging) {
            if (one.isYoung(nowMs, longestMs)) {
                throw new CommandFailure("No coordinator knows the transaction of producer id "
                        + one.open().producerId() + ", which was last written to at "
                        + Instant.ofEpochMilli(one.open().lastTimestampMs()) + ": it may yet be known until it is "
                        + TxnText.duration(longestMs) + " old (transaction.max.timeout.ms); --now aborts it all the"
                        + " same");
            }
        }
    }

    private void abortHanging(Cluster cluster, TopicPartition partition) {
        cluster.requirePartition(partition);
        List<OpenTransaction> open = cluster.openAt(List.of(partition));
        List<OpenTransaction> hanging = open.stream().filter(OpenTransaction::hangs).toList();
        if (hanging.isEmpty()) {
            throw new CommandFailure(open.stream().noneMatch(OpenTransaction::isUntold)
                    ? "Nothing hangs at " + PartitionName.of(partition)
                    : "Whether anything hangs at " + PartitionName.of(partition) + " cannot be told: "
                            + TxnText.UNTOLD);
        }
        if (!now && hanging.stream().anyMatch(one -> one.owner() == null)) {
            requireOld(cluster, hanging);
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
