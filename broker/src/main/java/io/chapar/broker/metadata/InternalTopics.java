package io.chapar.broker.metadata;

import io.chapar.broker.coordinator.CoordinatorKeys;

/// The topics in which the coordinators keep their state. Clients may read them, but never write to them.
public final class InternalTopics {
    private InternalTopics() {}

    public static boolean isInternal(String topic) {
        return topic.equals(CoordinatorKeys.TRANSACTION_STATE) || topic.equals(CoordinatorKeys.CONSUMER_OFFSETS)
                || topic.equals(CoordinatorKeys.SHARE_STATE);
    }
}
