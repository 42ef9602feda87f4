package io.chapar.broker.shard;

import io.chapar.broker.partition.AppendOutcome;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.RecordBatch;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// What producers have to begin with, since it was refused.
///
/// A producer has several requests under way. When the first one is refused, and what it was refused for is over before
/// the second one comes (the news of a producer id was on its way, a replica too few was in sync, a leader had not
/// begun), a partition that does not know the producer would take the second for its beginning. The first one, sent
/// again, would be out of order for ever then (as in KAFKA-14904). So the lowest sequence that was refused comes first.
///
/// What a partition knows of a producer says more than this, which is for those alone that it does not know. Of the
/// [#MOST] newest: the others may begin with anything. On one loop.
///
/// @param <T> by what topics are told apart, of a bounded size
public final class RefusedWrites<T> {
    static final int MOST = 1_000;
    public static final int NONE = -1;
    /// The producer sends the same again. What is refused for good it gives up, and decides itself how to go on.
    private static final Set<ErrorCode> OVER_SOON = EnumSet.of(ErrorCode.NOT_ENOUGH_REPLICAS,
            ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.KAFKA_STORAGE_ERROR);

    private record Writer<T>(T topic, int partition, long producerId, short epoch) {
        static <T> Writer<T> of(T topic, int partition, RecordBatch batch) {
            return new Writer<>(topic, partition, batch.producerId(), batch.producerEpoch());
        }
    }

    private final Map<Writer<T>, Integer> lowest = new LinkedHashMap<>();

    /// Nothing of the batch was appended.
    public void refused(T topic, int partition, RecordBatch batch) {
        if (!batch.hasProducerId() || batch.baseSequence() < 0) {
            return;
        }
        lowest.merge(Writer.of(topic, partition, batch), batch.baseSequence(), Math::min);
        if (lowest.size() > MOST) {
            lowest.remove(lowest.keySet().iterator().next());
        }
    }

    /// What was refused first of its producer is there, or about to be.
    public void accepted(T topic, int partition, RecordBatch batch) {
        if (!lowest.isEmpty()) {
            lowest.remove(Writer.of(topic, partition, batch));
        }
    }

    /// The sequence that the batch's producer has to begin with; [#NONE] for any.
    public int first(T topic, int partition, RecordBatch batch) {
        return lowest.isEmpty() ? NONE : lowest.getOrDefault(Writer.of(topic, partition, batch), NONE);
    }

    /// What came of an append.
    public void appended(T topic, int partition, RecordBatch batch, AppendOutcome outcome) {
        if (!(outcome instanceof AppendOutcome.Rejected r)) {
            accepted(topic, partition, batch);
        } else if (OVER_SOON.contains(r.error())) {
            refused(topic, partition, batch);
        }
    }
}
