package io.chapar.client.consumer;

import io.chapar.client.GroupMetadata;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.HeartbeatRequest;
import io.chapar.protocol.message.JoinGroupRequest;
import io.chapar.protocol.message.LeaveGroupRequest;
import io.chapar.protocol.message.SyncGroupRequest;
import io.chapar.transport.Call;
import io.chapar.transport.TrafficClass;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.function.Supplier;

/// The requests of a classic group's member.
///
/// Static members (an instance id) need JoinGroup 5, SyncGroup 3, Heartbeat 3; LeaveGroup names its members in a list
/// from 3 on. JoinGroup and SyncGroup are answered only when the others have joined, so they have a connection of their
/// own.
final class GroupMessages {
    private static final int JOIN_WITH_INSTANCE = 5;
    private static final int SYNC_WITH_INSTANCE = 3;
    private static final int HEARTBEAT_WITH_INSTANCE = 3;
    private static final int LEAVE_BY_LIST = 3;
    /// What a coordinator may take beyond the time it gives the members.
    private static final int GRACE_MS = 5_000;

    private final ConsumerConfig config;
    /// What this member has of state, as of now; null: it tells nothing.
    private Supplier<@Nullable StateReport> state = () -> null;

    GroupMessages(ConsumerConfig config) {
        this.config = config;
    }

    void state(Supplier<@Nullable StateReport> now) {
        state = now;
    }

    /// `member` without an id or a generation: as somebody new.
    Call join(GroupMetadata member, SortedSet<String> topics, SortedSet<TopicPartition> owned, String reason) {
        List<JoinGroupRequest.JoinGroupRequestProtocol> protocols = new ArrayList<>();
        StateReport has = state.get();
        for (AssignmentStrategy strategy : config.strategies()) {
            GroupSubscription subscription = new GroupSubscription(topics, owned, member.generation(),
                    strategy.assignor(config.together(), has).userData(member.generation()));
            protocols.add(JoinGroupRequest.JoinGroupRequestProtocol.builder()
                    .name(strategy.label())
                    .metadata(SubscriptionCodec.subscription(subscription))
                    .build());
        }
        JoinGroupRequest request = JoinGroupRequest.builder()
                .groupId(member.groupId())
                .sessionTimeoutMs(config.sessionTimeoutMs())
                .rebalanceTimeoutMs(config.maxPollIntervalMs())
                .memberId(member.memberId())
                .groupInstanceId(member.instanceId())
                .protocolType(SubscriptionCodec.PROTOCOL_TYPE)
                .protocols(protocols)
                .reason(reason)
                .build();
        return withInstance(Call.of(ApiKey.JOIN_GROUP, rebalanceMs(), version -> request), JOIN_WITH_INSTANCE)
                .on(TrafficClass.GROUP);
    }

    /// `shares` is empty but from the leader.
    Call sync(GroupMetadata member, String protocol, SortedMap<String, Assignor.Share> shares) {
        List<SyncGroupRequest.SyncGroupRequestAssignment> assignments = new ArrayList<>();
        shares.forEach((id, share) -> assignments.add(SyncGroupRequest.SyncGroupRequestAssignment.builder()
                .memberId(id).assignment(SubscriptionCodec.assignment(share.partitions(), share.userData())).build()));
        SyncGroupRequest request = SyncGroupRequest.builder()
                .groupId(member.groupId())
                .generationId(member.generation())
                .memberId(member.memberId())
                .groupInstanceId(member.instanceId())
                .protocolType(SubscriptionCodec.PROTOCOL_TYPE)
                .protocolName(protocol)
                .assignments(assignments)
                .build();
        return withInstance(Call.of(ApiKey.SYNC_GROUP, rebalanceMs(), version -> request), SYNC_WITH_INSTANCE)
                .on(TrafficClass.GROUP);
    }

    Call heartbeat(GroupMetadata member) {
        HeartbeatRequest request = HeartbeatRequest.builder()
                .groupId(member.groupId())
                .generationId(member.generation())
                .memberId(member.memberId())
                .groupInstanceId(member.instanceId())
                .build();
        long timeoutMs = Math.min(config.client().requestTimeoutMs(), config.sessionTimeoutMs());
        return withInstance(Call.of(ApiKey.HEARTBEAT, timeoutMs, version -> request), HEARTBEAT_WITH_INSTANCE);
    }

    Call leave(String memberId, String reason) {
        return Call.of(ApiKey.LEAVE_GROUP, config.client().requestTimeoutMs(), version -> version < LEAVE_BY_LIST
                ? LeaveGroupRequest.builder().groupId(config.requireGroupId()).memberId(memberId).build()
                : LeaveGroupRequest.builder()
                        .groupId(config.requireGroupId())
                        .members(List.of(LeaveGroupRequest.MemberIdentity.builder()
                                .memberId(memberId).reason(reason).build()))
                        .build());
    }

    private Call withInstance(Call call, int version) {
        return config.groupInstanceId() == null ? call : call.atLeast(version);
    }

    private long rebalanceMs() {
        return Math.max(config.client().requestTimeoutMs(), (long) config.maxPollIntervalMs() + GRACE_MS);
    }
}
