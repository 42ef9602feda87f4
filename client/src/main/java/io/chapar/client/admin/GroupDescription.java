package io.chapar.client.admin;

import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// One group with its members.
public record GroupDescription(String groupId, String state, String protocolType, String protocol, Node coordinator,
        List<Member> members) {

    /// `instanceId` is null for dynamic members; `assignment` is empty for protocols other than "consumer".
    public record Member(String memberId, @Nullable String instanceId, String clientId, String host,
            List<TopicPartition> assignment) {
    }
}
