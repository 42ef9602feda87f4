package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.OfShares;
import io.chapar.broker.group.share.ShareStanding;
import io.chapar.broker.share.state.ShareStateReply;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.SortedSet;
import java.util.UUID;

/// What a share group may be asked (KIP-932).
public final class ShareCommands {
    private ShareCommands() {}

    /// A member shows up, comes or goes.
    ///
    /// @param memberEpoch 0 to join, -1 to leave
    /// @param rackId null when it has not changed
    /// @param topicNames null when they have not changed
    public record ShareHeartbeat(
            String groupId,
            String memberId,
            int memberEpoch,
            @Nullable String rackId,
            String clientId,
            String clientHost,
            @Nullable SortedSet<String> topicNames) implements OfShares<ShareReplies.ShareBeat> {
        @Override
        public ShareReplies.ShareBeat refused(ErrorCode error) {
            return ShareReplies.ShareBeat.refused(error, null);
        }

        boolean isJoin() {
            return memberEpoch == ShareStanding.JOIN;
        }

        boolean isLeave() {
            return memberEpoch == ShareStanding.LEAVE;
        }
    }

    public record DescribeShares(String groupId) implements OfShares<ShareReplies.SharesDescribed> {
        @Override
        public ShareReplies.SharesDescribed refused(ErrorCode error) {
            return ShareReplies.SharesDescribed.refused(error);
        }
    }

    /// A group without members is to go on elsewhere.
    ///
    /// @param offsets by topic and partition; those that are named exist
    public record AlterShares(
            String groupId, SequencedMap<UUID, String> names, SequencedMap<Place, Long> offsets)
            implements OfShares<ShareReplies.SharesDone> {
        @Override
        public ShareReplies.SharesDone refused(ErrorCode error) {
            return ShareReplies.SharesDone.of(error);
        }
    }

    public record Place(UUID topicId, int partition) {}

    /// A group without members is to know nothing of these topics any more.
    ///
    /// @param topics by name
    public record ForgetShares(String groupId, SequencedSet<String> topics)
            implements OfShares<ShareReplies.SharesDone> {
        @Override
        public ShareReplies.SharesDone refused(ErrorCode error) {
            return ShareReplies.SharesDone.of(error);
        }
    }

    /// What has become of what a group has asked of whoever keeps its states.
    ///
    /// @param ask its number
    /// @param replies in the order of what was asked
    record SharesAnswered(String groupId, long ask, List<ShareStateReply> replies)
            implements OfShares<ShareReplies.SharesDone> {
        @Override
        public ShareReplies.SharesDone refused(ErrorCode error) {
            return ShareReplies.SharesDone.of(error);
        }
    }
}
