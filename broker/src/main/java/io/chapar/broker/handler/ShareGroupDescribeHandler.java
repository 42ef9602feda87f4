package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.ShareCommands.DescribeShares;
import io.chapar.broker.group.ShareReplies.DescribedSharer;
import io.chapar.broker.group.ShareReplies.SharesDescribed;
import io.chapar.broker.group.share.ShareTargets;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ShareGroupDescribeRequest;
import io.chapar.protocol.message.ShareGroupDescribeResponse;
import io.chapar.protocol.message.ShareGroupDescribeResponse.Assignment;
import io.chapar.protocol.message.ShareGroupDescribeResponse.DescribedGroup;
import io.chapar.protocol.message.ShareGroupDescribeResponse.Member;
import io.chapar.protocol.message.ShareGroupDescribeResponse.TopicPartitions;

import java.util.List;

/// Version 1 (KIP-932), each group once. A group of another kind is not found.
final class ShareGroupDescribeHandler {
    private final LocalBroker node;
    private final GroupCoordinators groups;

    ShareGroupDescribeHandler(LocalBroker node, GroupCoordinators groups) {
        this.node = node;
        this.groups = groups;
    }

    void handle(ShareGroupDescribeRequest request, RequestContext context) {
        ClusterImage image = node.image();
        int operations = request.includeAuthorizedOperations() ? Operations.GROUP : Operations.NOT_ASKED;
        new GroupDescriptions<>(groups, DescribeShares::new, ShareGroupDescribeHandler::elements,
                (name, described) -> group(name, described, operations, image))
                .gather(request.groupIds(), context, all -> context.reply(
                        ShareGroupDescribeResponse.builder().groups(all).build()));
    }

    private static long elements(SharesDescribed described) {
        long elements = 1;
        long bytes = 0;
        for (DescribedSharer one : described.members()) {
            bytes += one.member().bytes();
            elements += 1L + one.member().topics().size() + one.standing().assigned().size();
        }
        return elements + AnswerSize.ofBytes(bytes);
    }

    private static DescribedGroup group(String name, SharesDescribed described, int operations, ClusterImage image) {
        DescribedGroup.Builder group = DescribedGroup.DEFAULT.toBuilder()
                .groupId(name).errorCode(described.error().code());
        if (described.error() != ErrorCode.NONE) {
            return group.errorMessage(described.error() == ErrorCode.GROUP_ID_NOT_FOUND
                    ? "There is no share group " + name + "." : null).build();
        }
        return group.groupState(described.state())
                .groupEpoch(described.epoch())
                .assignmentEpoch(described.targetEpoch())
                .assignorName(ShareTargets.ASSIGNOR)
                .members(described.members().stream().map(one -> new Member(
                        one.member().id(), one.member().rackId(), one.standing().epoch(), one.member().clientId(),
                        one.member().clientHost(), List.copyOf(one.member().topics()),
                        new Assignment(
                                NamedPartitions.of(one.standing().assigned(), image, TopicPartitions::new)))).toList())
                .authorizedOperations(operations)
                .build();
    }
}
