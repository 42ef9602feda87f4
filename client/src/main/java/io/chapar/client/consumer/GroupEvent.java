package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/// What the polling thread must tell the listener before the membership goes on.
sealed interface GroupEvent {
    SortedSet<TopicPartition> partitions();

    record Revoked(SortedSet<TopicPartition> partitions) implements GroupEvent {
        public Revoked {
            partitions = copy(partitions);
        }
    }

    record Assigned(SortedSet<TopicPartition> partitions) implements GroupEvent {
        public Assigned {
            partitions = copy(partitions);
        }
    }

    record Lost(SortedSet<TopicPartition> partitions) implements GroupEvent {
        public Lost {
            partitions = copy(partitions);
        }
    }

    private static SortedSet<TopicPartition> copy(SortedSet<TopicPartition> partitions) {
        return Collections.unmodifiableSortedSet(new TreeSet<>(partitions));
    }
}
