package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Set;

/// Whether what one member has of a stage can be worked on.
final class TornStage {
    private TornStage() {
    }

    /// Why these partitions cannot be worked on: one is elsewhere whose records meet others of its stage here. Null
    /// when all stages are whole.
    static @Nullable UsageException of(Stages stages, Set<TopicPartition> partitions) {
        for (TopicPartition here : partitions) {
            for (String topic : stages.topicsOf(here.topic())) {
                TopicPartition other = new TopicPartition(topic, here.partition());
                if (!partitions.contains(other)) {
                    return new UsageException("Partition " + other + " is not with " + here + ", though their records"
                            + " meet in one step: another member of the group shares partitions out in another way or"
                            + " runs another topology, or the topics have different numbers of partitions by now");
                }
            }
        }
        return null;
    }
}
