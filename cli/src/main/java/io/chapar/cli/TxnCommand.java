package io.chapar.cli;

import io.chapar.client.admin.TransactionDescription;
import io.chapar.client.admin.TransactionListing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

@Command(
        name = "txn",
        description = "See transactions.",
        subcommands = {TxnCommand.ListAll.class, TxnCommand.Describe.class},
        footer = {"",
            "A producer with a transactional id writes to many partitions as one fact. Its state is Ongoing while",
            "records are being written, PrepareCommit or PrepareAbort once the outcome is decided and is being",
            "written into the partitions, and CompleteCommit or CompleteAbort after that. While a transaction is",
            "Ongoing, read_committed readers of its partitions wait at its first record."})
final class TxnCommand extends NounCommand {
    @Command(name = "list", description = "List transactional ids and their state.",
            footer = {"", "Example:", "  chapar txn list"})
    static final class ListAll extends ClusterCommand {
        @Override
        public Integer call() {
            try (Cluster cluster = connect()) {
                Table table = new Table("transactionalId", "producerId", "state");
                for (TransactionListing transaction : cluster.transactions()) {
                    table.row(transaction.transactionalId(), transaction.producerId(), transaction.state());
                }
                table.print(format(), out());
            }
            return DONE;
        }
    }

    @Command(name = "describe", description = "Show one transactional id: producer, state, age and partitions.",
            footer = {"", "Example:", "  chapar txn describe billing-0"})
    static final class Describe extends ClusterCommand {
        @Parameters(paramLabel = "ID", description = "The transactional id.")
        String id;

        @Override
        public Integer call() {
            try (Cluster cluster = connect()) {
                TransactionDescription transaction = cluster.transaction(id);
                List<String> partitions = transaction.partitions().stream()
                        .map(partition -> partition.topic() + "-" + partition.partition()).toList();
                boolean open = transaction.startMs() >= 0;
                Map<String, Object> object = new LinkedHashMap<>();
                object.put("transactionalId", transaction.transactionalId());
                object.put("state", transaction.state());
                object.put("producerId", transaction.producerId());
                object.put("producerEpoch", transaction.producerEpoch());
                object.put("timeoutMs", transaction.timeoutMs());
                object.put("coordinator", transaction.coordinator() == null ? null : transaction.coordinator().id());
                object.put("started", open ? Instant.ofEpochMilli(transaction.startMs()).toString() : null);
                object.put("ageMs", open ? Math.max(0, System.currentTimeMillis() - transaction.startMs()) : null);
                object.put("partitions", partitions);
                if (format() == OutputFormat.json) {
                    Json.println(object, out());
                } else {
                    print(object);
                }
            }
            return DONE;
        }

        private void print(Map<String, Object> object) {
            out().println("Transactional id " + object.get("transactionalId") + ", " + object.get("state"));
            out().println("  producer     id " + object.get("producerId") + ", epoch " + object.get("producerEpoch"));
            out().println("  timeout      " + object.get("timeoutMs") + " ms");
            if (object.get("coordinator") != null) {
                out().println("  coordinator  broker " + object.get("coordinator"));
            }
            if (object.get("ageMs") instanceof Long ageMs) {
                out().println("  open since   " + object.get("started") + " (" + Duration.ofMillis(ageMs).toSeconds()
                        + " s)");
            }
            if (object.get("partitions") instanceof List<?> partitions && !partitions.isEmpty()) {
                out().println("  partitions   " + String.join(", ", partitions.stream().map(String::valueOf).toList()));
            }
        }
    }
}
