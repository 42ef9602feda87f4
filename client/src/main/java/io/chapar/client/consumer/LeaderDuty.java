package io.chapar.client.consumer;

import io.chapar.client.Disposition;
import io.chapar.client.metadata.ClusterView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.JoinGroupResponse;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// What the leader of a generation has to do: share the partitions of all members' topics out, and notice when their
/// number changes.
final class LeaderDuty {
    /// How long the leader waits to learn of topics it does not know; then they count as having no partitions.
    static final int GATHERING_MS = 5_000;

    private final Assignor assignor;
    private final List<Assignor.Member> members = new ArrayList<>();
    private final TreeSet<String> topics = new TreeSet<>();
    private final boolean keep;
    private Map<String, Integer> counts = new TreeMap<>();

    /// `keep`: the coordinator has the shares of this generation already.
    LeaderDuty(Assignor assignor, List<JoinGroupResponse.JoinGroupResponseMember> joined, boolean keep) {
        this.assignor = assignor;
        this.keep = keep;
        for (JoinGroupResponse.JoinGroupResponseMember member : joined) {
            GroupSubscription subscription = SubscriptionCodec.subscription(member.metadata());
            members.add(new Assignor.Member(member.memberId(), member.groupInstanceId(), subscription));
            topics.addAll(subscription.topics());
        }
    }

    SortedSet<String> topics() {
        return topics;
    }

    /// Whether each topic is known, or known not to be there.
    boolean isReady(ClusterView view) {
        return topics.stream().allMatch(topic -> view.topic(topic) != null || isMissing(view.errors().get(topic)));
    }

    private static boolean isMissing(@Nullable ErrorCode error) {
        return error == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                || (error != null && !Disposition.of(error).mayRetry());
    }

    SortedMap<String, Assignor.Share> share(ClusterView view) {
        counts = counts(view);
        return keep ? new TreeMap<>() : assignor.share(counts, members);
    }

    /// Whether there are other partitions now. A topic that is not told of at the moment counts as unchanged.
    boolean isOutdated(ClusterView view) {
        Map<String, Integer> now = counts(view);
        return now.entrySet().stream()
                .anyMatch(entry -> !entry.getValue().equals(counts.getOrDefault(entry.getKey(), 0)));
    }

    private Map<String, Integer> counts(ClusterView view) {
        Map<String, Integer> found = new TreeMap<>();
        for (String topic : topics) {
            TopicView known = view.topic(topic);
            if (known != null) {
                found.put(topic, known.partitionCount());
            }
        }
        return found;
    }
}
