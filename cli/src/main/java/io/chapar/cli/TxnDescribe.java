package io.chapar.cli;

import io.chapar.client.admin.TransactionDescription;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

@Command(name = "describe", description = "Show one transactional id: producer, state, age, client and partitions.",
        footer = {"", "Example:", "  chapar txn describe billing-0"})
final class TxnDescribe extends ClusterCommand {
    @Parameters(paramLabel = "ID", description = "The transactional id.")
    String id;

    @Override
    public Integer call() {
        try (Cluster cluster = connect()) {
            TransactionDescription transaction = cluster.transaction(id);
            if (structured()) {
                show(object(transaction));
            } else {
                print(transaction);
            }
        }
        return DONE;
    }

    private static Map<String, Object> object(TransactionDescription transaction) {
        boolean open = transaction.startMs() >= 0;
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("transactionalId", transaction.transactionalId());
        object.put("state", transaction.state());
        object.put("producerId", transaction.producerId());
        object.put("producerEpoch", transaction.producerEpoch());
        object.put("timeoutMs", transaction.timeoutMs());
        object.put("coordinator", transaction.coordinator() == null ? null : transaction.coordinator().id());
        object.put("clientId", transaction.clientId());
        object.put("clientHost", transaction.clientHost());
        object.put("started", open ? Instant.ofEpochMilli(transaction.startMs()).toString() : null);
        object.put("ageMs", open ? Math.max(0, System.currentTimeMillis() - transaction.startMs()) : null);
        object.put("partitions", partitions(transaction));
        return object;
    }

    private static List<String> partitions(TransactionDescription transaction) {
        return transaction.partitions().stream()
                .map(partition -> partition.topic() + "-" + partition.partition()).toList();
    }

    private void print(TransactionDescription transaction) {
        out().println("Transactional id " + Words.shown(transaction.transactionalId()) + ", " + transaction.state());
        out().println("  producer     id " + transaction.producerId() + ", epoch " + transaction.producerEpoch());
        out().println("  client       " + TxnText.client(transaction.clientId(), transaction.clientHost()));
        out().println("  timeout      " + TxnText.timeout(transaction.timeoutMs()));
        if (transaction.coordinator() != null) {
            out().println("  coordinator  broker " + transaction.coordinator().id());
        }
        if (transaction.startMs() >= 0) {
            out().println("  open since   " + TxnText.since(transaction.startMs(), transaction.timeoutMs()));
        }
        if (!transaction.partitions().isEmpty()) {
            out().println("  partitions   " + String.join(", ", partitions(transaction)));
        }
    }
}
