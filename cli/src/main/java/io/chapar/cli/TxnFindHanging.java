package io.chapar.cli;

import io.chapar.client.admin.OpenTransaction;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

@Command(name = "find-hanging",
        description = "Find open transactions that no coordinator will ever end.",
        footer = {"", "A Chapar broker ends them by itself after a while; until then they hold readers up.", "",
            "Examples:", "  chapar txn find-hanging", "  chapar txn find-hanging --topic orders -o json"})
final class TxnFindHanging extends ListCommand {
    private static final int PARTITIONS_AT_ONCE = 500;

    @Option(names = "--topic", paramLabel = "NAME", description = "Look at this topic alone.")
    @Nullable String topic;

    @Override
    Listing list(Cluster cluster) {
        List<TopicPartition> all = new ArrayList<>();
        List<TopicView> topics = topic == null ? cluster.topics() : List.of(cluster.topic(topic));
        for (TopicView one : topics) {
            one.partitions().forEach(p -> all.add(new TopicPartition(one.name(), p.partition())));
        }
        List<OpenTransaction> hanging = new ArrayList<>();
        for (int from = 0; from < all.size(); from += PARTITIONS_AT_ONCE) {
            List<TopicPartition> some = all.subList(from, Math.min(all.size(), from + PARTITIONS_AT_ONCE));
            cluster.openAt(some).stream().filter(OpenTransaction::hangs).forEach(hanging::add);
        }
        return listing(hanging);
    }

    static Map<String, Object> object(OpenTransaction one) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("topic", one.partition().topic());
        object.put("partition", one.partition().partition());
        object.put("producerId", one.open().producerId());
        object.put("producerEpoch", one.open().producerEpoch());
        object.put("firstOffset", one.open().openSinceOffset());
        object.put("lastWrite", Instant.ofEpochMilli(one.open().lastTimestampMs()).toString());
        object.put("transactionalId", one.transactionalId());
        return object;
    }

    private Listing listing(List<OpenTransaction> hanging) {
        Table table = new Table("topic", "partition", "producerId", "producerEpoch", "firstOffset", "lastWrite",
                "transactionalId");
        for (OpenTransaction one : hanging) {
            table.row(object(one).values().toArray());
        }
        Listing listing = new Listing(table);
        return hanging.isEmpty() ? listing.line("Nothing hangs.") : listing;
    }
}
