package io.chapar.client.admin;

import io.chapar.client.admin.AdminCalls.Target;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.DescribeLogDirsRequest;
import io.chapar.protocol.message.DescribeLogDirsRequest.DescribableLogDirTopic;
import io.chapar.protocol.message.DescribeLogDirsResponse;
import io.chapar.transport.Call;
import io.chapar.transport.Node;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// How large logs are, which each broker knows of its own.
final class SizeOps {
    private static final int FIRST_WITH_ERROR = 3;

    private final AdminCalls calls;

    SizeOps(AdminCalls calls) {
        this.calls = calls;
    }

    /// Of every replica of these topics whose broker answers.
    List<ReplicaSize> of(Collection<TopicView> topics) {
        long deadlineMs = calls.deadlineMs();
        List<DescribableLogDirTopic> asked = topics.stream().map(topic -> new DescribableLogDirTopic(
                topic.name(), topic.partitions().stream().map(one -> one.partition()).toList())).toList();
        Call call = Call.of(new DescribeLogDirsRequest(asked), calls.requestTimeoutMs());
        List<ReplicaSize> sizes = new ArrayList<>();
        for (Node node : calls.describe(List.of(), deadlineMs).nodes().values()) {
            sizes.addAll(ask(node, call, deadlineMs));
        }
        return sizes;
    }

    /// Of this very broker, which is asked for nothing else.
    List<ReplicaSize> of(Node broker, Collection<TopicPartition> wanted, int limitMs) {
        Map<String, List<Integer>> byTopic = new TreeMap<>();
        wanted.forEach(one -> byTopic.computeIfAbsent(one.topic(), _ -> new ArrayList<>()).add(one.partition()));
        List<DescribableLogDirTopic> asked = byTopic.entrySet().stream()
                .map(topic -> new DescribableLogDirTopic(topic.getKey(), topic.getValue())).toList();
        return ask(broker, Call.of(new DescribeLogDirsRequest(asked), limitMs), calls.nowMs() + limitMs);
    }

    private List<ReplicaSize> ask(Node broker, Call call, long deadlineMs) {
        AdminCalls.Reply<DescribeLogDirsResponse> reply = calls.ask(new Target.Broker(broker), call,
                DescribeLogDirsResponse.class, _ -> ErrorCode.NONE, deadlineMs);
        if (reply.version() >= FIRST_WITH_ERROR) {
            GroupOps.requireNone(ErrorCode.of(reply.response().errorCode()), "Sizes at broker " + broker.id());
        }
        List<ReplicaSize> sizes = new ArrayList<>();
        for (var folder : reply.response().results()) {
            for (var topic : folder.topics()) {
                topic.partitions().forEach(one -> sizes.add(new ReplicaSize(
                        new TopicPartition(topic.name(), one.partitionIndex()), broker.id(), one.partitionSize())));
            }
        }
        return sizes;
    }

    /// Of this very broker.
    List<LogFolder> folders(Node broker, int limitMs) {
        long deadlineMs = calls.nowMs() + limitMs;
        Call call = Call.of(new DescribeLogDirsRequest(List.of()), limitMs);
        AdminCalls.Reply<DescribeLogDirsResponse> reply = calls.ask(new Target.Broker(broker), call,
                DescribeLogDirsResponse.class, _ -> ErrorCode.NONE, deadlineMs);
        if (reply.version() >= FIRST_WITH_ERROR) {
            GroupOps.requireNone(ErrorCode.of(reply.response().errorCode()), "Disks of broker " + broker.id());
        }
        return reply.response().results().stream().map(one -> new LogFolder(one.logDir(),
                ErrorCode.of(one.errorCode()), one.totalBytes(), one.usableBytes(),
                one.isCordoned())).toList();
    }
}
