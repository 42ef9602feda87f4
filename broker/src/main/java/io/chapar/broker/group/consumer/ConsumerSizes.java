package io.chapar.broker.group.consumer;

import io.chapar.broker.group.consumer.ConsumerGroupRecord.RegexSet;
import io.chapar.broker.group.consumer.Standing.Owned;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// About how many bytes of memory things take. Never less than what a client sent.
public final class ConsumerSizes {
    private static final int MEMBER = 400;
    private static final int TOPIC = 80;
    /// With the entry that says whose it is.
    private static final int HELD = 160;
    private static final int OWNED = 20;

    private ConsumerSizes() {}

    public static long of(ConsumerMember member) {
        long bytes = MEMBER + text(member.id()) + text(member.instanceId()) + text(member.rackId())
                + text(member.clientId()) + text(member.clientHost()) + text(member.assignor())
                + of(member.subscription());
        if (member.classic() != null) {
            for (ConsumerMember.ClassicProtocol one : member.classic().protocols()) {
                bytes += TOPIC + text(one.name()) + one.metadata().remaining();
            }
        }
        return bytes;
    }

    public static long of(Subscription subscription) {
        long bytes = text(subscription.regex());
        for (String name : subscription.names()) {
            bytes += TOPIC + text(name);
        }
        return bytes;
    }

    /// What a member says it owns.
    public static long of(List<Owned> owned) {
        long bytes = 0;
        for (Owned topic : owned) {
            bytes += TOPIC + (long) OWNED * topic.partitions().size();
        }
        return bytes;
    }

    static long of(@Nullable PartitionSet target) {
        return target == null ? 0 : (long) TOPIC * (1 + target.topics()) + target.bits() / Byte.SIZE;
    }

    static long of(@Nullable Standing standing) {
        return standing == null ? 0 : TOPIC + (long) HELD * (standing.assigned().size() + standing.revoking().size());
    }

    /// What an expression matches takes more than the expression, and grows with the cluster.
    public static long of(@Nullable RegexSet regex) {
        if (regex == null) {
            return 0;
        }
        long bytes = TOPIC + text(regex.regex());
        for (String name : regex.topics()) {
            bytes += TOPIC + text(name);
        }
        return bytes;
    }

    /// About what a record takes in the log.
    public static long written(ConsumerGroupRecord record) {
        return switch (record) {
            case ConsumerGroupRecord.MemberSet r -> of(r.member());
            case ConsumerGroupRecord.TargetSet r -> MEMBER + (long) TOPIC * r.target().topics()
                    + (long) Integer.BYTES * r.target().size();
            case ConsumerGroupRecord.StandingSet r -> MEMBER + of(r.standing());
            case RegexSet r -> of(r);
            case ConsumerGroupRecord.EpochSet _, ConsumerGroupRecord.EpochForgotten _,
                    ConsumerGroupRecord.PartitionMetadataForgotten _, ConsumerGroupRecord.MemberForgotten _,
                    ConsumerGroupRecord.TargetEpochSet _, ConsumerGroupRecord.TargetEpochForgotten _,
                    ConsumerGroupRecord.TargetForgotten _, ConsumerGroupRecord.StandingForgotten _,
                    ConsumerGroupRecord.RegexForgotten _ -> MEMBER;
        };
    }

    private static long text(@Nullable String text) {
        return text == null ? 0 : 2L * text.length();
    }
}
