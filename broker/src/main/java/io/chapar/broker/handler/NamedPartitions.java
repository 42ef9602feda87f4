package io.chapar.broker.handler;

import io.chapar.broker.group.consumer.PartitionSet;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/// What a member of a group has, with the names of the topics; without topics that are no more.
final class NamedPartitions {
    private NamedPartitions() {}

    /// A topic and partitions of it in the answer.
    @FunctionalInterface
    interface Topic<T> {
        T of(UUID id, String name, List<Integer> partitions);
    }

    static <T> List<T> of(PartitionSet partitions, ClusterImage image, Topic<T> topic) {
        List<T> all = new ArrayList<>();
        partitions.byTopic().forEach((id, numbers) -> {
            TopicImage known = image.topic(id);
            if (known != null) {
                all.add(topic.of(id, known.name(), Arrays.stream(numbers).boxed().toList()));
            }
        });
        return all;
    }
}
