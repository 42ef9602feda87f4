package io.chapar.broker.handler;

import io.chapar.broker.group.CommittedOffset;
import io.chapar.broker.group.GroupCommand.FetchOffsets;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply.Fetched;
import io.chapar.broker.group.GroupReply.Offsets;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
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
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

/// Versions 1-10. Before v8 one group, whose error is each partition's in v1 and since v2 the answer's, which then
/// names no topic; since v2 it may ask for all topics; v7 can ask for stable offsets alone; v8 asks for many groups;
/// v10 names topics by their id.
///
/// v9 names the member and its epoch, at which groups of the consumer protocol look.
final class OffsetFetchHandler {
    private static final int GROUP_ERROR_SINCE = 2;
    private static final int MANY_SINCE = 8;
    private static final int TOPIC_IDS_SINCE = 10;
    private static final int PARTITIONS_AT_ONCE = 2000;

    private final Supplier<ClusterImage> cluster;
    private final GroupCoordinators groups;

    OffsetFetchHandler(Supplier<ClusterImage> cluster, GroupCoordinators groups) {
        this.cluster = cluster;
        this.groups = groups;
    }

    void handle(OffsetFetchRequest request, RequestContext context) {
        if (context.apiVersion() >= MANY_SINCE) {
            many(request, context);
            return;
        }
        List<OffsetFetchRequestTopics> topics = request.topics() == null ? null : request.topics().stream()
                .map(topic -> new OffsetFetchRequestTopics(
                        topic.name(), CommittedOffset.NO_TOPIC_ID, topic.partitionIndexes()))
                .toList();
        OffsetFetchRequestGroup group =
                OffsetFetchRequestGroup.DEFAULT.toBuilder().groupId(request.groupId()).topics(topics).build();
        one(group, request.requireStable(), context, answer -> context.afford(
                elements(answer), () -> context.reply(asOne(answer, context.apiVersion()))));
    }

    /// One group after the other, each once, and for as long as a client waits: each may have to find out whether its
    /// coordinator is the latest ([io.chapar.broker.partition.LeadershipProof]). The others are to be asked for again.
    private void many(OffsetFetchRequest request, RequestContext context) {
        SequencedMap<String, OffsetFetchRequestGroup> asked = new LinkedHashMap<>();
        request.groups().forEach(group -> asked.putIfAbsent(group.groupId(), group));
        List<OffsetFetchResponseGroup> done = new ArrayList<>();
        AnswerSize size = new AnswerSize(context);
        long untilMs = context.caller().deadlineMs();
        Slices.inTurn(context.loop(), asked.values(),
                (group, next) -> {
                    Consumer<OffsetFetchResponseGroup> answered = answer -> {
                        done.add(answer);
                        if (size.grows(elements(answer), "more offsets than fit into one answer")) {
                            next.run();
                        }
                    };
                    if (context.nowMs() < untilMs) {
                        one(group, request.requireStable(), context, answered);
                    } else {
                        answered.accept(
                                refused(group, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, context.apiVersion()));
                    }
                },
                () -> context.afford(
                        size.elements(), () -> context.reply(OffsetFetchResponse.builder().groups(done).build())));
    }

    private static long elements(OffsetFetchResponseGroup answer) {
        long elements = 1L + answer.topics().size();
        for (OffsetFetchResponseTopics topic : answer.topics()) {
            elements += topic.partitions().size();
        }
        return elements;
    }

    private static boolean byId(RequestContext context) {
        return context.apiVersion() >= TOPIC_IDS_SINCE;
    }

    private void one(
            OffsetFetchRequestGroup group,
            boolean stable,
            RequestContext context,
            Consumer<OffsetFetchResponseGroup> done) {
        if (group.topics() == null) {
            groups.submit(asked(group, null, stable), context.caller(), offsets ->
                    done.accept(new OffsetFetchResponseGroup(
                            group.groupId(), all(offsets, cluster.get(), byId(context)), offsets.error().code())));
            return;
        }
        ClusterImage image = cluster.get();
        List<Asked> asked = new ArrayList<>();
        for (OffsetFetchRequestTopics topic : group.topics()) {
            TopicImage known = byId(context) ? image.topic(topic.topicId()) : image.topic(topic.name());
            topic.partitionIndexes().forEach(index -> asked.add(new Asked(topic, known, index)));
        }
        these(group, asked, stable, context, done);
    }

    private static FetchOffsets asked(
            OffsetFetchRequestGroup group, @Nullable Map<TopicPartition, UUID> partitions, boolean stable) {
        return new FetchOffsets(group.groupId(), partitions, stable, group.memberId(), group.memberEpoch());
    }

    /// One partition of the request.
    ///
    /// @param known null when there is no such topic
    private record Asked(OffsetFetchRequestTopics topic, @Nullable TopicImage known, int index) {
        TopicPartition id() {
            return new TopicPartition(known != null ? known.name() : topic.name(), index);
        }

        UUID topicId() {
            return known != null ? known.id() : CommittedOffset.NO_TOPIC_ID;
        }
    }

    // ---- answers

    /// Without those of topics of which others have the names by now.
    private static List<OffsetFetchResponseTopics> all(Offsets offsets, ClusterImage image, boolean byId) {
        SequencedMap<String, List<OffsetFetchResponsePartitions>> byTopic = new LinkedHashMap<>();
        offsets.partitions().forEach((partition, fetched) -> {
            TopicImage known = image.topic(partition.topic());
            if (known == null || CommittedOffset.isOf(fetched.topicId(), known.id())) {
                byTopic.computeIfAbsent(partition.topic(), _ -> new ArrayList<>())
                        .add(answer(partition.partition(), fetched));
            }
        });
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

    /// Asks for so many partitions at a time as the group's loop may be held for.
    private void these(
            OffsetFetchRequestGroup group,
            List<Asked> asked,
            boolean stable,
            RequestContext context,
            Consumer<OffsetFetchResponseGroup> done) {
        boolean byId = byId(context);
        List<OffsetFetchResponsePartitions> found = new ArrayList<>();
        // A group of which nothing is asked has an error all the same.
        List<List<Asked>> chunks = asked.isEmpty() ? List.of(List.of()) : Slices.chunks(asked, PARTITIONS_AT_ONCE);
        Slices.inTurn(context.loop(), chunks, List::size,
                (some, next) -> {
                    SequencedMap<TopicPartition, UUID> wanted = new LinkedHashMap<>();
                    for (Asked one : some) {
                        if (one.known() != null || !byId) {
                            wanted.put(one.id(), one.topicId());
                        }
                    }
                    groups.submit(asked(group, wanted, stable), context.caller(), offsets -> {
                        if (offsets.error() != ErrorCode.NONE) {
                            done.accept(refused(group, offsets.error(), context.apiVersion()));
                            return;
                        }
                        some.forEach(one -> found.add(answer(one, offsets, byId)));
                        next.run();
                    });
                },
                () -> done.accept(new OffsetFetchResponseGroup(
                        group.groupId(),
                        FanOut.byTopic(requireNonNullElse(group.topics(), List.of()),
                                topic -> topic.partitionIndexes().size(), found,
                                (topic, ofIt) -> new OffsetFetchResponseTopics(topic.name(), topic.topicId(), ofIt)),
                        ErrorCode.NONE.code())));
    }

    private static OffsetFetchResponseGroup refused(OffsetFetchRequestGroup group, ErrorCode error, short version) {
        List<OffsetFetchResponseTopics> topics = new ArrayList<>();
        if (version < GROUP_ERROR_SINCE) {
            Fetched none = new Fetched(error, -1, -1, "");
            for (OffsetFetchRequestTopics topic : requireNonNull(group.topics(), "v1 names topics")) {
                topics.add(new OffsetFetchResponseTopics(topic.name(), topic.topicId(),
                        topic.partitionIndexes().stream().map(index -> answer(index, none)).toList()));
            }
        }
        return new OffsetFetchResponseGroup(group.groupId(), topics, error.code());
    }

    private static OffsetFetchResponsePartitions answer(Asked asked, Offsets offsets, boolean byId) {
        return answer(asked.index(), asked.known() == null && byId
                ? new Fetched(ErrorCode.UNKNOWN_TOPIC_ID, -1, -1, "")
                : requireNonNull(offsets.partitions().get(asked.id()), "each is answered"));
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
