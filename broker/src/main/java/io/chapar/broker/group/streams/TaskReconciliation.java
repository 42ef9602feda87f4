package io.chapar.broker.group.streams;

import io.chapar.broker.group.consumer.Standing.Phase;
import org.jspecify.annotations.Nullable;

import java.util.function.Predicate;

/// The next step of a member towards its target.
///
/// @param target what the group wants it to have
/// @param targetEpoch of `target`
/// @param owners who has what now
record TaskReconciliation(String memberId, Tasks target, int targetEpoch, TaskOwners owners) {
    /// @param owned what the member says it owns; null when it does not say
    /// @return where it stands from now on, the same when nothing changes
    TaskStanding next(TaskStanding now, @Nullable Tasks owned) {
        return switch (now.phase()) {
            case STABLE -> now.epoch() != targetEpoch ? towards(now, now.epoch(), owned) : now;
            case UNREVOKED -> owned == null || owned.hasAnyOf(now.revoking())
                    ? now
                    : towards(new TaskStanding(
                            now.epoch(), now.previousEpoch(), Phase.STABLE, now.assigned(), Tasks.NONE),
                            now.epoch() + 1, owned);
            case UNRELEASED -> towards(now, now.epoch(), owned);
        };
    }

    /// @param epoch of the member while it gives up tasks
    private TaskStanding towards(TaskStanding now, int epoch, @Nullable Tasks owned) {
        Tasks.Builder keeping = new Tasks.Builder();
        Tasks.Builder revoking = new Tasks.Builder();
        now.assigned().active().forEach((task, since) ->
                (target.active().containsKey(task) ? keeping : revoking).active(task, since));
        now.assigned().standby().forEach(task ->
                (target.standby().contains(task) ? keeping : revoking).standby(task));
        now.assigned().warmup().forEach(task ->
                (target.warmup().contains(task) ? keeping : revoking).warmup(task));
        Tasks kept = keeping.build();
        Tasks revoked = revoking.build();
        if (!revoked.isEmpty() && (owned == null || owned.hasAnyOf(revoked))) {
            return new TaskStanding(epoch, previous(now, epoch), Phase.UNREVOKED, kept, revoked);
        }
        return taking(now, kept);
    }

    /// All that is free. A task that the member gives up in this very step is free for it.
    private TaskStanding taking(TaskStanding now, Tasks kept) {
        Tasks.Builder all = new Tasks.Builder();
        kept.active().forEach(all::active);
        kept.standby().forEach(all::standby);
        kept.warmup().forEach(all::warmup);
        boolean waits = false;
        for (TaskId task : target.active().keySet()) {
            if (!kept.active().containsKey(task)) {
                if (owners.mayRun(memberId, task)) {
                    all.active(task, targetEpoch);
                } else {
                    waits = true;
                }
            }
        }
        Predicate<TaskId> free = task -> owners.mayCopy(memberId, task);
        for (TaskId task : target.standby()) {
            if (kept.standby().contains(task) || free.test(task)) {
                all.standby(task);
            } else {
                waits = true;
            }
        }
        for (TaskId task : target.warmup()) {
            if (kept.warmup().contains(task) || free.test(task)) {
                all.warmup(task);
            } else {
                waits = true;
            }
        }
        return new TaskStanding(targetEpoch, previous(now, targetEpoch),
                waits ? Phase.UNRELEASED : Phase.STABLE, all.build(), Tasks.NONE);
    }

    private static int previous(TaskStanding now, int epoch) {
        return now.epoch() == epoch ? now.previousEpoch() : now.epoch();
    }
}
