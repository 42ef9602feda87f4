package io.chapar.broker.group.consumer;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.UUID;

/// The topics of the cluster as of one version of its metadata. Never changes.
public interface TopicDirectory {
    TopicDirectory EMPTY = new TopicDirectory() {
        @Override
        public @Nullable Topic topic(String name) {
            return null;
        }

        @Override
        public @Nullable String name(UUID id) {
            return null;
        }

        @Override
        public Iterable<String> names() {
            return List.of();
        }

        @Override
        public long version() {
            return 0;
        }
    };

    /// Null when there is no such topic.
    @Nullable Topic topic(String name);

    /// Of the topic of this id; null when there is none.
    @Nullable String name(UUID id);

    /// Of all topics, always in the same order.
    Iterable<String> names();

    long version();

    record Topic(UUID id, int partitions) {}
}
