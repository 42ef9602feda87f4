package io.chapar.client.admin;

import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// One transaction. `startMs` is when the open transaction began (ms since 1970), -1 when none is open. `clientId` and
/// `clientHost` tell who opened it last: null from brokers that do not say, and from Chapar's when its coordinator was
/// loaded later than that.
public record TransactionDescription(String transactionalId, String state, long producerId, short producerEpoch,
        int timeoutMs, long startMs, Node coordinator, List<TopicPartition> partitions, @Nullable String clientId,
        @Nullable String clientHost) {
}
