package io.chapar.broker.handler;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.KafkaUuid;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.metadata.TopicNames;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataRequest.MetadataRequestTopic;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.MetadataResponse.MetadataResponseBroker;
import io.chapar.protocol.message.MetadataResponse.MetadataResponsePartition;
import io.chapar.protocol.message.MetadataResponse.MetadataResponseTopic;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

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

    private static final int NULL_NAME_SINCE = 12;

    private final LocalBroker node;
    private final TopicCreation creation;

    MetadataHandler(LocalBroker node, TopicCreation creation) {
        this.node = node;
        this.creation = creation;
    }

    void handle(MetadataRequest request, RequestContext context) {
        Set<String> missing = new LinkedHashSet<>();
        boolean allowed = node.config().flag("auto.create.topics.enable")
                && (context.apiVersion() < 4 || request.allowAutoTopicCreation());
        if (!allowed || request.topics() == null) {
            answer(request, context, Map.of());
            return;
        }
        int fit = ControllerCore.MAX_PARTITIONS_PER_COMMAND / node.config().count("num.partitions");
        int most = Math.clamp(fit, 1, MAX_CREATED);
        Slices.each(context.loop(), request.topics(),
                topic -> {
                    if (missing.size() < most && mayBeCreated(topic)) {
                        missing.add(topic.name());
                    }
                },
                () -> {
                    if (missing.isEmpty()) {
                        answer(request, context, Map.of());
                    } else {
                        creation.create(missing, context.loop(), failed -> answer(request, context, failed));
                    }
                });
    }

    private boolean mayBeCreated(MetadataRequestTopic topic) {
        String name = topic.name();
        return name != null && !byId(topic) && node.image().topic(name) == null && TopicNames.problem(name) == null;
    }

    private static boolean byId(MetadataRequestTopic topic) {
        return !topic.topicId().equals(KafkaUuid.ZERO);
    }

    private void answer(MetadataRequest request, RequestContext context, Map<String, ErrorCode> failed) {
        Directory directory = Directory.of(node, context);
        ClusterImage image = directory.image();
        int operations = request.includeTopicAuthorizedOperations() ? Operations.TOPIC : Operations.NOT_ASKED;
        int onCluster = request.includeClusterAuthorizedOperations() ? Operations.CLUSTER : Operations.NOT_ASKED;
        List<MetadataRequestTopic> wanted = request.topics();
        if (wanted == null || (context.apiVersion() == 0 && wanted.isEmpty())) {
            answer(image.topics().values(), topic -> topic, topic -> found(topic, directory, operations), onCluster,
                    directory, context);
            return;
        }
        List<MetadataRequestTopic> once = new ArrayList<>();
        Set<String> names = new LinkedHashSet<>();
        Set<UUID> ids = new LinkedHashSet<>();
        Slices.each(context.loop(), wanted,
                asked -> {
                    if (byId(asked) ? ids.add(asked.topicId()) : names.add(nameOf(asked))) {
                        once.add(asked);
                    }
                },
                () -> answer(once, asked -> find(asked, image),
                        asked -> one(asked, directory, failed, operations, context.apiVersion()), onCluster, directory,
                        context));
    }

    /// @param known the topic that is described, or null
    /// @param onCluster the operations that are allowed on the cluster, or that nobody asked
    private <T> void answer(
            Collection<T> asked,
            Function<T, TopicImage> known,
            Function<T, MetadataResponseTopic> described,
            int onCluster,
            Directory directory,
            RequestContext context) {
        long elements = 0;
        for (T each : asked) {
            elements += 1 + partitions(known.apply(each));
        }
        List<MetadataResponseTopic> topics = new ArrayList<>();
        context.afford(elements, () -> Slices.each(context.loop(), asked, each -> 1 + partitions(known.apply(each)),
                each -> topics.add(described.apply(each)),
                () -> context.reply(MetadataResponse.builder()
                        .brokers(directory.brokers().stream().map(broker -> new MetadataResponseBroker(
                                broker.id(), broker.at().host(), broker.at().port(),
                                directory.rack(broker.id()))).toList())
                        .clusterId(directory.image().clusterName())
                        .controllerId(directory.controller())
                        .topics(topics)
                        .clusterAuthorizedOperations(onCluster)
                        .build())));
    }

    private static int partitions(TopicImage topic) {
        return topic == null ? 0 : topic.partitions();
    }

    private static @Nullable TopicImage find(MetadataRequestTopic asked, ClusterImage image) {
        return byId(asked) ? image.topic(asked.topicId()) : image.topic(nameOf(asked));
    }

    private static String nameOf(MetadataRequestTopic asked) {
        return asked.name() == null ? "" : asked.name();
    }

    private MetadataResponseTopic one(
            MetadataRequestTopic asked,
            Directory directory,
            Map<String, ErrorCode> failed,
            int operations,
            short version) {
        ClusterImage image = directory.image();
        if (byId(asked)) {
            TopicImage topic = image.topic(asked.topicId());
            return topic != null ? found(topic, directory, operations) : MetadataResponseTopic.builder()
                    .errorCode(ErrorCode.UNKNOWN_TOPIC_ID.code())
                    .name(version >= NULL_NAME_SINCE ? null : "")
                    .topicId(asked.topicId())
                    .build();
        }
        String name = nameOf(asked);
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
