package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.DescribeConsumers;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply.ConsumersDescribed;
import io.chapar.broker.group.GroupReply.DescribedConsumer;
import io.chapar.broker.group.consumer.ConsumerMember;
import io.chapar.broker.group.consumer.ConsumerSizes;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ConsumerGroupDescribeRequest;
import io.chapar.protocol.message.ConsumerGroupDescribeResponse;
import io.chapar.protocol.message.ConsumerGroupDescribeResponse.Assignment;
import io.chapar.protocol.message.ConsumerGroupDescribeResponse.DescribedGroup;
import io.chapar.protocol.message.ConsumerGroupDescribeResponse.Member;
import io.chapar.protocol.message.ConsumerGroupDescribeResponse.TopicPartitions;

import java.util.List;

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
        ClusterImage image = node.image();
        int operations = request.includeAuthorizedOperations() ? Operations.GROUP : Operations.NOT_ASKED;
        new GroupDescriptions<>(groups, DescribeConsumers::new, ConsumerGroupDescribeHandler::elements,
                (name, described) -> group(name, described, operations, image))
                .gather(request.groupIds(), context, all -> context.reply(
                        ConsumerGroupDescribeResponse.builder().groups(all).build()));
    }

    private static long elements(ConsumersDescribed described) {
        long elements = 1;
        long bytes = 0;
        for (DescribedConsumer one : described.members()) {
            bytes += ConsumerSizes.of(one.member());
            elements += 1L + one.member().subscription().names().size()
                    + one.standing().assigned().size() + one.target().size();
        }
        return elements + AnswerSize.ofBytes(bytes);
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
                new Assignment(NamedPartitions.of(one.standing().assigned().partitions(), image, TopicPartitions::new)),
                new Assignment(NamedPartitions.of(one.target(), image, TopicPartitions::new)),
                member.classic() == null ? CONSUMER_MEMBER : CLASSIC_MEMBER);
    }
}
