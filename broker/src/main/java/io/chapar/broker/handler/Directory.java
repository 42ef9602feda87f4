package io.chapar.broker.handler;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.MetadataResponse.MetadataResponsePartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Where everything is, as of one image, in the words of answers: every API that tells leaders, replicas or brokers
/// asks here.
///
/// Clients are told of no broker that is fenced: they would wait for it in vain.
///
/// @param here the broker that answers
/// @param decides the controller, as far as is known here
/// @param advertised where the client that asks reaches it
record Directory(ClusterImage image, int here, int decides, HostPort advertised) {
    static final Listed NOWHERE = new Listed(-1, new HostPort("", -1));

    /// A broker, and where the client that asks reaches it.
    record Listed(int id, HostPort at) {
        boolean isKnown() {
            return id >= 0;
        }
    }

    static Directory of(LocalBroker node, RequestContext context) {
        return new Directory(node.image(), node.id(), node.metadata().controller(), context.advertised());
    }

    List<Listed> brokers() {
        return brokers(false);
    }

    List<Listed> brokers(boolean alsoFenced) {
        List<Listed> brokers = new ArrayList<>();
        for (int id : image.brokers().keySet()) {
            Listed broker = alsoFenced ? registered(id) : broker(id);
            if (broker.isKnown()) {
                brokers.add(broker);
            }
        }
        return brokers;
    }

    /// [#NOWHERE] when no address of it is known.
    private Listed broker(int id) {
        return id == here || !isFenced(id) ? registered(id) : NOWHERE;
    }

    /// In session or not.
    private Listed registered(int id) {
        BrokerImage broker = image.brokers().get(id);
        HostPort clients = id == here ? advertised : broker == null ? null : broker.registration().clients();
        return clients == null ? NOWHERE : new Listed(id, clients);
    }

    /// Of one that is not registered nothing is known.
    boolean isFenced(int id) {
        BrokerImage broker = image.brokers().get(id);
        return broker != null && !broker.isActive();
    }

    /// Where the leaders are whom an answer names beside NOT_LEADER_OR_FOLLOWER (KIP-951), each once.
    List<Listed> named(IntStream leaders) {
        return leaders.filter(id -> id >= 0).distinct().mapToObj(this::broker).filter(Listed::isKnown).toList();
    }

    /// Null where nobody said.
    @Nullable String rack(int id) {
        BrokerImage broker = image.brokers().get(id);
        return broker == null ? null : broker.registration().rack();
    }

    /// Of these the ones that are not in session.
    private List<Integer> offline(List<Integer> replicas) {
        return replicas.stream().filter(id -> {
            BrokerImage broker = image.brokers().get(id);
            return broker == null || !broker.isActive();
        }).toList();
    }

    /// This broker, where no other is known that clients reach: it hands over what it is asked to whoever decides.
    int controller() {
        return broker(decides).isKnown() ? decides : here;
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
                partition.replicas(), partition.isr(), offline(partition.replicas()));
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
}
