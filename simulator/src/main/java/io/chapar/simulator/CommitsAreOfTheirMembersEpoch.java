package io.chapar.simulator;

import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

/// Who commits in a group whose coordinator shares out partitions or tasks is a member of it, and speaks of its epoch:
/// or of an earlier one, where it has had the partition since then.
final class CommitsAreOfTheirMembersEpoch extends Promise {
    private final PartsHaveOneOwner owners;

    /// @param held null when there was no such member
    private record Then(PartsHaveOneOwner.@Nullable Held held) {}

    CommitsAreOfTheirMembersEpoch(PartsHaveOneOwner owners) {
        super("Who commits is a member and of its epoch");
        this.owners = owners;
    }

    @Override
    void asked(SimulatedBroker broker, ServerConnection.Exchange exchange) {
        if (exchange.request() instanceof OffsetCommitRequest request && request.groupId().equals(ModernGroup.ID)
                && owners.hasMembers(broker.cluster(), request.groupId())) {
            exchange.memo(new Then(owners.held(broker.cluster(), request.groupId(), request.memberId())));
        }
    }

    @Override
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {
        if (exchange.memo() instanceof Then(PartsHaveOneOwner.Held held) && !ghosts().isLossy()
                && exchange.request() instanceof OffsetCommitRequest request
                && response instanceof OffsetCommitResponse answer) {
            answer.topics().forEach(topic -> topic.partitions().stream()
                    .filter(one -> one.errorCode() == ErrorCode.NONE.code()
                            && !mayCommit(broker, request, held, topic.name(), one.partitionIndex()))
                    .forEach(one -> breach(broker.name() + " took a commit for " + topic.name() + "-"
                            + one.partitionIndex() + " from " + request.memberId() + " in epoch "
                            + request.generationIdOrMemberEpoch() + ", which was "
                            + (held == null ? "no member" : "at " + held))));
        }
    }

    private static boolean mayCommit(SimulatedBroker broker, OffsetCommitRequest request,
            PartsHaveOneOwner.@Nullable Held held, String topic, int partition) {
        int named = request.generationIdOrMemberEpoch();
        if (held == null) {
            return false;
        }
        if (named >= held.epoch()) {
            return true;
        }
        TopicImage image = broker.cluster().image().topic(topic);
        Integer read = image == null ? null : held.since().get(PartsHaveOneOwner.part(image.id(), partition));
        Integer run = held.since().get(PartsHaveOneOwner.part(StreamsGroupMember.subtopology(topic), partition));
        return (read != null && read <= named) || (run != null && run <= named);
    }
}
