package io.chapar.broker.group;

import io.chapar.protocol.ErrorCode;

import java.util.List;
import java.util.function.Supplier;

/// How a group changes for good: by records in the log. From `write` until the outcome is known nothing else changes
/// the group; commands for it wait.
interface GroupWriter {
    /// `settled` runs after the records have been applied, or after they have failed with what the members are to be
    /// told.
    void write(Group group, List<? extends GroupRecord> records, long request, Step step, Settled settled);

    /// Appends offsets, which change nothing but themselves; more of them and other commands may come meanwhile.
    ///
    /// @param producerId of the transaction they belong to, or -1
    void append(
            Group group,
            List<? extends GroupRecord> records,
            long producerId,
            long request,
            Step step,
            Settled settled);

    /// Works out beside the loop what is to be written of the group, where that takes long. As in a write, nothing
    /// changes the group before `then` runs, which writes.
    void workOut(Group group, Supplier<List<GroupRecord>> work, Step step, WorkedOut then);

    /// Whether so many bytes more may be kept of what follows from the cluster and not from a command; they are taken
    /// then, until all is counted at the end of the step.
    boolean takesRoom(long bytes);

    /// Runs after the write that is under way, and after its own `settled`.
    void afterWrite(Group group, Settled then);

    @FunctionalInterface
    interface WorkedOut {
        void now(List<GroupRecord> records, Step step);
    }

    @FunctionalInterface
    interface Settled {
        void now(ErrorCode error, Step step);
    }
}
