package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.metadata.MetadataCommand.TakeProducerIds;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import io.chapar.txn.ProducerEpochs;
import io.chapar.txn.TxnRecord;
import io.chapar.txn.TxnRecordCodec;
import io.chapar.txn.TxnState;

import java.util.List;

import static java.util.Objects.requireNonNull;

/// Gives a cluster a past: its transactional ids have nearly used up the epochs of their producer ids when the
/// simulation begins.
final class NearExhaustion {
    private static final long FIRST_ID = 5_000_000;
    private static final int MOST_LEFT = 12;
    private static final int BATCH_BYTES = 1024;

    private NearExhaustion() {}

    /// On the loops of brokers that lead. Their next lives know what was written.
    static void write(World world, SimulatedCluster cluster, Swarm swarm, List<String> ids) {
        int partitions = swarm.count("transaction.state.log.num.partitions");
        cluster.brokers().getFirst().propose(new TakeProducerIds((int) FIRST_ID + ids.size()));
        for (int i = 0; i < ids.size(); i++) {
            String id = ids.get(i);
            short epoch =
                    (short) (ProducerEpochs.LAST_USABLE - world.random("past of " + id).nextInt(MOST_LEFT));
            TopicPartition at = new TopicPartition(
                    CoordinatorKeys.TRANSACTION_STATE, CoordinatorKeys.partitionOf(id, partitions));
            SimulatedBroker broker = requireNonNull(cluster.leader(at), "all brokers run");
            TxnRecord record = new TxnRecord(id, new TxnState.Empty(FIRST_ID + i, epoch, ProducerEpochs.NONE,
                    TxnState.NO_PRODUCER_ID, swarm.transactionTimeoutMs(), broker.wallMs()));
            broker.onOwner(at, owner -> {
                Partition partition = requireNonNull(owner.partition(at), "the broker leads it");
                var _ = partition.appendFromCoordinator(new RecordBatchBuilder(Compression.NONE, BATCH_BYTES)
                        .append(broker.wallMs(), TxnRecordCodec.key(record), TxnRecordCodec.value(record)).build(),
                        null, broker.wallMs());
            });
        }
    }
}
