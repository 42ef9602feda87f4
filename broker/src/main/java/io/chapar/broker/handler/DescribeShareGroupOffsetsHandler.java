package io.chapar.broker.handler;

import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.ShareCommands.DescribeShares;
import io.chapar.broker.group.share.ShareTopics;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.KafkaUuid;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Gather;
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
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/// Versions 0-1 (KIP-932): where share groups begin in partitions; v1 also how many records they have still to be done
/// with, where that is known.
final class DescribeShareGroupOffsetsHandler {
    private static final long UNKNOWN = -1;
    private static final int PLACES_AT_ONCE = 500;

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
        // All of it is done by then, whomever it takes.
        Caller caller = context.caller();
        boolean[] isGone = {false};
        context.onDisconnect(() -> {
            isGone[0] = true;
            context.replyNothing();
        });
        Slices.inTurn(context.loop(), request.groups(), (group, next) ->
                groups.submit(new DescribeShares(group.groupId()), caller, described -> {
                    if (isGone[0]) {
                        return;
                    }
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
                        look(group.groupId(), places, caller, topics -> {
                            done.add(new DescribeShareGroupOffsetsResponseGroup(
                                    group.groupId(), topics, ErrorCode.NONE.code(), null));
                            if (!isGone[0]) {
                                next.run();
                            }
                        });
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
            String groupId, List<Place> places, Caller caller,
            Consumer<List<DescribeShareGroupOffsetsResponseTopic>> done) {
        Gather.<Place, DescribeShareGroupOffsetsResponsePartition>all(caller.loop(), places, PLACES_AT_ONCE,
                (place, answer) -> states.submit(
                        new Summarize(new ShareKey(groupId, place.topicId(), place.partition())), caller,
                        reply -> withLag(place, reply, caller, lag -> answer.accept(
                                new DescribeShareGroupOffsetsResponsePartition(place.partition(),
                                        reply.error() == ErrorCode.NONE ? reply.startOffset() : UNKNOWN,
                                        reply.leaderEpoch(), lag, reply.error().code(), null)))),
                answers -> done.accept(topics(places, answers)));
    }

    private static List<DescribeShareGroupOffsetsResponseTopic> topics(
            List<Place> places, List<DescribeShareGroupOffsetsResponsePartition> answers) {
        SequencedMap<String, List<DescribeShareGroupOffsetsResponsePartition>> found = new LinkedHashMap<>();
        SequencedMap<String, UUID> ids = new LinkedHashMap<>();
        for (int i = 0; i < places.size(); i++) {
            ids.put(places.get(i).name(), places.get(i).topicId());
            found.computeIfAbsent(places.get(i).name(), _ -> new ArrayList<>()).add(answers.get(i));
        }
        List<DescribeShareGroupOffsetsResponseTopic> topics = new ArrayList<>();
        found.forEach((name, partitions) -> topics.add(new DescribeShareGroupOffsetsResponseTopic(
                name, ids.getOrDefault(name, KafkaUuid.ZERO), partitions)));
        return topics;
    }

    private void withLag(
            Place place, ShareStateReply reply, Caller caller, LongConsumer then) {
        TopicImage topic = node.image().topic(place.topicId());
        PartitionImage partition = node.partition(topic, place.partition());
        if (reply.error() != ErrorCode.NONE || reply.startOffset() < 0 || reply.completeCount() < 0 || topic == null
                || partition == null) {
            then.accept(UNKNOWN);
            return;
        }
        latest.of(new TopicPartition(topic.name(), place.partition()), partition, caller, end -> then.accept(
                end == LatestOffsets.UNKNOWN ? UNKNOWN
                        : Math.max(0, end - reply.startOffset() - reply.completeCount())));
    }
}
