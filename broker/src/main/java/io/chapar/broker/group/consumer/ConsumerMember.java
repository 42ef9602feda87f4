package io.chapar.broker.group.consumer;

import io.chapar.broker.group.modern.ModernMember;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;

/// What a member says about itself.
///
/// @param instanceId null for a dynamic member
/// @param rackId null when it does not say
/// @param rebalanceTimeoutMs how long it may take to give partitions up
/// @param assignor that it prefers; null for any
/// @param classic null unless it speaks the classic protocol
public record ConsumerMember(
        String id,
        @Nullable String instanceId,
        @Nullable String rackId,
        String clientId,
        String clientHost,
        Subscription subscription,
        int rebalanceTimeoutMs,
        @Nullable String assignor,
        @Nullable ClassicSide classic) implements ModernMember {

    /// @param protocols that it can take part in, in the order of its preference
    public record ClassicSide(int sessionTimeoutMs, List<ClassicProtocol> protocols) {}

    public record ClassicProtocol(String name, ByteBuffer metadata) {}

    public ConsumerMember with(Subscription other) {
        return new ConsumerMember(
                id, instanceId, rackId, clientId, clientHost, other, rebalanceTimeoutMs, assignor, classic);
    }
}
