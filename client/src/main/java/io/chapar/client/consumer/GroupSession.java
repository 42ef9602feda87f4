package io.chapar.client.consumer;

import io.chapar.client.GroupMetadata;
import io.chapar.client.metadata.CoordinatorLookup;
import io.chapar.client.metadata.CoordinatorType;
import io.chapar.protocol.ErrorCode;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;

/// Who a member is to the coordinator: its id, and the generation that it is in. On the loop only.
///
/// - A generation ends by [#expelled], [#leave] or the next one, and its heartbeats with it; without a generation there
///   are none.
/// - The id outlives generations. It is kept when a generation is lost, unless the coordinator does not know it any
///   more or was told that the member leaves.
final class GroupSession {
    private final Transport transport;
    private final CoordinatorLookup lookup;
    private final GroupMessages messages;
    private final Heartbeats heartbeats;
    private GroupMetadata self;

    GroupSession(Transport transport, CoordinatorLookup lookup, GroupMessages messages, Heartbeats heartbeats,
            ConsumerConfig config) {
        this.transport = transport;
        this.lookup = lookup;
        this.messages = messages;
        this.heartbeats = heartbeats;
        self = new GroupMetadata(config.requireGroupId(), GroupMetadata.NO_GENERATION, "", config.groupInstanceId());
    }

    /// With an empty id before the coordinator gave one, and without a generation while there is none.
    GroupMetadata self() {
        return self;
    }

    boolean hasGeneration() {
        return self.generation() != GroupMetadata.NO_GENERATION;
    }

    /// Whether `by` is this member in its present generation.
    boolean isCurrent(GroupMetadata by) {
        return hasGeneration() && by.generation() == self.generation() && by.memberId().equals(self.memberId());
    }

    /// The coordinator wants this id in the next request to join.
    void named(String memberId) {
        become(memberId, self.generation());
    }

    /// Its heartbeats begin with [#beat].
    void joined(String memberId, int generation) {
        become(memberId, generation);
    }

    /// Shows the coordinator from now on that this member is there, if it has a generation.
    void beat() {
        if (hasGeneration()) {
            heartbeats.start(self);
        }
    }

    /// No heartbeats while the member is joining: the coordinator waits for its other requests.
    void rest() {
        heartbeats.stop();
    }

    /// The coordinator does not know this member in this generation.
    void expelled(ErrorCode code) {
        forgetGeneration();
        if (code == ErrorCode.UNKNOWN_MEMBER_ID) {
            become("", GroupMetadata.NO_GENERATION);
        }
    }

    /// `done` runs once the coordinator has answered, or will not. A static member stays on the coordinator's list, and
    /// has its partitions again when it comes back in time.
    void leave(String why, Runnable done) {
        Node node = lookup.known(CoordinatorType.GROUP, self.groupId());
        String leaving = self.memberId();
        forgetGeneration();
        if (leaving.isEmpty() || self.instanceId() != null || node == null) {
            done.run();
            return;
        }
        become("", GroupMetadata.NO_GENERATION);
        transport.send(node, messages.leave(leaving, why), outcome -> done.run());
    }

    private void forgetGeneration() {
        become(self.memberId(), GroupMetadata.NO_GENERATION);
        heartbeats.stop();
    }

    private void become(String memberId, int generation) {
        self = new GroupMetadata(self.groupId(), generation, memberId, self.instanceId());
    }
}
