package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.share.state.ShareStates;

/// Those who answer what share groups and their administrators ask the coordinator (KIP-932).
record ShareGroupHandlers(
        ShareGroupHeartbeatHandler heartbeat,
        ShareGroupDescribeHandler describe,
        DescribeShareGroupOffsetsHandler describeOffsets,
        AlterShareGroupOffsetsHandler alterOffsets,
        DeleteShareGroupOffsetsHandler deleteOffsets) {
    ShareGroupHandlers(
            LocalBroker node, TopicCreation creation, GroupCoordinators groups, ShareStates states, Peers peers) {
        this(new ShareGroupHeartbeatHandler(node, creation, groups, node.config().count("group.member.max.bytes")),
                new ShareGroupDescribeHandler(node, groups),
                new DescribeShareGroupOffsetsHandler(node, groups, states, new LatestOffsets(node, peers)),
                new AlterShareGroupOffsetsHandler(node, groups),
                new DeleteShareGroupOffsetsHandler(node, groups));
    }
}
