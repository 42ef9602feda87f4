package io.chapar.simulator;

import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.shard.Shard;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.Response;

import java.util.UUID;

/// Who looks on while brokers work.
interface Witness {
    /// A task of the shard's loop has run.
    void stepped(SimulatedBroker broker, Shard shard);

    void asked(SimulatedBroker broker, ServerConnection.Exchange exchange);

    /// This answer is about to leave.
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response);

    /// The process has ended.
    void stopped(SimulatedBroker broker);

    /// The cluster has decided something about partitions of this topic.
    void decided(SimulatedCluster cluster, UUID topicId);

    /// Whether a marker of the producer by a later coordinator than that is committed there.
    boolean isMarked(SimulatedCluster cluster, TopicPartition partition, long producerId, int coordinatorEpoch);

    /// Somebody leads this partition who may lack what was acknowledged there.
    void recordsMayBeLost(TopicImage topic, int partition);

    /// What the broker has not synced is about to be lost.
    void powerLost(SimulatedBroker broker);
}
