package io.chapar.broker.handler;

import io.chapar.broker.metadata.TopicNames;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.shard.RefusedWrites;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ProduceRequest.TopicProduceData;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

import static java.util.Objects.requireNonNull;

/// What producers have to begin with that wrote to a topic, or a partition, before this broker had heard of it: its
/// leader may be told of it by clients sooner than by the cluster. No shard has it then, so what was refused is
/// remembered where the connection is, for that is where the rest of what the producer has under way comes from. What
/// is sent again over another connection comes in its order anyhow.
///
/// Each loop's on that loop.
final class WritesToUnknown {
    private final Map<Loop, RefusedWrites<Asked>> byLoop = new LinkedHashMap<>();

    /// A topic as it is asked for: by its name or by its id.
    private record Asked(String name, UUID id) {}

    WritesToUnknown(Shards shards) {
        shards.all().forEach(shard -> byLoop.put(shard.loop(), new RefusedWrites<>()));
    }

    /// The sequence that the batch's producer has to begin with, [RefusedWrites#NONE] for any; and where the batch is
    /// refused since there is no such topic or partition, it is remembered for those that follow it.
    ///
    /// @param loop of the connection
    /// @param batch null where there is none
    /// @param refusal null where the batch goes on to its partition
    int begins(Loop loop, TopicProduceData data, int partition, @Nullable RecordBatch batch,
            @Nullable ErrorCode refusal) {
        boolean isUnknown = refusal == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION || refusal == ErrorCode.UNKNOWN_TOPIC_ID;
        if (batch == null || (refusal != null && !isUnknown) || data.name().length() > TopicNames.MAX_LENGTH) {
            return RefusedWrites.NONE;
        }
        RefusedWrites<Asked> writes = requireNonNull(byLoop.get(loop), "each loop has its own");
        Asked topic = new Asked(data.name(), data.topicId());
        if (isUnknown) {
            writes.refused(topic, partition, batch);
            return RefusedWrites.NONE;
        }
        int first = writes.first(topic, partition, batch);
        if (first != RefusedWrites.NONE && batch.baseSequence() <= first) {
            // What comes after it reaches its partition after it.
            writes.accepted(topic, partition, batch);
            return RefusedWrites.NONE;
        }
        return first;
    }
}
