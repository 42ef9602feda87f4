package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.DescribeConsumers;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply.ConsumersDescribed;
import io.chapar.broker.group.GroupReply.DescribedConsumer;
import io.chapar.broker.group.consumer.ConsumerMember;
import io.chapar.broker.group.consumer.PartitionSet;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ConsumerGroupDescribeRequest;
import io.chapar.protocol.message.ConsumerGroupDescribeResponse;
import io.chapar.protocol.message.ConsumerGroupDescribeResponse.Assignment;
import io.chapar.protocol.message.ConsumerGroupDescribeResponse.DescribedGroup;
import io.chapar.protocol.message.ConsumerGroupDescribeResponse.Member;
import io.chapar.protocol.message.ConsumerGroupDescribeResponse.TopicPartitions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;

/// Versions 0-1 (KIP-848), each group once. v1 tells which protocol a member speaks. A group of another kind is not
/// found.
final class ConsumerGroupDescribeHandler {
    private static final byte CLASSIC_MEMBER = 0;
    private static final byte CONSUMER_MEMBER = 1;

    private final LocalBroker node;
    private final GroupCoordinators groups;

    ConsumerGroupDescribeHandler(LocalBroker node, GroupCoordinators groups) {
        this.node = node;
        this.groups = groups;
    }

    void handle(ConsumerGroupDescribeRequest request, RequestContext context) {
        int operations = request.includeAuthorizedOperations() ? Operations.GROUP : Operations.NOT_ASKED;
        SequencedMap<String, ConsumersDescribed> found = new LinkedHashMap<>();
        AnswerSize size = new AnswerSize(context);
        Slices.inTurn(context.loop(), new LinkedHashSet<>(request.groupIds()),
                (name, next) -> groups.submit(new DescribeConsumers(name), context.caller(), described -> {
                    found.put(name, described);
                    if (size.grows(elements(described), "more members than fit into one answer")) {
                        next.run();
                    }
                }),
                () -> context.afford(size.elements(), () -> answer(found, operations, context)));
    }

    private static long elements(ConsumersDescribed described) {
        long elements = 1;
        for (DescribedConsumer one : described.members()) {
            elements += 1L + one.member().subscription().names().size()
                    + one.standing().assigned().size() + one.target().size();
        }
        return elements;
    }

    private void answer(SequencedMap<String, ConsumersDescribed> found, int operations, RequestContext context) {
        ClusterImage image = node.image();
        List<DescribedGroup> done = new ArrayList<>();
        Slices.each(context.loop(), found.entrySet(),
                one -> (int) Math.min(Integer.MAX_VALUE, elements(one.getValue())),
                one -> done.add(group(one.getKey(), one.getValue(), operations, image)),
                () -> context.reply(ConsumerGroupDescribeResponse.builder().groups(done).build()));
    }

    private static DescribedGroup group(
            String name, ConsumersDescribed described, int operations, ClusterImage image) {
        DescribedGroup.Builder group = DescribedGroup.DEFAULT.toBuilder()
                .groupId(name).errorCode(described.error().code());
        if (described.error() != ErrorCode.NONE) {
            return group.errorMessage(described.error() == ErrorCode.GROUP_ID_NOT_FOUND
                    ? "There is no consumer group " + name + "." : null).build();
        }
        return group.groupState(described.state())
                .groupEpoch(described.epoch())
                .assignmentEpoch(described.targetEpoch())
                .assignorName(described.assignor())
                .members(described.members().stream().map(one -> member(one, image)).toList())
                .authorizedOperations(operations)
                .build();
    }

    private static Member member(DescribedConsumer one, ClusterImage image) {
        ConsumerMember member = one.member();
        return new Member(
                member.id(),
                member.instanceId(),
                member.rackId(),
                one.standing().epoch(),
                member.clientId(),
                member.clientHost(),
                List.copyOf(member.subscription().names()),
                member.subscription().regex(),
                assignment(one.standing().assigned().partitions(), image),
                assignment(one.target(), image),
                member.classic() == null ? CONSUMER_MEMBER : CLASSIC_MEMBER);
    }

    /// Without topics that are no more.
    private static Assignment assignment(PartitionSet partitions, ClusterImage image) {
        List<TopicPartitions> topics = new ArrayList<>();
        partitions.byTopic().forEach((id, numbers) -> {
            TopicImage topic = image.topic(id);
            if (topic != null) {
                topics.add(new TopicPartitions(id, topic.name(), Arrays.stream(numbers).boxed().toList()));
            }
        });
        return new Assignment(topics);
    }
}
