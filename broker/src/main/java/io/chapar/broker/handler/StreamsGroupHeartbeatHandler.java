package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.StreamsHeartbeat;
import io.chapar.broker.group.GroupCommand.StreamsSaid;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply.EndpointTasks;
import io.chapar.broker.group.GroupReply.StreamsBeat;
import io.chapar.broker.group.streams.ConfiguredTopology.Problem;
import io.chapar.broker.group.streams.StatusCode;
import io.chapar.broker.group.streams.StreamsGroupRecordCodec;
import io.chapar.broker.group.streams.StreamsMember;
import io.chapar.broker.group.streams.StreamsTopology;
import io.chapar.broker.group.streams.TaskId;
import io.chapar.broker.group.streams.TaskProgress;
import io.chapar.broker.group.streams.Tasks;
import io.chapar.broker.handler.TopicCreation.Failure;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.Replicas;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.CopartitionGroup;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.TaskIds;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.TaskOffset;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.TopicInfo;
import io.chapar.protocol.message.StreamsGroupHeartbeatResponse;
import io.chapar.protocol.message.StreamsGroupHeartbeatResponse.Endpoint;
import io.chapar.protocol.message.StreamsGroupHeartbeatResponse.EndpointToPartitions;
import io.chapar.protocol.message.StreamsGroupHeartbeatResponse.Status;
import io.chapar.protocol.message.StreamsGroupHeartbeatResponse.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/// Versions 0-1 (KIP-1071). Topics that the application needs for itself are made here, before the answer.
final class StreamsGroupHeartbeatHandler {
    private static final String FEATURE = "streams.version";
    private static final short OFF = 0;
    private static final int KNOWS_TAGS_SINCE = 1;
    /// Before, it was an i32 of another name.
    private static final int LAG_SINCE = 1;
    private static final int LEAST_TOPIC_BYTES = 80;
    private static final int LEAST_TASK_BYTES = 20;
    /// In what is told to people.
    private static final int MOST_FAILURES = 3;

    private final LocalBroker node;
    private final GroupCoordinators groups;
    private final TopicCreation creation;
    private final int maxMemberBytes;
    private final int maxTaskBytes;

    /// @param maxMemberBytes of one member; what is beyond it is refused before it is copied
    /// @param maxTaskBytes of what it says of its tasks, likewise
    StreamsGroupHeartbeatHandler(LocalBroker node, GroupCoordinators groups, TopicCreation creation,
            int maxMemberBytes, int maxTaskBytes) {
        this.node = node;
        this.groups = groups;
        this.creation = creation;
        this.maxMemberBytes = maxMemberBytes;
        this.maxTaskBytes = maxTaskBytes;
    }

    void handle(StreamsGroupHeartbeatRequest request, RequestContext context) {
        if (node.image().features().getOrDefault(FEATURE, OFF) == OFF) {
            // Brokers of earlier releases that may lead the group next do not know it.
            refuse(ErrorCode.UNSUPPORTED_VERSION,
                    "Streams groups are switched off (streams.version; chapar cluster upgrade raises it).", context);
            return;
        }
        if (leastBytes(request) > maxMemberBytes) {
            refuse(ErrorCode.INVALID_REQUEST,
                    "The member says more about itself than it may (group.member.max.bytes).", context);
            return;
        }
        if (leastTaskBytes(request) > maxTaskBytes) {
            refuse(ErrorCode.INVALID_REQUEST,
                    "The member has more tasks than it may say (group.max.bytes).", context);
            return;
        }
        boolean someOwned = request.activeTasks() != null || request.standbyTasks() != null
                || request.warmupTasks() != null;
        boolean allOwned = request.activeTasks() != null && request.standbyTasks() != null
                && request.warmupTasks() != null;
        if (someOwned != allOwned) {
            refuse(ErrorCode.INVALID_REQUEST, "If one task-type is non-null, all must be non-null.", context);
            return;
        }
        StreamsTopology topology;
        try {
            topology = request.topology() == null ? null : StreamsTopologies.topology(request.topology());
        } catch (StreamsTopologies.Malformed e) {
            refuse(ErrorCode.STREAMS_INVALID_TOPOLOGY, e.getMessage(), context);
            return;
        }
        groups.submit(beat(request, topology, context), context.caller(), reply -> {
            if (reply.missing().isEmpty()) {
                afford(reply, context, () -> answer(reply, context.apiVersion()));
            } else {
                create(reply, context);
            }
        });
    }

    /// An answer is as long as what members have, not as what was asked.
    private static void afford(
            StreamsBeat reply, RequestContext context, Supplier<StreamsGroupHeartbeatResponse> answer) {
        long elements = 1L + (reply.assignment() == null ? 0 : reply.assignment().size());
        if (reply.endpoints() != null) {
            for (EndpointTasks one : reply.endpoints()) {
                elements += 1L + partitions(one.active()) + partitions(one.standby());
            }
        }
        context.afford(elements, () -> context.reply(answer.get()));
    }

    private static long partitions(SortedMap<String, List<Integer>> topics) {
        long count = 0;
        for (List<Integer> one : topics.values()) {
            count += 1L + one.size();
        }
        return count;
    }

    private static void refuse(ErrorCode error, @Nullable String message, RequestContext context) {
        context.reply(StreamsGroupHeartbeatResponse.builder().errorCode(error.code()).errorMessage(message).build());
    }

    // ---- what is said

    static long leastBytes(StreamsGroupHeartbeatRequest request) {
        long topics = 0;
        if (request.topology() != null) {
            for (StreamsGroupHeartbeatRequest.Subtopology one : request.topology().subtopologies()) {
                topics += 1L + one.sourceTopics().size() + one.repartitionSinkTopics().size()
                        + settings(one.repartitionSourceTopics()) + settings(one.stateChangelogTopics());
                for (CopartitionGroup together : one.copartitionGroups()) {
                    topics += 1L + together.sourceTopics().size() + together.repartitionSourceTopics().size();
                }
            }
        }
        topics += size(request.clientTags());
        return topics * LEAST_TOPIC_BYTES;
    }

    /// Those that it has, and how far it is with each.
    static long leastTaskBytes(StreamsGroupHeartbeatRequest request) {
        long tasks = owned(request.activeTasks()) + owned(request.standbyTasks()) + owned(request.warmupTasks())
                + size(request.taskOffsets()) + size(request.taskEndOffsets());
        return tasks * LEAST_TASK_BYTES;
    }

    private static long settings(List<TopicInfo> topics) {
        long count = topics.size();
        for (TopicInfo one : topics) {
            count += one.topicConfigs().size();
        }
        return count;
    }

    private static long size(@Nullable List<?> all) {
        return all == null ? 0 : all.size();
    }

    private static long owned(@Nullable List<TaskIds> tasks) {
        long count = 0;
        if (tasks != null) {
            for (TaskIds one : tasks) {
                count += 1L + one.partitions().size();
            }
        }
        return count;
    }

    private static StreamsHeartbeat beat(
            StreamsGroupHeartbeatRequest request, @Nullable StreamsTopology topology, RequestContext context) {
        SortedMap<String, String> tags = null;
        if (request.clientTags() != null) {
            tags = new TreeMap<>();
            for (StreamsGroupHeartbeatRequest.KeyValue one : request.clientTags()) {
                tags.put(one.key(), one.value());
            }
        }
        StreamsGroupHeartbeatRequest.Endpoint endpoint = request.userEndpoint();
        StreamsSaid said = new StreamsSaid(
                request.rackId(), request.rebalanceTimeoutMs(), topology, request.processId(),
                endpoint == null ? null : new StreamsMember.Endpoint(endpoint.host(), endpoint.port()), tags);
        return new StreamsHeartbeat(
                request.groupId(), request.memberId(), request.memberEpoch(), request.endpointInformationEpoch(),
                request.instanceId(), context.clientId(), GroupClients.host(context), said, owned(request),
                progress(request), request.shutdownApplication(), context.apiVersion() >= KNOWS_TAGS_SINCE);
    }

    private static @Nullable Tasks owned(StreamsGroupHeartbeatRequest request) {
        if (request.activeTasks() == null || request.standbyTasks() == null || request.warmupTasks() == null) {
            return null;
        }
        Tasks.Builder all = new Tasks.Builder();
        for (TaskIds one : request.activeTasks()) {
            one.partitions().forEach(partition -> all.active(new TaskId(one.subtopologyId(), partition), 0));
        }
        for (TaskIds one : request.standbyTasks()) {
            one.partitions().forEach(partition -> all.standby(new TaskId(one.subtopologyId(), partition)));
        }
        for (TaskIds one : request.warmupTasks()) {
            one.partitions().forEach(partition -> all.warmup(new TaskId(one.subtopologyId(), partition)));
        }
        return all.build();
    }

    private static @Nullable TaskProgress progress(StreamsGroupHeartbeatRequest request) {
        return request.taskOffsets() == null && request.taskEndOffsets() == null ? null
                : new TaskProgress(offsets(request.taskOffsets()), offsets(request.taskEndOffsets()));
    }

    private static SortedMap<TaskId, Long> offsets(@Nullable List<TaskOffset> said) {
        SortedMap<TaskId, Long> all = new TreeMap<>();
        if (said != null) {
            said.forEach(one -> all.put(new TaskId(one.subtopologyId(), one.partition()), one.offset()));
        }
        return all;
    }

    // ---- topics of the application

    private void create(StreamsBeat reply, RequestContext context) {
        List<NewTopic> topics = reply.missing().stream().map(topic -> new NewTopic(
                topic.name(), topic.partitions(),
                new Replicas.Factor(topic.replicas() == 0 ? node.defaultFactor() : topic.replicas()),
                topic.config())).toList();
        creation.propose(topics, context.loop(),
                failed -> afford(reply, context, () -> answer(reply, failed, context.apiVersion())));
    }

    /// What could not be made is told with what is missing.
    private static StreamsGroupHeartbeatResponse answer(
            StreamsBeat reply, Map<String, Failure> failed, short version) {
        if (failed.isEmpty()) {
            return answer(reply, version);
        }
        String why = String.join("; ", failed.entrySet().stream().limit(MOST_FAILURES)
                .map(one -> one.getKey() + ": " + one.getValue().error() + " ("
                        + (one.getValue().message() == null ? "no reason given" : one.getValue().message()) + ")")
                .toList());
        return answer(reply, version).toBuilder().status(reply.statuses().stream()
                .map(one -> one.status() == StatusCode.MISSING_INTERNAL_TOPICS
                        ? new Status(one.status().code(), one.detail() + "; creation failed: " + why) : status(one))
                .toList()).build();
    }

    private static Status status(Problem problem) {
        return new Status(problem.status().code(), problem.detail());
    }

    // ---- the answer

    private static StreamsGroupHeartbeatResponse answer(StreamsBeat beat, short version) {
        StreamsGroupHeartbeatResponse.Builder answer = StreamsGroupHeartbeatResponse.builder()
                .errorCode(beat.error().code())
                .errorMessage(beat.message())
                .memberId(beat.memberId())
                .memberEpoch(beat.memberEpoch())
                .heartbeatIntervalMs(beat.heartbeatMs())
                .acceptableRecoveryLagLegacy(
                        version < LAG_SINCE ? (int) Math.min(Integer.MAX_VALUE, beat.acceptableLag()) : 0)
                .acceptableRecoveryLag(beat.acceptableLag())
                .taskOffsetIntervalMs(beat.offsetIntervalMs())
                .status(beat.statuses().stream().map(StreamsGroupHeartbeatHandler::status).toList())
                .endpointInformationEpoch(beat.endpointEpoch())
                .partitionsByUserEndpoint(beat.endpoints() == null ? null
                        : beat.endpoints().stream().map(StreamsGroupHeartbeatHandler::endpoint).toList());
        if (beat.assignment() != null) {
            answer.activeTasks(ids(beat.assignment().active().keySet()))
                    .standbyTasks(ids(beat.assignment().standby()))
                    .warmupTasks(ids(beat.assignment().warmup()));
        }
        return answer.build();
    }

    private static List<StreamsGroupHeartbeatResponse.TaskIds> ids(Iterable<TaskId> tasks) {
        List<StreamsGroupHeartbeatResponse.TaskIds> all = new ArrayList<>();
        StreamsGroupRecordCodec.partitions(tasks).forEach((subtopology, partitions) ->
                all.add(new StreamsGroupHeartbeatResponse.TaskIds(subtopology, partitions)));
        return all;
    }

    private static EndpointToPartitions endpoint(EndpointTasks one) {
        return new EndpointToPartitions(
                new Endpoint(one.endpoint().host(), one.endpoint().port()),
                topics(one.active()), topics(one.standby()));
    }

    private static List<TopicPartition> topics(SortedMap<String, List<Integer>> partitions) {
        return partitions.entrySet().stream().map(one -> new TopicPartition(one.getKey(), one.getValue())).toList();
    }
}
