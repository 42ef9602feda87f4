package io.chapar.broker.group.share;

import io.chapar.broker.group.consumer.PartitionSet;
import io.chapar.broker.group.modern.ModernGroup;
import io.chapar.broker.group.modern.Roll;
import io.chapar.broker.group.share.ShareGroupRecord.EpochForgotten;
import io.chapar.broker.group.share.ShareGroupRecord.EpochSet;
import io.chapar.broker.group.share.ShareGroupRecord.MemberForgotten;
import io.chapar.broker.group.share.ShareGroupRecord.MemberSet;
import io.chapar.broker.group.share.ShareGroupRecord.StandingForgotten;
import io.chapar.broker.group.share.ShareGroupRecord.StandingSet;
import io.chapar.broker.group.share.ShareGroupRecord.TargetEpochForgotten;
import io.chapar.broker.group.share.ShareGroupRecord.TargetEpochSet;
import io.chapar.broker.group.share.ShareGroupRecord.TargetForgotten;
import io.chapar.broker.group.share.ShareGroupRecord.TargetSet;
import io.chapar.broker.group.share.ShareGroupRecord.TopicsForgotten;
import io.chapar.broker.group.share.ShareGroupRecord.TopicsSet;
import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/// A share group (KIP-932), as the log has it. [#apply] alone changes it, live and at replay.
public final class ShareGroup implements ModernGroup<ShareMember, PartitionSet, ShareStanding> {
    private static final int TARGET_BYTES = 160;

    private final String id;
    private final Roll.Changes<ShareMember, PartitionSet, ShareStanding> changes = new Roll.Changes<>(
            PartitionSet.EMPTY, ShareStanding.NEW,
            ShareMember::bytes, ShareGroup::bytes, standing -> bytes(standing.assigned()));
    private ShareTopics begun = ShareTopics.NONE;
    private long begunBytes = ShareTopics.NONE.bytes();
    /// All topics of all members, and how many want each.
    private final NavigableMap<String, Integer> topics = new TreeMap<>();

    public ShareGroup(String id) {
        this.id = id;
    }

    // ---- ask

    @Override
    public String id() {
        return id;
    }

    @Override
    public Roll<ShareMember, PartitionSet, ShareStanding> roll() {
        return changes.roll();
    }

    /// The partitions that the group has a state of.
    public ShareTopics begun() {
        return begun;
    }

    /// Of all members together.
    @Override
    public Set<String> topics() {
        return Collections.unmodifiableSet(topics.keySet());
    }

    @Override
    public String state() {
        return isEmpty() ? "Empty" : "Stable";
    }

    /// Where the member stands after its next step.
    public ShareStanding next(String memberId) {
        ShareStanding now = standing(memberId);
        return now.epoch() == targetEpoch() ? now
                : new ShareStanding(targetEpoch(), now.epoch(), target(memberId));
    }

    // ---- apply

    public void apply(ShareGroupRecord record) {
        switch (record) {
            case EpochSet r -> changes.setEpoch(r.epoch(), r.metadataHash());
            case EpochForgotten _ -> changes.forgetEpoch();
            case MemberSet r -> {
                uncount(changes.put(r.member()));
                r.member().topics().forEach(topic -> topics.merge(topic, 1, Integer::sum));
            }
            case MemberForgotten r -> uncount(changes.remove(r.memberId()));
            case TargetEpochSet r -> changes.setTargetEpoch(r.epoch(), r.atMs());
            case TargetEpochForgotten _ -> changes.setTargetEpoch(0, 0);
            case TargetSet r -> changes.setTarget(r.memberId(), r.target());
            case TargetForgotten r -> changes.setTarget(r.memberId(), null);
            case StandingSet r -> changes.stand(r.memberId(), r.standing());
            case StandingForgotten r -> changes.stand(r.memberId(), null);
            case TopicsSet r -> begin(r.topics());
            case TopicsForgotten _ -> begin(ShareTopics.NONE);
        }
    }

    private void begin(ShareTopics now) {
        begun = now;
        begunBytes = now.bytes();
    }

    private void uncount(@Nullable ShareMember gone) {
        if (gone != null) {
            for (String topic : gone.topics()) {
                if (topics.merge(topic, -1, Integer::sum) == 0) {
                    topics.remove(topic);
                }
            }
        }
    }

    private static long bytes(PartitionSet partitions) {
        return TARGET_BYTES + (long) Integer.BYTES * partitions.size();
    }

    @Override
    public boolean isVoid() {
        return roll().isVoid() && begun.partitions().isEmpty();
    }

    /// Tombstones of all that the log has.
    public List<ShareGroupRecord> forget() {
        List<ShareGroupRecord> all = roll().forget(
                member -> new StandingForgotten(id, member), member -> new TargetForgotten(id, member),
                new TargetEpochForgotten(id), member -> new MemberForgotten(id, member));
        all.add(new TopicsForgotten(id));
        all.add(new EpochForgotten(id));
        return all;
    }

    /// Tombstones of a member.
    public List<ShareGroupRecord> forget(String memberId) {
        return List.of(new StandingForgotten(id, memberId), new TargetForgotten(id, memberId),
                new MemberForgotten(id, memberId));
    }

    @Override
    public long bytes() {
        return roll().bytes() + begunBytes;
    }

    /// Breaks down what is known, for comparing what is live with what is replayed.
    @Override
    public String toString() {
        return "ShareGroup[" + id + " " + roll() + "\n begun " + begun + "\n topics " + topics
                + " bytes " + bytes() + "]";
    }
}
