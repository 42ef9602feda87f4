package io.chapar.broker.group.share;

import io.chapar.broker.group.consumer.PartitionSet;
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

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/// A share group (KIP-932), as the log has it. [#apply] alone changes it, live and at replay.
///
/// The group's epoch grows with whatever may change who reads what; the target's is that of the group when that was
/// last worked out; a member's is that of the target it has come to.
public final class ShareGroup {
    private static final int TARGET_BYTES = 160;

    private final String id;
    private int epoch = 0;
    private long metadataHash = 0;
    private int targetEpoch = 0;
    private long targetAtMs = 0;
    private boolean isStored = false;
    private ShareTopics begun = ShareTopics.NONE;
    private final NavigableMap<String, ShareMember> members = new TreeMap<>();
    private final NavigableMap<String, PartitionSet> targets = new TreeMap<>();
    private final NavigableMap<String, ShareStanding> standings = new TreeMap<>();
    /// All topics of all members, and how many want each.
    private final NavigableMap<String, Integer> topics = new TreeMap<>();
    private long memberBytes = 0;
    private long bytes = 0;

    public ShareGroup(String id) {
        this.id = id;
    }

    // ---- ask

    public String id() {
        return id;
    }

    public int epoch() {
        return epoch;
    }

    public long metadataHash() {
        return metadataHash;
    }

    public int targetEpoch() {
        return targetEpoch;
    }

    /// When it was last worked out who reads what.
    public long targetAtMs() {
        return targetAtMs;
    }

    /// The partitions that the group has a state of.
    public ShareTopics begun() {
        return begun;
    }

    public boolean isEmpty() {
        return members.isEmpty();
    }

    public int size() {
        return members.size();
    }

    /// By name.
    public Collection<ShareMember> members() {
        return Collections.unmodifiableCollection(members.values());
    }

    public @Nullable ShareMember member(String memberId) {
        return members.get(memberId);
    }

    public ShareStanding standing(String memberId) {
        return standings.getOrDefault(memberId, ShareStanding.NEW);
    }

    public PartitionSet target(String memberId) {
        return targets.getOrDefault(memberId, PartitionSet.EMPTY);
    }

    public boolean needsTarget() {
        return !members.isEmpty() && epoch > targetEpoch;
    }

    /// Of all members together.
    public Set<String> topics() {
        return Collections.unmodifiableSet(topics.keySet());
    }

    /// As Kafka names it.
    public String state() {
        return members.isEmpty() ? "Empty" : "Stable";
    }

    /// Where the member stands after its next step.
    public ShareStanding next(String memberId) {
        ShareStanding now = standing(memberId);
        return now.epoch() == targetEpoch ? now : new ShareStanding(targetEpoch, now.epoch(), target(memberId));
    }

    // ---- apply

    public void apply(ShareGroupRecord record) {
        switch (record) {
            case EpochSet r -> {
                epoch = r.epoch();
                metadataHash = r.metadataHash();
                isStored = true;
            }
            case EpochForgotten _ -> {
                epoch = 0;
                metadataHash = 0;
                isStored = false;
            }
            case MemberSet r -> {
                uncount(members.put(r.member().id(), r.member()));
                memberBytes += r.member().bytes();
                r.member().topics().forEach(topic -> topics.merge(topic, 1, Integer::sum));
            }
            case MemberForgotten r -> uncount(members.remove(r.memberId()));
            case TargetEpochSet r -> {
                targetEpoch = r.epoch();
                targetAtMs = r.atMs();
            }
            case TargetEpochForgotten _ -> {
                targetEpoch = 0;
                targetAtMs = 0;
            }
            case TargetSet r -> bytes += bytes(r.target()) - bytes(targets.put(r.memberId(), r.target()));
            case TargetForgotten r -> bytes -= bytes(targets.remove(r.memberId()));
            case StandingSet r -> {
                ShareStanding before = standings.put(r.memberId(), r.standing());
                bytes += bytes(r.standing().assigned()) - bytes(before == null ? null : before.assigned());
            }
            case StandingForgotten r -> {
                ShareStanding before = standings.remove(r.memberId());
                bytes -= bytes(before == null ? null : before.assigned());
            }
            case TopicsSet r -> {
                bytes += r.topics().bytes() - begun.bytes();
                begun = r.topics();
            }
            case TopicsForgotten _ -> {
                bytes -= begun.bytes();
                begun = ShareTopics.NONE;
            }
        }
    }

    private void uncount(@Nullable ShareMember gone) {
        if (gone != null) {
            memberBytes -= gone.bytes();
            for (String topic : gone.topics()) {
                if (topics.merge(topic, -1, Integer::sum) == 0) {
                    topics.remove(topic);
                }
            }
        }
    }

    private static long bytes(@Nullable PartitionSet partitions) {
        return partitions == null ? 0 : TARGET_BYTES + (long) Integer.BYTES * partitions.size();
    }

    /// Whether the log has nothing of it.
    public boolean isVoid() {
        return !isStored && members.isEmpty() && targets.isEmpty() && standings.isEmpty() && targetEpoch == 0
                && begun.partitions().isEmpty();
    }

    /// Tombstones of all that the log has.
    public List<ShareGroupRecord> forget() {
        List<ShareGroupRecord> all = new ArrayList<>();
        standings.keySet().forEach(member -> all.add(new StandingForgotten(id, member)));
        targets.keySet().forEach(member -> all.add(new TargetForgotten(id, member)));
        all.add(new TargetEpochForgotten(id));
        members.keySet().forEach(member -> all.add(new MemberForgotten(id, member)));
        all.add(new TopicsForgotten(id));
        all.add(new EpochForgotten(id));
        return all;
    }

    /// Tombstones of a member.
    public List<ShareGroupRecord> forget(String memberId) {
        return List.of(new StandingForgotten(id, memberId), new TargetForgotten(id, memberId),
                new MemberForgotten(id, memberId));
    }

    // ---- size

    /// Of what members say about themselves.
    public long memberBytes() {
        return memberBytes;
    }

    public long bytes() {
        return memberBytes + bytes;
    }

    /// Breaks down what is known, for comparing what is live with what is replayed.
    @Override
    public String toString() {
        return "ShareGroup[" + id + " epoch " + epoch + " hash " + metadataHash + " target " + targetEpoch + " at "
                + targetAtMs + "\n members " + members + "\n targets " + targets + "\n standings " + standings
                + "\n begun " + begun + "\n topics " + topics + " bytes " + bytes() + "]";
    }
}
