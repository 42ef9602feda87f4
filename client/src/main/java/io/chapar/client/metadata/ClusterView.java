package io.chapar.client.metadata;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// What is known of the cluster at one moment; immutable, readable from any thread. `errors` holds, for topics that
/// were asked for and not described, why. `controllerId` is -1 when unknown, `clusterId` null.
public record ClusterView(
        @Nullable String clusterId,
        int controllerId,
        SortedMap<Integer, Node> nodes,
        SortedMap<String, TopicView> topics,
        Map<UUID, TopicView> topicsById,
        SortedMap<String, ErrorCode> errors) {
    public static final ClusterView EMPTY = of(null, -1, List.of(), List.of(), new TreeMap<>());

    static ClusterView of(@Nullable String clusterId, int controllerId, Collection<Node> nodes,
            Collection<TopicView> topics, SortedMap<String, ErrorCode> errors) {
        TreeMap<Integer, Node> nodesById = new TreeMap<>();
        nodes.forEach(node -> nodesById.put(node.id(), node));
        TreeMap<String, TopicView> byName = new TreeMap<>();
        Map<UUID, TopicView> byId = new LinkedHashMap<>();
        for (TopicView topic : topics) {
            byName.put(topic.name(), topic);
        }
        for (TopicView topic : byName.values()) {
            if (topic.hasId()) {
                byId.put(topic.id(), topic);
            }
        }
        return new ClusterView(clusterId, controllerId, Collections.unmodifiableSortedMap(nodesById),
                Collections.unmodifiableSortedMap(byName), Collections.unmodifiableMap(byId),
                Collections.unmodifiableSortedMap(new TreeMap<>(errors)));
    }

    /// What one answer says, taken alone.
    public static ClusterView read(MetadataResponse response) {
        List<Node> nodes = new ArrayList<>();
        for (MetadataResponse.MetadataResponseBroker broker : response.brokers()) {
            nodes.add(new Node(broker.nodeId(), broker.host(), broker.port(), broker.rack()));
        }
        List<TopicView> topics = new ArrayList<>();
        TreeMap<String, ErrorCode> errors = new TreeMap<>();
        for (MetadataResponse.MetadataResponseTopic topic : response.topics()) {
            ErrorCode error = ErrorCode.of(topic.errorCode());
            String name = topic.name();
            if (name == null) {
                continue; // asked for by an id that nobody knows
            }
            if (error == ErrorCode.NONE) {
                topics.add(read(name, topic));
            } else {
                errors.put(name, error);
            }
        }
        return of(response.clusterId(), response.controllerId(), nodes, topics, errors);
    }

    private static TopicView read(String name, MetadataResponse.MetadataResponseTopic topic) {
        PartitionView[] partitions = new PartitionView[topic.partitions().size()];
        for (MetadataResponse.MetadataResponsePartition partition : topic.partitions()) {
            int number = partition.partitionIndex();
            if (number >= 0 && number < partitions.length) {
                partitions[number] = new PartitionView(number, partition.leaderId(), partition.leaderEpoch(),
                        partition.replicaNodes(), partition.isrNodes(), partition.offlineReplicas());
            }
        }
        List<PartitionView> complete = new ArrayList<>();
        for (int number = 0; number < partitions.length; number++) {
            complete.add(partitions[number] != null ? partitions[number]
                    : new PartitionView(number, PartitionView.NO_LEADER, -1, List.of(), List.of(), List.of()));
        }
        return new TopicView(name, topic.topicId(), topic.isInternal(), List.copyOf(complete));
    }

    /// Null when unknown.
    public @Nullable TopicView topic(String name) {
        return topics.get(name);
    }

    /// Null when unknown.
    public @Nullable TopicView topic(UUID id) {
        return topicsById.get(id);
    }

    /// Null when topic, partition or leader is unknown.
    public @Nullable Node leader(String topic, int partition) {
        TopicView view = topics.get(topic);
        PartitionView part = view == null ? null : view.partition(partition);
        return part == null ? null : nodes.get(part.leaderId());
    }

    ClusterView withLeader(String topic, int partition, int leaderId, int leaderEpoch) {
        List<TopicView> changed = new ArrayList<>();
        for (TopicView view : topics.values()) {
            if (!view.name().equals(topic)) {
                changed.add(view);
                continue;
            }
            List<PartitionView> partitions = new ArrayList<>(view.partitions());
            partitions.set(partition, partitions.get(partition).ledBy(leaderId, leaderEpoch));
            changed.add(new TopicView(view.name(), view.id(), view.internal(), List.copyOf(partitions)));
        }
        return of(clusterId, controllerId, nodes.values(), changed, errors);
    }

    ClusterView withNode(Node node) {
        Map<Integer, Node> all = new TreeMap<>(nodes);
        all.put(node.id(), node);
        return of(clusterId, controllerId, all.values(), topics.values(), errors);
    }
}
