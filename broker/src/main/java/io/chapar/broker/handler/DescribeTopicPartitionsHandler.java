package io.chapar.broker.handler;

import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.metadata.TopicNames;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DescribeTopicPartitionsRequest;
import io.chapar.protocol.message.DescribeTopicPartitionsRequest.TopicRequest;
import io.chapar.protocol.message.DescribeTopicPartitionsResponse;
import io.chapar.protocol.message.DescribeTopicPartitionsResponse.Cursor;
import io.chapar.protocol.message.DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition;
import io.chapar.protocol.message.DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic;
import io.chapar.protocol.message.MetadataResponse.MetadataResponsePartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// The partitions of topics in the order of their names, a page at a time, with who may lead them (KIP-966). Version 0.
final class DescribeTopicPartitionsHandler {
    private static final int MOST_PARTITIONS = 2_000;

    private final LocalBroker node;

    DescribeTopicPartitionsHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(DescribeTopicPartitionsRequest request, RequestContext context) {
        DescribeTopicPartitionsRequest.Cursor from = request.cursor();
        if (from != null && from.partitionIndex() < 0) {
            refuse(request, context);
            return;
        }
        Directory directory = Directory.of(node, context);
        if (request.topics().isEmpty()) {
            answer(Page.of(request, directory.image().topics()), directory, context);
            return;
        }
        SortedMap<String, @Nullable TopicImage> asked = new TreeMap<>();
        Slices.<TopicRequest>each(context.loop(), request.topics(),
                one -> asked.put(one.name(), directory.image().topic(one.name())),
                () -> answer(Page.of(request, asked), directory, context));
    }

    /// A page begins at no negative partition. There is no error of the whole.
    private static void refuse(DescribeTopicPartitionsRequest request, RequestContext context) {
        List<DescribeTopicPartitionsResponseTopic> topics = new ArrayList<>();
        Slices.<TopicRequest>each(context.loop(), request.topics(),
                one -> topics.add(DescribeTopicPartitionsResponseTopic.builder()
                        .errorCode(ErrorCode.INVALID_REQUEST.code()).name(one.name()).build()),
                () -> context.reply(DescribeTopicPartitionsResponse.builder().topics(topics).build()));
    }

    /// @param topic null when there is none of that name
    /// @param end behind the last partition that is told
    private record Part(String name, @Nullable TopicImage topic, int begin, int end) {
        int size() {
            return 1 + end - begin;
        }
    }

    /// @param next null when this is the last one
    private record Page(List<Part> parts, int elements, @Nullable Cursor next) {
        /// Topics that are not there are told of without counting, as at Kafka.
        static Page of(DescribeTopicPartitionsRequest request, Map<String, @Nullable TopicImage> topics) {
            DescribeTopicPartitionsRequest.Cursor cursor = request.cursor();
            String first = cursor == null ? "" : cursor.topicName();
            int firstPartition = cursor == null ? 0 : cursor.partitionIndex();
            int left = Math.clamp(request.responsePartitionLimit(), 1, MOST_PARTITIONS);
            int elements = 0;
            List<Part> parts = new ArrayList<>();
            for (Map.Entry<String, @Nullable TopicImage> one : topics.entrySet()) {
                int order = one.getKey().compareTo(first);
                if (order < 0) {
                    continue;
                }
                TopicImage topic = one.getValue();
                int begin = 0;
                int end = 0;
                if (topic != null) {
                    begin = order == 0 ? Math.min(firstPartition, topic.partitions()) : 0;
                    end = Math.min(topic.partitions(), begin + left);
                }
                if (topic != null && left == 0) {
                    return new Page(parts, elements, new Cursor(topic.name(), begin));
                }
                Part part = new Part(one.getKey(), topic, begin, end);
                parts.add(part);
                elements += part.size();
                left -= end - begin;
                if (topic != null && end < topic.partitions()) {
                    return new Page(parts, elements, new Cursor(topic.name(), end));
                }
            }
            return new Page(parts, elements, null);
        }
    }

    private void answer(Page page, Directory directory, RequestContext context) {
        List<DescribeTopicPartitionsResponseTopic> topics = new ArrayList<>();
        context.afford(page.elements(), () -> Slices.each(context.loop(), page.parts(), Part::size,
                part -> topics.add(part.topic() == null ? absent(part.name())
                        : present(part.topic(), part.begin(), part.end(), directory)),
                () -> context.reply(DescribeTopicPartitionsResponse.builder()
                        .topics(topics).nextCursor(page.next()).build())));
    }

    private static DescribeTopicPartitionsResponseTopic absent(String name) {
        ErrorCode error = TopicNames.problem(name) != null
                ? ErrorCode.INVALID_TOPIC_EXCEPTION : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        return DescribeTopicPartitionsResponseTopic.builder().errorCode(error.code()).name(name).build();
    }

    private DescribeTopicPartitionsResponseTopic present(TopicImage topic, int begin, int end, Directory directory) {
        List<DescribeTopicPartitionsResponsePartition> partitions = new ArrayList<>(end - begin);
        for (int i = begin; i < end; i++) {
            MetadataResponsePartition known = node.shards().isOffline(topic.name(), i)
                    ? directory.offline(topic, i) : directory.partition(topic, i);
            PartitionImage image = topic.partition(i);
            boolean hasLastLeader = image.lastLeader() != PartitionImage.NO_LEADER;
            partitions.add(new DescribeTopicPartitionsResponsePartition(
                    known.errorCode(), i, known.leaderId(), known.leaderEpoch(), known.replicaNodes(),
                    known.isrNodes(), image.elr(), hasLastLeader ? List.of(image.lastLeader()) : List.of(),
                    known.offlineReplicas()));
        }
        return DescribeTopicPartitionsResponseTopic.builder()
                .name(topic.name())
                .topicId(topic.id())
                .isInternal(topic.isInternal())
                .partitions(partitions)
                .topicAuthorizedOperations(Operations.TOPIC)
                .build();
    }
}
