package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// What is next while records are worked on: another record, a poll, waiting for the end of one, or the commit.
///
/// Where commits are early ([Schedule.Choice#early]) records may take as long as they like: polls go on meanwhile, and
/// a commit has what is finished.
record NextWork(CycleSettings settings, Tasks tasks, CommitPace pace) {
    /// How things stand. `ending`: nothing new is begun; `revoking`: some other member waits for partitions. `held`:
    /// records that have ended meanwhile and are to be taken; `sending`: records of which only a part may have been
    /// sent.
    record Now(long nowMs, long wallClockMs, boolean ending, boolean revoking, int held, int sending) {
    }

    /// Commits have what is finished, while others are worked on.
    boolean early() {
        return settings.schedule().early() && settings.delivery() != Delivery.AT_MOST_ONCE;
    }

    /// No record, timer or commit waits. `heard`: the group was, since the last commit.
    boolean isNothingToBegin(Now now, boolean heard) {
        boolean mayWait = settings.waitForOthersMs() > 0 && settings.delivery() != Delivery.AT_MOST_ONCE;
        boolean nothing = early() ? now.held() == 0 && isIdle(now) : tasks.areDone() || (mayWait && isIdle(now));
        return nothing && (!heard || !tasks.haveDue(now.wallClockMs()));
    }

    private boolean isIdle(Now now) {
        return tasks.isNothingToCommit() && !tasks.mayStart(now.wallClockMs());
    }

    /// Null: what is done is to be flushed and committed.
    @Nullable CycleStep next(long sinceMs, Now now) {
        if (settings.delivery() == Delivery.AT_MOST_ONCE) {
            return work(tasks.start(now.wallClockMs()));
        }
        if (now.ending()) {
            tasks.dropTails();
        }
        CycleStep work = uncommitted(sinceMs, now);
        if (work == null) {
            pace.begins(now.nowMs());
        }
        return work;
    }

    private @Nullable CycleStep uncommitted(long sinceMs, Now now) {
        long dueMs = sinceMs + settings.commitIntervalMs();
        boolean due = now.ending() || now.revoking() || now.nowMs() >= dueMs || !tasks.areRestored()
                || tasks.uncommittedRecords() >= settings.commitRecords()
                || tasks.uncommittedBytes() >= settings.commitBytes() || tasks.isStateLarge();
        return settings.schedule().early() ? early(due, dueMs, now) : inFull(due, sinceMs, now);
    }

    private @Nullable CycleStep inFull(boolean due, long sinceMs, Now now) {
        Ticket ticket = due ? null : tasks.start(now.wallClockMs());
        boolean commit = due || (ticket == null && tasks.needsCommit());
        boolean heldBack = ticket == null && !tasks.isUnderWay() && tasks.untilOthersMs() != Long.MAX_VALUE;
        CycleStep work = commit ? finishing() : heldBack ? null : work(ticket);
        return work != null ? work : commit ? null : rest(sinceMs, now);
    }

    /// Nothing waits here. Once it has rested long enough, a poll says whether there is anything elsewhere.
    private @Nullable CycleStep rest(long sinceMs, Now now) {
        long restMs = tasks.uncommittedRecords() > 0 ? pace.restMs(sinceMs) : sinceMs + settings.commitIntervalMs();
        boolean rested = now.nowMs() >= restMs;
        return rested && pace.isCaughtUp() ? null : poll(rested ? 0 : restMs - now.nowMs(), now);
    }

    private @Nullable CycleStep early(boolean due, long dueMs, Now now) {
        if (now.held() > 0) {
            return new CycleStep.Resume();
        }
        if (due && now.sending() > 0) {
            return new CycleStep.Await();
        }
        if (due && now.ending() && !now.revoking() && tasks.isUnderWay() && tasks.uncommittedRecords() == 0) {
            return new CycleStep.Await();
        }
        Ticket ticket = due ? null : tasks.start(now.wallClockMs());
        if (ticket != null) {
            return new CycleStep.Handle(ticket);
        }
        return due || tasks.needsCommit() ? null : poll(dueMs - now.nowMs(), now);
    }

    /// Until then at most, and no longer than until the next timer.
    CycleStep poll(long untilMs, Now now) {
        long mostMs = Math.min(Math.min(Cycle.MAX_POLL_MS, untilMs), tasks.untilOthersMs());
        return new CycleStep.Poll(Math.min(mostMs, tasks.untilTimerMs(now.wallClockMs())),
                settings.schedule().early() || settings.waitForOthersMs() > 0 ? tasks.full() : CycleStep.NONE);
    }

    /// Null when nothing waits and nothing is under way.
    private @Nullable CycleStep work(@Nullable Ticket ticket) {
        return ticket != null ? new CycleStep.Handle(ticket)
                : tasks.isUnderWay() || tasks.hasWaiting() ? new CycleStep.Await() : null;
    }

    /// What has to end before a commit; null when there is nothing of the kind.
    private @Nullable CycleStep finishing() {
        Ticket gap = tasks.startGap();
        return gap != null ? new CycleStep.Handle(gap) : tasks.isUnderWay() ? new CycleStep.Await() : null;
    }
}
