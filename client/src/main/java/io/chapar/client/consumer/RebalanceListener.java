package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;

import java.util.Collection;

/// Hears of partitions that come and go. Called on the thread that is in `poll` (or in `close`), which goes on when the
/// listener returns; the listener may use the consumer: seek, commit, ask for positions. What it throws comes out of
/// `poll`, after the change has taken effect.
public interface RebalanceListener {
    RebalanceListener NONE = new RebalanceListener() {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        }
    };

    /// These are given up when this returns; they are still owned, so positions can be committed.
    void onPartitionsRevoked(Collection<TopicPartition> partitions);

    /// These are newly owned, and nothing of them has been read. Empty when a rebalance brought nothing new.
    void onPartitionsAssigned(Collection<TopicPartition> partitions);

    /// These have gone already, and others may be reading them: a commit would be refused.
    default void onPartitionsLost(Collection<TopicPartition> partitions) {
        onPartitionsRevoked(partitions);
    }
}
