package io.chapar.broker.group.streams;

import io.chapar.broker.group.consumer.Standing;
import io.chapar.broker.group.consumer.Standing.Phase;
import org.jspecify.annotations.Nullable;

/// How far a member has come towards its target; the phases are those of [Standing].
///
/// A task is run by one member at a time, and one process does one thing with it at a time: from when the log says so
/// until the log says that it is given up, whatever was said to the member.
///
/// @param epoch 0 before it has come to an epoch; -2 while a static member is away
/// @param previousEpoch of which it may still speak when the answer with the next one was lost
/// @param assigned that it may work on
/// @param revoking that it has to give up, and still has
public record TaskStanding(int epoch, int previousEpoch, Phase phase, Tasks assigned, Tasks revoking) {
    static final TaskStanding NEW = new TaskStanding(0, 0, Phase.STABLE, Tasks.NONE, Tasks.NONE);

    public boolean isAway() {
        return epoch == Standing.AWAY;
    }

    /// Whether it has all that it is to have.
    public boolean isAt(int targetEpoch) {
        return phase == Phase.STABLE && epoch == targetEpoch;
    }

    /// A member that speaks of the epoch before did not get the last answer. It can then own no more than what it
    /// keeps.
    ///
    /// @param owned null when it does not say
    public boolean admits(int saidEpoch, @Nullable Tasks owned) {
        return saidEpoch == epoch
                || (saidEpoch < epoch && saidEpoch == previousEpoch && owned != null && owned.isWithin(assigned));
    }

    /// Whether who speaks of this epoch has run the task then, and still has it.
    boolean ranIn(int saidEpoch, TaskId task) {
        return assigned.active().getOrDefault(task, Integer.MAX_VALUE) <= saidEpoch
                || revoking.active().getOrDefault(task, Integer.MAX_VALUE) <= saidEpoch;
    }

    /// A static member goes for a while: it keeps what it had, and has given up what it was to.
    public TaskStanding away() {
        return new TaskStanding(Standing.AWAY, previousEpoch, Phase.STABLE, assigned, Tasks.NONE);
    }

    /// A static member is back under another name, and has what it had.
    public TaskStanding back() {
        return new TaskStanding(Standing.JOIN, Standing.JOIN, Phase.STABLE, assigned, Tasks.NONE);
    }
}
