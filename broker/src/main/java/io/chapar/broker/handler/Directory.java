package io.chapar.broker.handler;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.MetadataResponse.MetadataResponsePartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Where everything is, as of one image, in the words of answers: every API that tells leaders, replicas or brokers
/// asks here.
///
/// @param here the broker that answers, which is the controller
/// @param advertised where the client that asks reaches it
record Directory(ClusterImage image, int here, HostPort advertised) {
    static final Listed NOWHERE = new Listed(-1, new HostPort("", -1));

    /// A broker, and where the client that asks reaches it.
    record Listed(int id, HostPort at) {
        boolean isKnown() {
            return id >= 0;
        }
    }

    static Directory of(LocalBroker node, RequestContext context) {
        return new Directory(node.image(), node.id(), context.advertised());
    }

    List<Listed> brokers() {
        List<Listed> brokers = new ArrayList<>();
        for (int id : image.brokers().keySet()) {
            Listed broker = broker(id);
            if (broker.isKnown()) {
                brokers.add(broker);
            }
        }
        return brokers;
    }

    /// [#NOWHERE] when no address of it is known.
    private Listed broker(int id) {
        return id == here ? new Listed(id, advertised) : NOWHERE;
    }

    int controller() {
        return here;
    }

    /// The broker that leads the partition, or [#NOWHERE].
    Listed leader(String topic, int partition) {
        TopicImage known = image.topic(topic);
        return known == null || !known.hasPartition(partition) ? NOWHERE : broker(known.partition(partition).leader());
    }

    /// A partition of a topic that exists.
    MetadataResponsePartition partition(TopicImage topic, int index) {
        PartitionImage partition = topic.partition(index);
        Listed leader = broker(partition.leader());
        ErrorCode error = leader.isKnown() ? ErrorCode.NONE : ErrorCode.LEADER_NOT_AVAILABLE;
        return new MetadataResponsePartition(error.code(), index, leader.id(), partition.leaderEpoch(),
                partition.replicas(), partition.isr(), List.of());
    }

    /// One that its disk took offline at the replica that leads it: then it has none, as in Kafka.
    MetadataResponsePartition offline(TopicImage topic, int index) {
        PartitionImage partition = topic.partition(index);
        return new MetadataResponsePartition(ErrorCode.LEADER_NOT_AVAILABLE.code(), index, NOWHERE.id(),
                partition.leaderEpoch(), partition.replicas(), partition.isr(), List.of(partition.leader()));
    }

    /// Of the first partition, as in Kafka.
    static short replicationFactor(TopicImage topic) {
        return (short) topic.partition(0).replicas().size();
    }

    // ---- what may be wished for

    /// Why a topic cannot have so many replicas, or null; -1 stands for the default.
    static @Nullable String factorProblem(ClusterImage image, int factor) {
        int brokers = image.brokers().size();
        if (factor == -1 || (factor == 1 && brokers > 0)) {
            return null;
        }
        return factor < 1 ? "Replication factor must be larger than 0, or -1 to use the default value."
                : "Replication factor " + factor + " cannot be reached because the cluster has " + brokers + " broker"
                        + (brokers == 1 ? "." : "s.");
    }

    /// Why these cannot be the replicas of a partition, or null.
    static @Nullable String assignmentProblem(ClusterImage image, List<Integer> replicas) {
        Set<Integer> brokers = image.brokers().keySet();
        boolean one = brokers.size() == 1;
        return replicas.size() == 1 && one && brokers.containsAll(replicas) ? null
                : (one ? "The only broker is " + image.brokers().firstKey() : "The brokers are " + brokers)
                        + ", the partition is assigned to " + replicas + ".";
    }
}
