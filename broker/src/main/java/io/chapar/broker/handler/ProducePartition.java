package io.chapar.broker.handler;

import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.Slices;
import io.chapar.broker.shard.RefusedWrites;
import io.chapar.broker.shard.Shard;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.UUID;

import static java.util.Objects.requireNonNull;

/// One partition of a Produce request on its way.
///
/// @param id null when the topic id is unknown
/// @param topicId of the topic that the request means, which a namesake is not; null when there is none
/// @param refusal decided before any partition was asked; null when it is to be tried
/// @param batch null when the bytes are not exactly one batch, which the append then says in its own words
/// @param begins the sequence that its producer has to begin with, of what was refused before the topic was known here
record ProducePartition(
        @Nullable TopicPartition id,
        @Nullable UUID topicId,
        ByteBuffer bytes,
        @Nullable RecordBatch batch,
        int begins,
        @Nullable ErrorCode refusal) {
    static final int COST = 5;
    private static final int BYTES_OF_COST = 2048;

    /// As [Slices] counts it: a batch is checked, perhaps opened, and written.
    int cost() {
        return COST + bytes.remaining() / BYTES_OF_COST;
    }

    boolean isTransactional() {
        return batch != null && batch.isTransactional() && batch.hasProducerId();
    }

    /// Refused for something that is over soon, so that its partition is to know what has to come first then.
    boolean isToBeTriedAgain() {
        return refusal == ErrorCode.NOT_ENOUGH_REPLICAS;
    }

    /// Of what was found to be a batch.
    RecordBatch known() {
        return requireNonNull(batch, "what is judged by its header is a batch");
    }

    /// Of a topic that was found.
    TopicPartition knownId() {
        return requireNonNull(id, "what has no topic is refused before");
    }

    /// The partition, on its shard's loop; null when it has gone since the request came, or a namesake is there.
    @Nullable Partition partition(Shard shard) {
        Partition partition = shard.partition(knownId());
        return partition != null && partition.topicId().equals(topicId) ? partition : null;
    }

    // ---- what its producer has to begin with, on its shard's loop

    void refused(RefusedWrites<UUID> writes) {
        if (batch != null && topicId != null) {
            writes.refused(topicId, knownId().partition(), batch);
        }
    }

    int first(RefusedWrites<UUID> writes) {
        int here = batch == null || topicId == null
                ? RefusedWrites.NONE : writes.first(topicId, knownId().partition(), batch);
        return here == RefusedWrites.NONE || (begins != RefusedWrites.NONE && begins < here) ? begins : here;
    }

    void appended(RefusedWrites<UUID> writes, AppendOutcome outcome) {
        if (batch != null && topicId != null) {
            writes.appended(topicId, knownId().partition(), batch, outcome);
        }
    }
}
