package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.ShareCommands.DescribeShares;
import io.chapar.broker.group.share.ShareTopics;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.KafkaUuid;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.broker.share.state.ShareKey;
import io.chapar.broker.share.state.ShareStateCommand.Summarize;
import io.chapar.broker.share.state.ShareStateReply;
import io.chapar.broker.share.state.ShareStates;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.DescribeShareGroupOffsetsRequest;
import io.chapar.protocol.message.DescribeShareGroupOffsetsRequest.DescribeShareGroupOffsetsRequestTopic;
import io.chapar.protocol.message.DescribeShareGroupOffsetsResponse;
import io.chapar.protocol.message.DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseGroup;
import io.chapar.protocol.message.DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponsePartition;
import io.chapar.protocol.message.DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseTopic;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.UUID;
import java.util.function.LongConsumer;

/// Versions 0-1 (KIP-932): where share groups begin in partitions; v1 also how many records they have still to be done
/// with, where that is known.
final class DescribeShareGroupOffsetsHandler {
    private static final long UNKNOWN = -1;

    private final LocalBroker node;
    private final GroupCoordinators groups;
    private final ShareStates states;
    private final LatestOffsets latest;

    DescribeShareGroupOffsetsHandler(
            LocalBroker node, GroupCoordinators groups, ShareStates states, LatestOffsets latest) {
        this.node = node;
        this.groups = groups;
        this.states = states;
        this.latest = latest;
    }

    private record Place(String name, UUID topicId, int partition) {}

    void handle(DescribeShareGroupOffsetsRequest request, RequestContext context) {
        List<DescribeShareGroupOffsetsResponseGroup> done = new ArrayList<>();
        AnswerSize size = new AnswerSize(context);
        Slices.inTurn(context.loop(), request.groups(), (group, next) ->
                groups.submit(new DescribeShares(group.groupId()), context.caller(), described -> {
                    if (described.error() != ErrorCode.NONE) {
                        done.add(new DescribeShareGroupOffsetsResponseGroup(group.groupId(), List.of(),
                                described.error().code(), described.error() == ErrorCode.GROUP_ID_NOT_FOUND
                                        ? "There is no share group " + group.groupId() + "." : null));
                        next.run();
                        return;
                    }
                    List<Place> places = new ArrayList<>();
                    if (group.topics() == null) {
                        begun(described.begun(), places);
                    } else {
                        named(group.topics(), places);
                    }
                    if (size.grows(1 + places.size(), "more partitions than fit into one answer")) {
                        look(group.groupId(), places, context, done, next);
                    }
                }),
                () -> context.afford(size.elements(), () -> context.reply(
                        DescribeShareGroupOffsetsResponse.builder().groups(done).build())));
    }

    /// Of topics that there are: what is kept of another that had the name is about to be forgotten.
    private void begun(ShareTopics begun, List<Place> into) {
        ClusterImage image = node.image();
        begun.partitions().each((id, partition) -> {
            TopicImage known = image.topic(id);
            if (known != null) {
                into.add(new Place(known.name(), id, partition));
            }
        });
    }

    private void named(List<DescribeShareGroupOffsetsRequestTopic> topics, List<Place> into) {
        ClusterImage image = node.image();
        topics.forEach(topic -> {
            TopicImage known = image.topic(topic.topicName());
            topic.partitions().forEach(partition -> into.add(new Place(
                    topic.topicName(), known == null ? KafkaUuid.ZERO : known.id(), partition)));
        });
    }

    private void look(
            String groupId, List<Place> places, RequestContext context,
            List<DescribeShareGroupOffsetsResponseGroup> done, Runnable next) {
        SequencedMap<String, List<DescribeShareGroupOffsetsResponsePartition>> found = new LinkedHashMap<>();
        SequencedMap<String, UUID> ids = new LinkedHashMap<>();
        Slices.inTurn(context.loop(), places, (place, go) -> {
            ids.put(place.name(), place.topicId());
            List<DescribeShareGroupOffsetsResponsePartition> of =
                    found.computeIfAbsent(place.name(), _ -> new ArrayList<>());
            states.submit(new Summarize(new ShareKey(groupId, place.topicId(), place.partition())), context.caller(),
                    reply -> withLag(place, reply, context, lag -> {
                        of.add(new DescribeShareGroupOffsetsResponsePartition(
                                place.partition(), reply.error() == ErrorCode.NONE ? reply.startOffset() : UNKNOWN,
                                reply.leaderEpoch(), lag, reply.error().code(), null));
                        go.run();
                    }));
        }, () -> {
            List<DescribeShareGroupOffsetsResponseTopic> topics = new ArrayList<>();
            found.forEach((name, partitions) -> topics.add(new DescribeShareGroupOffsetsResponseTopic(
                    name, ids.getOrDefault(name, KafkaUuid.ZERO), partitions)));
            done.add(new DescribeShareGroupOffsetsResponseGroup(groupId, topics, ErrorCode.NONE.code(), null));
            next.run();
        });
    }

    private void withLag(
            Place place, ShareStateReply reply, RequestContext context, LongConsumer then) {
        TopicImage topic = node.image().topic(place.topicId());
        PartitionImage partition = node.partition(topic, place.partition());
        if (reply.error() != ErrorCode.NONE || reply.startOffset() < 0 || reply.completeCount() < 0 || topic == null
                || partition == null) {
            then.accept(UNKNOWN);
            return;
        }
        latest.of(new TopicPartition(topic.name(), place.partition()), partition, context, end -> then.accept(
                end == LatestOffsets.UNKNOWN ? UNKNOWN
                        : Math.max(0, end - reply.startOffset() - reply.completeCount())));
    }
}
