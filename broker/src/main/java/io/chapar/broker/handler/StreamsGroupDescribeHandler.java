package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.DescribeStreams;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply.DescribedStreamsMember;
import io.chapar.broker.group.GroupReply.StreamsDescribed;
import io.chapar.broker.group.streams.ConfiguredTopology;
import io.chapar.broker.group.streams.StreamsGroupRecordCodec;
import io.chapar.broker.group.streams.StreamsMember;
import io.chapar.broker.group.streams.StreamsSizes;
import io.chapar.broker.group.streams.StreamsTopology;
import io.chapar.broker.group.streams.StreamsTopology.InternalTopic;
import io.chapar.broker.group.streams.TaskAssignor;
import io.chapar.broker.group.streams.TaskId;
import io.chapar.broker.group.streams.Tasks;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.StreamsGroupDescribeRequest;
import io.chapar.protocol.message.StreamsGroupDescribeResponse;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.Assignment;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.DescribedGroup;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.Endpoint;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.KeyValue;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.Member;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.Subtopology;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.TaskIds;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.TaskOffset;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.TopicInfo;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.Topology;
import io.chapar.protocol.message.StreamsGroupTopologyDescriptionUpdateRequest;
import io.chapar.protocol.message.StreamsGroupTopologyDescriptionUpdateResponse;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/// Versions 0-1 (KIP-1071), each group once. v1 may ask for the description of the topology's processors (KIP-1331),
/// which nothing here keeps, as at a Kafka without a plugin for it. A group of another kind is not found.
final class StreamsGroupDescribeHandler {
    private static final byte NOT_REQUESTED = 0;
    private static final byte NOT_STORED = 1;

    private final GroupCoordinators groups;

    StreamsGroupDescribeHandler(GroupCoordinators groups) {
        this.groups = groups;
    }

    void handle(StreamsGroupDescribeRequest request, RequestContext context) {
        int operations = request.includeAuthorizedOperations() ? Operations.GROUP : Operations.NOT_ASKED;
        byte description = request.includeTopologyDescription() ? NOT_STORED : NOT_REQUESTED;
        new GroupDescriptions<>(groups, DescribeStreams::new, StreamsGroupDescribeHandler::elements,
                (name, described) -> group(name, described, operations, description))
                .gather(request.groupIds(), context, all -> context.reply(
                        StreamsGroupDescribeResponse.builder().groups(all).build()));
    }

    /// Members do not push what no answer asked for.
    void handle(StreamsGroupTopologyDescriptionUpdateRequest request, RequestContext context) {
        context.reply(StreamsGroupTopologyDescriptionUpdateResponse.builder()
                .errorCode(ErrorCode.UNSUPPORTED_VERSION.code())
                .errorMessage("Descriptions of topologies are not kept here.")
                .build());
    }

    static long elements(StreamsDescribed described) {
        long elements = 1L + described.configured().internal().size() + described.configured().tasks().size();
        long bytes = StreamsSizes.of(described.configured().topology());
        for (DescribedStreamsMember one : described.members()) {
            bytes += StreamsSizes.of(one.member());
            elements += 1L + one.standing().assigned().size() + one.target().size()
                    + one.progress().offsets().size() + one.progress().ends().size();
        }
        return elements + AnswerSize.ofBytes(bytes);
    }

    private static DescribedGroup group(String name, StreamsDescribed described, int operations, byte description) {
        DescribedGroup.Builder group = DescribedGroup.DEFAULT.toBuilder()
                .groupId(name).errorCode(described.error().code());
        if (described.error() != ErrorCode.NONE) {
            return group.errorMessage(described.error() == ErrorCode.GROUP_ID_NOT_FOUND
                    ? "There is no streams group " + name + "." : null).build();
        }
        return group.groupState(described.state())
                .groupEpoch(described.epoch())
                .assignmentEpoch(described.targetEpoch())
                .topology(topology(described.configured()))
                .members(described.members().stream().map(StreamsGroupDescribeHandler::member).toList())
                .authorizedOperations(operations)
                .topologyDescriptionStatus(description)
                .assignorName(TaskAssignor.NAME)
                .build();
    }

    /// Without subtopologies while it is not known what they come to.
    private static @Nullable Topology topology(ConfiguredTopology configured) {
        StreamsTopology topology = configured.topology();
        if (topology == null) {
            return null;
        }
        if (configured.tasks().isEmpty()) {
            return new Topology(topology.epoch(), null);
        }
        return new Topology(topology.epoch(), topology.subtopologies().stream().map(one -> new Subtopology(
                one.id(), List.copyOf(one.sources()), List.copyOf(one.sinks()),
                infos(one.changelogs(), configured), infos(one.repartitions(), configured))).toList());
    }

    private static List<TopicInfo> infos(List<InternalTopic> topics, ConfiguredTopology configured) {
        return topics.stream().map(topic -> {
            InternalTopic counted = configured.internal().getOrDefault(topic.name(), topic);
            return new TopicInfo(topic.name(), counted.partitions(), (short) topic.replicas(), pairs(topic.config()));
        }).toList();
    }

    private static List<KeyValue> pairs(SortedMap<String, String> pairs) {
        return pairs.entrySet().stream().map(one -> new KeyValue(one.getKey(), one.getValue())).toList();
    }

    private static Member member(DescribedStreamsMember one) {
        StreamsMember member = one.member();
        StreamsMember.Endpoint endpoint = member.endpoint();
        return new Member(
                member.id(), one.standing().epoch(), member.instanceId(), member.rackId(), member.clientId(),
                member.clientHost(), member.topologyEpoch(), member.processId(),
                endpoint == null ? null : new Endpoint(endpoint.host(), endpoint.port()), pairs(member.tags()),
                offsets(one.progress().offsets()), offsets(one.progress().ends()),
                assignment(one.standing().assigned()), assignment(one.target()), false);
    }

    private static List<TaskOffset> offsets(SortedMap<TaskId, Long> offsets) {
        return offsets.entrySet().stream().map(one -> new TaskOffset(
                one.getKey().subtopology(), one.getKey().partition(), one.getValue())).toList();
    }

    private static Assignment assignment(Tasks tasks) {
        return new Assignment(ids(tasks.active().keySet()), ids(tasks.standby()), ids(tasks.warmup()));
    }

    private static List<TaskIds> ids(Iterable<TaskId> tasks) {
        List<TaskIds> all = new ArrayList<>();
        StreamsGroupRecordCodec.partitions(tasks).forEach((subtopology, partitions) ->
                all.add(new TaskIds(subtopology, partitions)));
        return all;
    }
}
