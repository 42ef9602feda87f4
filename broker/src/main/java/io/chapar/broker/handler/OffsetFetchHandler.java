package io.chapar.broker.handler;

import io.chapar.broker.group.CommittedOffset;
import io.chapar.broker.group.GroupCommand.FetchOffsets;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply.Fetched;
import io.chapar.broker.group.GroupReply.Offsets;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchRequest.OffsetFetchRequestGroup;
import io.chapar.protocol.message.OffsetFetchRequest.OffsetFetchRequestTopics;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.protocol.message.OffsetFetchResponse.OffsetFetchResponseGroup;
import io.chapar.protocol.message.OffsetFetchResponse.OffsetFetchResponsePartition;
import io.chapar.protocol.message.OffsetFetchResponse.OffsetFetchResponsePartitions;
import io.chapar.protocol.message.OffsetFetchResponse.OffsetFetchResponseTopic;
import io.chapar.protocol.message.OffsetFetchResponse.OffsetFetchResponseTopics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.UUID;
import java.util.function.Consumer;

/// Versions 1-10. Before v8 one group, whose error is each partition's in v1 and the answer's since v2, which may ask
/// for all topics; v7 can ask for stable offsets alone; v8 asks for many groups; v10 names topics by their id.
///
/// Member and epoch of v9 belong to groups of another protocol; a classic group does not look at them.
final class OffsetFetchHandler {
    private static final int GROUP_ERROR_SINCE = 2;
    private static final int MANY_SINCE = 8;
    private static final int TOPIC_IDS_SINCE = 10;

    private final Node node;
    private final GroupCoordinators groups;

    OffsetFetchHandler(Node node, GroupCoordinators groups) {
        this.node = node;
        this.groups = groups;
    }

    void handle(OffsetFetchRequest request, RequestContext context) {
        if (context.apiVersion() >= MANY_SINCE) {
            boolean byId = context.apiVersion() >= TOPIC_IDS_SINCE;
            List<OffsetFetchRequestGroup> groups = request.groups().stream().distinct().toList();
            next(groups, request.requireStable(), byId, new ArrayList<>(), context);
            return;
        }
        List<OffsetFetchRequestTopics> topics = request.topics() == null ? null : request.topics().stream()
                .map(topic -> new OffsetFetchRequestTopics(
                        topic.name(), CommittedOffset.NO_TOPIC_ID, topic.partitionIndexes()))
                .toList();
        OffsetFetchRequestGroup group =
                OffsetFetchRequestGroup.DEFAULT.toBuilder().groupId(request.groupId()).topics(topics).build();
        one(group, request.requireStable(), false, context, answer ->
                context.reply(asOne(answer, context.apiVersion())));
    }

    /// One group after the other, so that a request of many holds one answer at a time.
    private void next(
            List<OffsetFetchRequestGroup> groups,
            boolean stable,
            boolean byId,
            List<OffsetFetchResponseGroup> done,
            RequestContext context) {
        if (done.size() == groups.size()) {
            context.reply(OffsetFetchResponse.builder().groups(done).build());
            return;
        }
        one(groups.get(done.size()), stable, byId, context, answer -> {
            done.add(answer);
            context.loop().execute(() -> next(groups, stable, byId, done, context));
        });
    }

    private void one(
            OffsetFetchRequestGroup group,
            boolean stable,
            boolean byId,
            RequestContext context,
            Consumer<OffsetFetchResponseGroup> done) {
        ClusterImage image = node.image();
        SequencedMap<TopicPartition, UUID> asked = group.topics() == null ? null : new LinkedHashMap<>();
        if (asked != null) {
            for (OffsetFetchRequestTopics topic : group.topics()) {
                TopicImage known = byId ? image.topic(topic.topicId()) : image.topic(topic.name());
                String name = known != null ? known.name() : topic.name();
                if (known != null || !byId) {
                    UUID id = known != null ? known.id() : CommittedOffset.NO_TOPIC_ID;
                    topic.partitionIndexes().forEach(index -> asked.put(new TopicPartition(name, index), id));
                }
            }
        }
        groups.submit(new FetchOffsets(group.groupId(), asked, stable), context.loop(), offsets ->
                done.accept(new OffsetFetchResponseGroup(
                        group.groupId(),
                        asked == null ? all(offsets, image, byId) : these(group, offsets, image, byId),
                        offsets.error().code())));
    }

    // ---- answers

    private static List<OffsetFetchResponseTopics> all(Offsets offsets, ClusterImage image, boolean byId) {
        SequencedMap<String, List<OffsetFetchResponsePartitions>> byTopic = new LinkedHashMap<>();
        offsets.partitions().forEach((partition, fetched) -> byTopic
                .computeIfAbsent(partition.topic(), _ -> new ArrayList<>())
                .add(answer(partition.partition(), fetched)));
        List<OffsetFetchResponseTopics> topics = new ArrayList<>();
        for (Map.Entry<String, List<OffsetFetchResponsePartitions>> entry : byTopic.entrySet()) {
            TopicImage known = image.topic(entry.getKey());
            if (known != null || !byId) {
                UUID id = known != null ? known.id() : CommittedOffset.NO_TOPIC_ID;
                topics.add(new OffsetFetchResponseTopics(entry.getKey(), id, entry.getValue()));
            }
        }
        return topics;
    }

    private static List<OffsetFetchResponseTopics> these(
            OffsetFetchRequestGroup group, Offsets offsets, ClusterImage image, boolean byId) {
        List<OffsetFetchResponseTopics> topics = new ArrayList<>();
        for (OffsetFetchRequestTopics topic : group.topics()) {
            TopicImage known = byId ? image.topic(topic.topicId()) : image.topic(topic.name());
            String name = known != null ? known.name() : topic.name();
            List<OffsetFetchResponsePartitions> partitions = new ArrayList<>();
            for (int index : topic.partitionIndexes()) {
                ErrorCode error = known == null && byId ? ErrorCode.UNKNOWN_TOPIC_ID : offsets.error();
                Fetched fetched = error != ErrorCode.NONE
                        ? new Fetched(error, -1, -1, "")
                        : offsets.partitions().get(new TopicPartition(name, index));
                partitions.add(answer(index, fetched));
            }
            topics.add(new OffsetFetchResponseTopics(topic.name(), topic.topicId(), partitions));
        }
        return topics;
    }

    private static OffsetFetchResponsePartitions answer(int index, Fetched fetched) {
        return new OffsetFetchResponsePartitions(
                index, fetched.offset(), fetched.leaderEpoch(), fetched.metadata(), fetched.error().code());
    }

    private static OffsetFetchResponse asOne(OffsetFetchResponseGroup group, short version) {
        List<OffsetFetchResponseTopic> topics = new ArrayList<>();
        for (OffsetFetchResponseTopics topic : group.topics()) {
            List<OffsetFetchResponsePartition> partitions = new ArrayList<>();
            for (OffsetFetchResponsePartitions one : topic.partitions()) {
                partitions.add(new OffsetFetchResponsePartition(
                        one.partitionIndex(), one.committedOffset(), one.committedLeaderEpoch(), one.metadata(),
                        one.errorCode()));
            }
            topics.add(new OffsetFetchResponseTopic(topic.name(), partitions));
        }
        return OffsetFetchResponse.builder()
                .topics(topics)
                .errorCode(version >= GROUP_ERROR_SINCE ? group.errorCode() : ErrorCode.NONE.code())
                .build();
    }
}
