package io.chapar.broker.group;

import io.chapar.protocol.ErrorCode;

import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/// What becomes of groups of one protocol with time: members are lost, the cluster changes, and what everybody is to
/// have is worked out anew.
sealed interface Upkeep<S extends ModernSide> permits ConsumerUpkeep, StreamsUpkeep, ShareUpkeep {
    int MAX_LOST_AT_ONCE = 1_000;
    /// Steps of an assignor that are made on the loop: a few milliseconds.
    long SHARED_AT_ONCE = 20_000;

    /// The cluster, as it is from now on.
    void see(GroupOutlook now);

    /// The cluster has changed.
    ///
    /// @param topics those of its topics that have; none where settings have
    void tell(S side, Set<String> topics);

    /// Whoever the log says is in gets a session to show up; topics may have changed while nobody looked.
    void begin(S side, long nowMs);

    /// What everybody is to have, still to be worked out.
    ///
    /// @param steps about how long that takes
    record Shares(long steps, Supplier<List<GroupRecord>> records) {}

    Shares shares(S side, long nowMs);

    /// Those of the members who are in are no more.
    void drop(Group group, S side, List<String> lost, Step step, GroupWriter.Settled settled);

    /// Whether everybody's part has to be worked out anew with the cluster as it is.
    void look(Group group, S side, Step step);

    GroupWriter writer();

    default void write(
            Group group, List<GroupRecord> records, long request, Step step, GroupWriter.Settled settled) {
        LongWrite.write(writer(), group, records, request, step, settled);
    }

    /// Works out what everybody is to have, which the group needs; that of many beside the loop.
    default void shareOut(Group group, S side, long request, Step step, GroupWriter.Settled settled) {
        Shares shares = shares(side, step.nowMs());
        GroupWriter.WorkedOut workedOut = (records, later) -> write(group, records, request, later, (error, then) -> {
            if (error != ErrorCode.NONE) {
                side.deadlines().pause(then.nowMs());
            }
            settled.now(error, then);
        });
        if (shares.steps() <= SHARED_AT_ONCE) {
            workedOut.now(shares.records().get(), step);
        } else {
            writer().workOut(group, shares.records(), step, workedOut);
        }
    }

    /// Does what is due, or a part of it; then the group is due again. The group is not writing.
    default void expire(Group group, S side, Step step) {
        long nowMs = step.nowMs();
        if (side.deadlines().isPaused(nowMs)) {
            return;
        }
        List<String> lost = side.deadlines().takeLost(nowMs, MAX_LOST_AT_ONCE);
        if (!lost.isEmpty()) {
            drop(group, side, lost, step, (error, then) -> {
                if (error != ErrorCode.NONE) {
                    side.deadlines().putOff(lost, then.nowMs());
                }
            });
        } else if (side.hasToLook(nowMs)) {
            look(group, side, step);
        } else if (side.isTargetDue(nowMs)) {
            shareOut(group, side, 0, step, (_, _) -> { });
        }
    }
}
