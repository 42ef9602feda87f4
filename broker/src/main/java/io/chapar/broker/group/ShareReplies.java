package io.chapar.broker.group;

import io.chapar.broker.group.GroupReply.OfShares;
import io.chapar.broker.group.consumer.PartitionSet;
import io.chapar.broker.group.share.ShareMember;
import io.chapar.broker.group.share.ShareStanding;
import io.chapar.broker.group.share.ShareTopics;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How a share group answers.
public final class ShareReplies {
    private ShareReplies() {}

    /// @param message what is wrong, for people; null when the error says it all
    /// @param memberId null with an error
    /// @param assignment what the member reads; null when that has not changed
    public record ShareBeat(
            ErrorCode error,
            @Nullable String message,
            @Nullable String memberId,
            int memberEpoch,
            int heartbeatMs,
            @Nullable PartitionSet assignment) implements OfShares {
        static ShareBeat refused(ErrorCode error, @Nullable String message) {
            return new ShareBeat(error, message, null, 0, 0, null);
        }
    }

    /// @param state as Kafka names it
    /// @param begun the partitions that the group has a state of
    public record SharesDescribed(
            ErrorCode error, String state, int epoch, int targetEpoch, List<DescribedSharer> members, ShareTopics begun)
            implements OfShares {
        static SharesDescribed refused(ErrorCode error) {
            return new SharesDescribed(error, "", 0, 0, List.of(), ShareTopics.NONE);
        }
    }

    public record DescribedSharer(ShareMember member, ShareStanding standing) {}

    /// @param error of the whole
    /// @param byPlace errors of partitions
    /// @param byTopic errors of topics, by name
    public record SharesDone(
            ErrorCode error, Map<ShareCommands.Place, ErrorCode> byPlace, Map<String, ErrorCode> byTopic)
            implements OfShares {
        static SharesDone of(ErrorCode error) {
            return new SharesDone(error, new LinkedHashMap<>(), new LinkedHashMap<>());
        }
    }
}
