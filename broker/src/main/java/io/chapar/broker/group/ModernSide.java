package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.GroupRecord.OfConsumers;
import io.chapar.broker.group.GroupRecord.OfModern;
import io.chapar.broker.group.GroupRecord.OfShares;
import io.chapar.broker.group.GroupRecord.OfStreams;
import io.chapar.broker.group.modern.ModernGroup;
import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.List;
import java.util.Set;

/// A [Group] whose coordinator shares out what there is to do, and leads each member to its part by its heartbeats.
sealed interface ModernSide permits ConsumerSide, StreamsSide, ShareSide {
    /// What a group is after this record; null for one of which the log has nothing more. A tombstone of another
    /// protocol says nothing of a group that has become of this one meanwhile.
    static @Nullable ModernSide after(OfModern record, @Nullable ModernSide before) {
        ModernSide now = switch (record) {
            case OfConsumers of -> {
                ConsumerSide side = before instanceof ConsumerSide one ? one : new ConsumerSide(of.groupId());
                side.apply(of.record());
                yield side;
            }
            case OfShares of -> {
                ShareSide side = before instanceof ShareSide one ? one : new ShareSide(of.groupId());
                side.apply(of.record());
                yield side;
            }
            case OfStreams of -> {
                StreamsSide side = before instanceof StreamsSide one ? one : new StreamsSide(of.groupId());
                side.apply(of.record());
                yield side;
            }
        };
        boolean isOther = before != null && !before.equals(now);
        return !now.isVoid() ? now : isOther ? before : null;
    }

    GroupType type();

    /// As the log has it.
    ModernGroup<?, ?, ?> group();

    /// As Kafka names it.
    default String state() {
        return group().state();
    }

    /// Whether nobody is in.
    default boolean isEmpty() {
        return group().isEmpty();
    }

    /// Whether the log has nothing of it.
    default boolean isVoid() {
        return group().isVoid();
    }

    /// Whether some member works on the topic.
    default boolean subscribes(String topic) {
        return group().topics().contains(topic);
    }

    // ---- while this coordinator leads

    /// When members are taken for lost.
    MemberDeadlines deadlines();

    /// When everybody's part is worked out.
    TargetPace pace();

    /// Whether what everybody is to have may be worked out now.
    default boolean isTargetDue(long nowMs) {
        return pace().dueMs() <= nowMs;
    }

    /// The group is to look at what its members work on, which may have changed.
    void becomeStale();

    /// Whether the group is to look now.
    boolean hasToLook(long nowMs);

    /// What the group has seen could not be written: it looks again in a while.
    default void lookLater(long nowMs) {
        deadlines().pause(nowMs);
        becomeStale();
    }

    /// Whether these have a topic in common. Takes as long as the smaller of the two.
    static boolean meet(Set<String> some, Set<String> others) {
        return some.size() < others.size() ? !Collections.disjoint(others, some) : !Collections.disjoint(some, others);
    }

    /// When there is something to do; Long.MAX_VALUE for never.
    long nextDeadlineMs();

    /// Tombstones of all that the log has.
    List<GroupRecord> forget();

    /// Of what is kept.
    long bytes();

    // ---- who may commit

    /// Null when nobody of this name is in.
    @Nullable Integer epochOf(String memberId);

    /// Whether the member who speaks of this epoch has had the partition then, and still has it.
    boolean heldIn(String memberId, int saidEpoch, Offset offset);

    /// Whether the member speaks the classic protocol all the same.
    boolean isClassic(String memberId);
}
