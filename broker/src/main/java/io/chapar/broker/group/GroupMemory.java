package io.chapar.broker.group;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCommand.ConsumerHeartbeat;
import io.chapar.broker.group.GroupCommand.DeleteGroup;
import io.chapar.broker.group.GroupCommand.DeleteOffsets;
import io.chapar.broker.group.GroupCommand.Describe;
import io.chapar.broker.group.GroupCommand.DescribeConsumers;
import io.chapar.broker.group.GroupCommand.DescribeStreams;
import io.chapar.broker.group.GroupCommand.FetchOffsets;
import io.chapar.broker.group.GroupCommand.ForgetTopics;
import io.chapar.broker.group.GroupCommand.Heartbeat;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Leave;
import io.chapar.broker.group.GroupCommand.StreamsHeartbeat;
import io.chapar.broker.group.GroupCommand.Sync;
import io.chapar.broker.group.consumer.ConsumerGroup;
import io.chapar.broker.group.consumer.ConsumerMember;
import io.chapar.broker.group.consumer.ConsumerSizes;
import io.chapar.broker.group.share.ShareGroup;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// What the groups of one coordinator take of the memory for all: members and what waits, offsets, and offsets on their
/// way into the log.
final class GroupMemory {
    private final Budget.Share share;
    private final OffsetTable offsets;
    private long groupBytes = 0;
    private long inFlightBytes = 0;

    GroupMemory(Budget.Share share, OffsetTable offsets) {
        this.share = share;
        this.offsets = offsets;
    }

    /// By how much more than now may be kept after the command, at the most; 0 for one that only replaces.
    ///
    /// @param group null when there is none yet
    /// @param waits the command cannot run now, and is kept itself
    long growth(@Nullable Group group, GroupCommand<?> command, boolean waits) {
        long growth = switch (command) {
            case Join join -> {
                long more = GroupSizes.newcomer(join);
                yield group == null || waits ? more : more - known(group, join);
            }
            case Sync sync -> sync.assignments().isEmpty() ? 0 : GroupSizes.shared(sync);
            case CommitOffsets commit -> offsets.growth(commit.groupId(), commit.offsets(), waits);
            case CommitTxnOffsets commit -> offsets.growth(commit.groupId(), commit.offsets(), true);
            case ConsumerHeartbeat beat when beat.isLeave() -> 0;
            case ConsumerHeartbeat beat ->
                waits ? ConsumerArrivals.said(beat) : ConsumerArrivals.growth(consumers(group), beat);
            case ShareCommands.ShareHeartbeat beat when beat.isLeave() -> 0;
            case ShareCommands.ShareHeartbeat beat ->
                waits ? ShareMembership.said(beat) : ShareMembership.growth(shares(group), beat);
            case GroupCommand.OfShares<?> _ -> 0;
            case StreamsHeartbeat beat when beat.isLeave() -> 0;
            case StreamsHeartbeat beat ->
                waits ? StreamsArrivals.said(beat)
                        : StreamsArrivals.growth(group == null ? null : group.streams(), beat);
            case Leave _, DeleteOffsets _, DeleteGroup _, ForgetTopics _, Heartbeat _, FetchOffsets _, Describe _,
                    DescribeConsumers _, DescribeStreams _ -> 0;
        };
        return Math.max(0, growth) + (group == null ? GroupSizes.group(command.groupId()) : 0);
    }

    /// Of what the member has said before.
    private static long known(Group group, Join join) {
        ConsumerGroup of = consumers(group);
        if (of == null) {
            Member before = group.before(join);
            return before == null ? 0 : before.bytes();
        }
        ConsumerMember before = join.instanceId() == null ? of.member(join.memberId()) : of.instance(join.instanceId());
        return before == null ? 0 : ConsumerSizes.of(before);
    }

    private static @Nullable ConsumerGroup consumers(@Nullable Group group) {
        ConsumerSide side = group == null ? null : group.consumers();
        return side == null ? null : side.group();
    }

    private static @Nullable ShareGroup shares(@Nullable Group group) {
        ShareSide side = group == null ? null : group.shares();
        return side == null ? null : side.group();
    }

    /// Takes so much until [#count], or nothing where there is no room.
    boolean grow(long bytes) {
        return share.grow(bytes);
    }

    /// A group has changed, or is not kept any more.
    void recount(Group group, boolean isKept) {
        groupBytes += group.recount(isKept);
    }

    void appended(List<GroupRecord> records) {
        inFlightBytes += GroupSizes.inFlight(records);
    }

    void settled(List<GroupRecord> records) {
        inFlightBytes -= GroupSizes.inFlight(records);
    }

    /// What is kept now is what counts.
    void count() {
        share.holds(groupBytes + offsets.bytes() + inFlightBytes);
    }

    void close() {
        share.holds(0);
    }
}
