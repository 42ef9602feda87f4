package io.chapar.broker.handler;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.KafkaUuid;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.metadata.TopicNames;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataRequest.MetadataRequestTopic;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.MetadataResponse.MetadataResponseBroker;
import io.chapar.protocol.message.MetadataResponse.MetadataResponsePartition;
import io.chapar.protocol.message.MetadataResponse.MetadataResponseTopic;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Brokers, topics, leaders. Versions 0-13.
///
/// v0: an empty list of topics means all; from v1 a null list does and an empty one means none. v4 says whether
/// missing topics may be created (before, they may). v10 has topic ids, v12 asks by them. v13 has an error for the
/// whole answer.
///
/// A topic that is created on the way is answered when it exists, not with "come again".
///
/// A partition that its disk took offline has no leader, as in Kafka. Its replica, asked with
/// DescribeProducers, says why.
final class MetadataHandler {
    /// More missing topics in one request are not created at once; a client that lists so many is mistaken.
    private static final int MAX_CREATED = 1000;

    private final Node node;
    private final TopicCreation creation;

    MetadataHandler(Node node, TopicCreation creation) {
        this.node = node;
        this.creation = creation;
    }

    void handle(MetadataRequest request, RequestContext context) {
        Set<String> missing = missing(request, context.apiVersion());
        if (missing.isEmpty()) {
            context.reply(answer(request, context, Map.of()));
        } else {
            creation.create(missing, context.loop(), failed -> context.reply(answer(request, context, failed)));
        }
    }

    private Set<String> missing(MetadataRequest request, short version) {
        Set<String> names = new LinkedHashSet<>();
        boolean allowed = node.config().flag("auto.create.topics.enable")
                && (version < 4 || request.allowAutoTopicCreation());
        if (!allowed || request.topics() == null) {
            return names;
        }
        ClusterImage image = node.image();
        int fit = ControllerCore.MAX_PARTITIONS_PER_COMMAND / node.config().count("num.partitions");
        int most = Math.clamp(fit, 1, MAX_CREATED);
        for (MetadataRequestTopic topic : request.topics()) {
            String name = topic.name();
            if (name != null && !byId(topic) && image.topic(name) == null && TopicNames.problem(name) == null
                    && names.size() < most) {
                names.add(name);
            }
        }
        return names;
    }

    private static boolean byId(MetadataRequestTopic topic) {
        return !topic.topicId().equals(KafkaUuid.ZERO);
    }

    private MetadataResponse answer(MetadataRequest request, RequestContext context, Map<String, ErrorCode> failed) {
        Directory directory = Directory.of(node, context);
        ClusterImage image = directory.image();
        short version = context.apiVersion();
        int operations = request.includeTopicAuthorizedOperations() ? Operations.TOPIC : Operations.NOT_ASKED;
        List<MetadataResponseTopic> topics = new ArrayList<>();
        boolean all = request.topics() == null || (version == 0 && request.topics().isEmpty());
        if (all) {
            image.topics().values().forEach(t -> topics.add(found(t, directory, operations)));
        } else {
            Set<MetadataRequestTopic> seen = new LinkedHashSet<>(request.topics());
            seen.forEach(asked -> topics.add(one(asked, directory, failed, operations)));
        }
        return MetadataResponse.builder()
                .brokers(directory.brokers().stream()
                        .map(b -> new MetadataResponseBroker(b.id(), b.at().host(), b.at().port(), null)).toList())
                .clusterId(KafkaUuid.text(image.clusterId()))
                .controllerId(directory.controller())
                .topics(topics)
                .clusterAuthorizedOperations(
                        request.includeClusterAuthorizedOperations() ? Operations.CLUSTER : Operations.NOT_ASKED)
                .build();
    }

    private MetadataResponseTopic one(
            MetadataRequestTopic asked, Directory directory, Map<String, ErrorCode> failed, int operations) {
        ClusterImage image = directory.image();
        if (byId(asked)) {
            TopicImage topic = image.topic(asked.topicId());
            return topic != null ? found(topic, directory, operations) : MetadataResponseTopic.builder()
                    .errorCode(ErrorCode.UNKNOWN_TOPIC_ID.code())
                    .name(null)
                    .topicId(asked.topicId())
                    .build();
        }
        String name = asked.name() == null ? "" : asked.name();
        TopicImage topic = image.topic(name);
        if (topic != null) {
            return found(topic, directory, operations);
        }
        ErrorCode error = TopicNames.problem(name) != null ? ErrorCode.INVALID_TOPIC_EXCEPTION
                : failed.getOrDefault(name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
        return MetadataResponseTopic.builder().errorCode(error.code()).name(name).build();
    }

    private MetadataResponseTopic found(TopicImage topic, Directory directory, int operations) {
        List<MetadataResponsePartition> partitions = new ArrayList<>(topic.partitions());
        for (int i = 0; i < topic.partitions(); i++) {
            partitions.add(node.shards().isOffline(topic.name(), i)
                    ? directory.offline(topic, i) : directory.partition(topic, i));
        }
        return MetadataResponseTopic.builder()
                .name(topic.name())
                .topicId(topic.id())
                .isInternal(topic.isInternal())
                .partitions(partitions)
                .topicAuthorizedOperations(operations)
                .build();
    }
}
