package io.chapar.client.admin;

import io.chapar.client.admin.GroupDescription.InternalTopic;
import io.chapar.client.admin.GroupDescription.StreamsMember;
import io.chapar.client.admin.GroupDescription.Subtopology;
import io.chapar.client.admin.GroupDescription.Task;
import io.chapar.client.admin.GroupDescription.Tasks;
import io.chapar.client.admin.GroupDescription.Topology;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.Assignment;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.DescribedGroup;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.Endpoint;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.KeyValue;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.Member;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.TaskIds;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.TaskOffset;
import io.chapar.protocol.message.StreamsGroupDescribeResponse.TopicInfo;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What StreamsGroupDescribe answers, as users of the client see it.
final class StreamsAnswer {
    private StreamsAnswer() {
    }

    static GroupDescription.Streams read(DescribedGroup group, Node coordinator) {
        return new GroupDescription.Streams(group.groupId(), group.groupState(), coordinator,
                new GroupDescription.Epochs(group.groupEpoch(), group.assignmentEpoch()), group.assignorName(),
                topology(group.topology()), group.members().stream().map(StreamsAnswer::member).toList());
    }

    private static @Nullable Topology topology(
            io.chapar.protocol.message.StreamsGroupDescribeResponse.@Nullable Topology told) {
        if (told == null) {
            return null;
        }
        var all = told.subtopologies();
        return new Topology(told.epoch(), all == null ? null : all.stream()
                .map(one -> new Subtopology(one.subtopologyId(), one.sourceTopics(), one.repartitionSinkTopics(),
                        topics(one.stateChangelogTopics()), topics(one.repartitionSourceTopics())))
                .toList());
    }

    private static List<InternalTopic> topics(List<TopicInfo> told) {
        return told.stream().map(one -> new InternalTopic(one.name(), one.partitions(), one.replicationFactor(),
                pairs(one.topicConfigs()))).toList();
    }

    private static SortedMap<String, String> pairs(List<KeyValue> told) {
        SortedMap<String, String> pairs = new TreeMap<>();
        told.forEach(one -> pairs.put(one.key(), one.value()));
        return pairs;
    }

    private static StreamsMember member(Member told) {
        Endpoint at = told.userEndpoint();
        return new StreamsMember(told.memberId(), told.instanceId(), told.rackId(), told.memberEpoch(),
                told.topologyEpoch(), told.processId(), told.clientId(), told.clientHost(),
                at == null ? null : at.host() + ':' + at.port(), pairs(told.clientTags()),
                offsets(told.taskOffsets()), offsets(told.taskEndOffsets()),
                tasks(told.assignment()), tasks(told.targetAssignment()));
    }

    private static Map<Task, Long> offsets(List<TaskOffset> told) {
        Map<Task, Long> offsets = new LinkedHashMap<>();
        told.forEach(one -> offsets.put(new Task(one.subtopologyId(), one.partition()), one.offset()));
        return offsets;
    }

    private static Tasks tasks(Assignment told) {
        return new Tasks(tasks(told.activeTasks()), tasks(told.standbyTasks()), tasks(told.warmupTasks()));
    }

    private static List<Task> tasks(List<TaskIds> told) {
        return told.stream().flatMap(one -> one.partitions().stream()
                .map(partition -> new Task(one.subtopologyId(), partition))).toList();
    }
}
