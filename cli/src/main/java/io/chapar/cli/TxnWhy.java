package io.chapar.cli;

import io.chapar.client.admin.ListedOffset;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.admin.OpenTransaction;
import io.chapar.client.admin.ProducerState;
import io.chapar.client.admin.TransactionDescription;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

@Command(name = "why",
        description = "Say what read_committed readers of a partition wait for: which transaction, of whom, how old.",
        footer = {"", "STABLE is where readers of committed records stop, END the next offset to be written.", "",
            "Examples:", "  chapar txn why orders/0", "  chapar txn why orders/0 -o json"})
final class TxnWhy extends ClusterCommand {
    @Parameters(paramLabel = "TOPIC/PARTITION", converter = PartitionName.class, description = "The partition.")
    TopicPartition partition;

    @Override
    public Integer call() {
        try (Cluster cluster = connect()) {
            cluster.requirePartition(partition);
            List<OpenTransaction> open = cluster.openAt(List.of(partition));
            Long stable = offset(cluster, true);
            Long end = offset(cluster, false);
            if (structured()) {
                Map<String, Object> object = new LinkedHashMap<>();
                object.put("topic", partition.topic());
                object.put("partition", partition.partition());
                object.put("stable", stable);
                object.put("end", end);
                object.put("heldBy", open.isEmpty() ? null : object(open.getFirst()));
                object.put("openBehindIt", open.stream().skip(1).map(TxnWhy::object).toList());
                show(object);
            } else {
                print(open, stable, end);
            }
        }
        return DONE;
    }

    /// Null when the partition could not be asked.
    private @Nullable Long offset(Cluster cluster, boolean stable) {
        ListedOffset listed = cluster.offsets(List.of(partition), new OffsetSpec.Latest(), stable).get(partition);
        return listed == null ? null : listed.offset();
    }

    private static Map<String, Object> object(OpenTransaction one) {
        ProducerState open = one.open();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("transactionalId", one.transactionalId());
        object.put("state", one.state());
        object.put("producerId", open.producerId());
        object.put("producerEpoch", open.producerEpoch());
        object.put("firstOffset", open.openSinceOffset());
        object.put("lastWrite", Instant.ofEpochMilli(open.lastTimestampMs()).toString());
        object.put("clientId", one.clientId());
        object.put("clientHost", one.clientHost());
        boolean dated = one.startMs() >= 0;
        object.put("started", dated ? Instant.ofEpochMilli(one.startMs()).toString() : null);
        object.put("ageMs", dated ? Math.max(0, System.currentTimeMillis() - one.startMs()) : null);
        object.put("timeoutMs", one.hangs() || one.isUntold() ? null : one.known().timeoutMs());
        return object;
    }

    private void print(List<OpenTransaction> open, @Nullable Long stable, @Nullable Long end) {
        String name = PartitionName.of(partition);
        if (open.isEmpty()) {
            out().println("Nothing holds " + name + " back: STABLE is " + stable + ", END is " + end + ".");
            return;
        }
        OpenTransaction first = open.getFirst();
        out().println(name + ": STABLE is " + stable + ", END is " + end + ".");
        out().println("Held back by " + who(first));
        out().println("  producer     id " + first.open().producerId() + ", epoch " + first.open().producerEpoch());
        out().println("  client       " + TxnText.client(first.clientId(), first.clientHost()));
        out().println("  first offset " + first.open().openSinceOffset());
        if (first.startMs() >= 0) {
            out().println("  open since   " + TxnText.since(first.startMs(), first.known().timeoutMs()));
        } else {
            out().println("  last write   " + Instant.ofEpochMilli(first.open().lastTimestampMs())
                    + " by the client's clock");
        }
        out().println("  what next    " + next(first));
        if (open.size() > 1) {
            out().println((open.size() - 1) + " more open behind it; -o json shows them.");
        }
    }

    private static String who(OpenTransaction one) {
        if (one.isUntold()) {
            return "a transaction of which nothing can be told: " + TxnText.UNTOLD;
        }
        if (!one.hangs()) {
            return "transactional id " + Words.shown(one.known().transactionalId()) + ", " + one.state();
        }
        return one.owner() == null ? "a hanging transaction: no coordinator knows its producer id"
                : "a hanging transaction of transactional id " + Words.shown(one.owner().transactionalId())
                        + ", which its coordinator has ended (" + one.owner().state() + ")";
    }

    private String next(OpenTransaction one) {
        if (one.isUntold()) {
            return "its coordinator ends it once it is there again; 'chapar topic describe __transaction_state' shows"
                    + " who is to lead";
        }
        if (one.hangs()) {
            return "the broker aborts it in a while; 'chapar txn abort --hanging " + PartitionName.of(partition)
                    + (one.owner() == null ? " --now" : "") + "' aborts it now";
        }
        if (one.isDecided()) {
            return "its outcome is decided and on the way to the partition";
        }
        TransactionDescription owner = one.known();
        String now = "'chapar txn abort " + Words.shown(owner.transactionalId())
                + "' aborts it now, and shuts its producer out";
        if (owner.timeoutMs() == Integer.MAX_VALUE) {
            return "it stays until it is committed ('chapar txn commit " + Words.shown(owner.transactionalId())
                    + "') or aborted; " + now;
        }
        long leftMs = one.startMs() + owner.timeoutMs() - System.currentTimeMillis();
        return "it is aborted by itself in " + TxnText.duration(Math.max(0, leftMs)) + "; " + now;
    }
}
