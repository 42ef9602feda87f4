package io.chapar.broker.coordinator;

import io.chapar.broker.partition.MarkerAppend;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.List;

/// Carries markers to the leaders of their partitions.
public interface MarkerTransport {
    /// Sends markers, of any number of transactions, that belong together only in time. `answers` is called on
    /// `caller`, as often as answers come in, until every marker has exactly one.
    void send(List<Addressed> markers, Loop caller, Answers answers);

    /// One marker for one partition.
    record Addressed(TopicPartition partition, MarkerAppend marker) {}

    @FunctionalInterface
    interface Answers {
        /// @param index of the marker in the list that was sent
        /// @param exists whether the partition is still part of the cluster, where the error leaves that open
        void answered(int index, ErrorCode error, boolean exists);
    }
}
