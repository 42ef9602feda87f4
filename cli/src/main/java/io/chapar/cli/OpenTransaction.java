package io.chapar.cli;

import io.chapar.client.admin.ProducerState;
import io.chapar.client.admin.TransactionDescription;
import io.chapar.client.admin.TransactionFilter;
import io.chapar.client.admin.TransactionListing;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

/// A transaction that a partition has open, and what its coordinator says of it.
///
/// @param owner null when no coordinator knows the producer id
record OpenTransaction(TopicPartition partition, ProducerState open, @Nullable TransactionDescription owner) {
    private static final String ONGOING = "Ongoing";

    /// Those open at these partitions now, by partition and first offset. One that seems to hang is looked at again
    /// after its coordinator was asked, since it may have ended in between.
    static List<OpenTransaction> at(Cluster cluster, Collection<TopicPartition> partitions) {
        Map<TopicPartition, List<ProducerState>> open = cluster.openAt(partitions);
        Map<Long, TransactionDescription> owners = owners(cluster, open.values().stream().flatMap(List::stream)
                .map(ProducerState::producerId).distinct().toList());
        List<OpenTransaction> all = new ArrayList<>();
        open.forEach((partition, producers) -> producers.forEach(
                one -> all.add(new OpenTransaction(partition, one, owners.get(one.producerId())))));
        if (all.stream().noneMatch(OpenTransaction::hangs)) {
            return all;
        }
        Map<TopicPartition, List<ProducerState>> still = cluster.openAt(partitions);
        all.removeIf(one -> one.hangs() && !still.getOrDefault(one.partition, List.of()).contains(one.open));
        return all;
    }

    private static Map<Long, TransactionDescription> owners(Cluster cluster, List<Long> producerIds) {
        Map<Long, TransactionDescription> owners = new TreeMap<>();
        if (!producerIds.isEmpty()) {
            for (TransactionListing listed : cluster.transactions(TransactionFilter.ofProducers(producerIds))) {
                TransactionDescription owner = cluster.transactionOrNull(listed.transactionalId());
                if (owner != null) {
                    owners.put(listed.producerId(), owner);
                }
            }
        }
        return owners;
    }

    /// Whether nobody is going to end it: the rule by which the broker itself judges.
    boolean hangs() {
        if (owner == null) {
            return true;
        }
        boolean ongoing = owner.state().equals(ONGOING) && owner.producerId() == open.producerId()
                && owner.producerEpoch() <= open.producerEpoch();
        return !ongoing && !isDecided();
    }

    /// The outcome stands, and its mark is on the way to the partition.
    boolean isDecided() {
        return owner != null && owner.state().startsWith("Prepare");
    }

    /// What its coordinator says, of one that does not hang.
    TransactionDescription known() {
        return requireNonNull(owner, "one that nobody knows hangs");
    }

    @Nullable String transactionalId() {
        return owner == null ? null : owner.transactionalId();
    }

    String state() {
        return hangs() ? "Hanging" : known().state();
    }

    /// -1 when it is not known: the coordinator speaks of another transaction by now, or of none.
    long startMs() {
        return hangs() ? -1 : known().startMs();
    }

    @Nullable String clientId() {
        return owner == null ? null : owner.clientId();
    }

    @Nullable String clientHost() {
        return owner == null ? null : owner.clientHost();
    }
}
