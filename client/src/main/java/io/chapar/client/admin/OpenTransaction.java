package io.chapar.client.admin;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

/// A transaction that a partition has open, and what its coordinator says of it.
///
/// @param owner null when no coordinator that could be asked knows the producer id
/// @param isTold every coordinator could be asked
public record OpenTransaction(TopicPartition partition, ProducerState open, @Nullable TransactionDescription owner,
        boolean isTold) {
    private static final String ONGOING = "Ongoing";

    /// Those open at these partitions now, by partition and first offset. One that seems to hang is looked at again
    /// after its coordinator was asked, since it may have ended in between.
    static List<OpenTransaction> at(Admin admin, Collection<TopicPartition> partitions) {
        Map<TopicPartition, List<ProducerState>> open = openAt(admin, partitions);
        Owners owners = owners(admin, open.values().stream().flatMap(List::stream)
                .map(ProducerState::producerId).distinct().toList());
        List<OpenTransaction> all = new ArrayList<>();
        open.forEach((partition, producers) -> producers.forEach(
                one -> all.add(new OpenTransaction(partition, one, owners.byProducer.get(one.producerId()),
                        owners.isAll))));
        if (all.stream().noneMatch(OpenTransaction::hangs)) {
            return all;
        }
        Map<TopicPartition, List<ProducerState>> still = openAt(admin, partitions);
        all.removeIf(one -> one.hangs() && !still.getOrDefault(one.partition, List.of()).contains(one.open));
        return all;
    }

    private static Map<TopicPartition, List<ProducerState>> openAt(Admin admin, Collection<TopicPartition> partitions) {
        Map<TopicPartition, List<ProducerState>> open = new TreeMap<>();
        admin.describeProducers(partitions).forEach((partition, result) -> {
            if (result instanceof AdminResult.Done<List<ProducerState>>(List<ProducerState> producers)) {
                open.put(partition, producers.stream().filter(one -> one.openSinceOffset() >= 0)
                        .sorted(Comparator.comparingLong(ProducerState::openSinceOffset)).toList());
            }
        });
        return open;
    }

    private record Owners(Map<Long, TransactionDescription> byProducer, boolean isAll) {
    }

    private static Owners owners(Admin admin, List<Long> producerIds) {
        Map<Long, TransactionDescription> owners = new TreeMap<>();
        boolean isAll = true;
        if (!producerIds.isEmpty()) {
            TxnOps.Listed told = admin.listAllTransactions(TransactionFilter.ofProducers(producerIds));
            isAll = told.isAll();
            List<TransactionListing> listed = told.transactions();
            Map<String, AdminResult<TransactionDescription>> described = admin.describeTransactions(
                    listed.stream().map(TransactionListing::transactionalId).toList());
            for (TransactionListing one : listed) {
                AdminResult<TransactionDescription> result =
                        requireNonNull(described.get(one.transactionalId()), "whatever was asked for is answered");
                boolean gone = result instanceof AdminResult.Refused<TransactionDescription> refused
                        && refused.error() == ErrorCode.TRANSACTIONAL_ID_NOT_FOUND;
                if (!gone) {
                    owners.put(one.producerId(), result.get());
                }
            }
        }
        return new Owners(owners, isAll);
    }

    /// Whether nobody is known to end it: the rule by which the broker itself judges. False where that cannot be told.
    public boolean hangs() {
        if (owner == null) {
            return isTold;
        }
        boolean ongoing = owner.state().equals(ONGOING) && owner.producerId() == open.producerId()
                && owner.producerEpoch() <= open.producerEpoch();
        return !ongoing && !isDecided();
    }

    /// Who owns it may be a coordinator that could not be asked, so that nobody else may end it.
    public boolean isUntold() {
        return owner == null && !isTold;
    }

    /// Nobody knows it, and it is younger than a transaction may become: it may yet be heard of.
    ///
    /// @param longestMs what `transaction.max.timeout.ms` is
    public boolean isYoung(long nowMs, long longestMs) {
        return owner == null && nowMs - open.lastTimestampMs() <= longestMs;
    }

    /// The outcome stands, and its mark is on the way to the partition.
    public boolean isDecided() {
        return owner != null && owner.state().startsWith("Prepare");
    }

    /// What its coordinator says, of one that does not hang and is not untold.
    public TransactionDescription known() {
        return requireNonNull(owner, "one that nobody knows hangs, or is untold");
    }

    public @Nullable String transactionalId() {
        return owner == null ? null : owner.transactionalId();
    }

    public String state() {
        return hangs() ? "Hanging" : isUntold() ? "Unknown" : known().state();
    }

    /// -1 when it is not known: the coordinator speaks of another transaction by now, or of none.
    public long startMs() {
        return hangs() || isUntold() ? -1 : known().startMs();
    }

    public @Nullable String clientId() {
        return owner == null ? null : owner.clientId();
    }

    public @Nullable String clientHost() {
        return owner == null ? null : owner.clientHost();
    }
}
