package io.chapar.broker.metadata;

import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

/// The one order of all changes to the cluster.
public interface MetadataLog {
    /// For whoever was not told how long to wait: half of what clients wait for an answer, so that they hear of it and
    /// do not ask once more beside what they asked.
    long TIMEOUT_MS = 15_000;

    /// The latest committed image. From any thread; a later call never gives an earlier image.
    ClusterImage image();

    /// Decides the command after all earlier ones. `done` runs once on the loop given: when the decision is durable and
    /// [#image] shows it, or with why that is not so by the deadline.
    ///
    /// @param deadlineMs by [Loop#nowMs]
    <R> void propose(MetadataCommand<R> command, long deadlineMs, Loop replyOn, Consumer<Proposed<R>> done);

    default <R> void propose(MetadataCommand<R> command, Loop replyOn, Consumer<Proposed<R>> done) {
        propose(command, replyOn.nowMs() + TIMEOUT_MS, replyOn, done);
    }

    /// Called after every change, with the images before and after it, in order; on the log's own loop.
    void onChange(ChangeListener listener);

    /// Why commands cannot be decided at present, as a sentence without its full stop; null while they can. From any
    /// thread.
    @Nullable String trouble();

    /// The node of the broker that decides; [MetadataQuorum#NOBODY] when none is known here. From any thread.
    default int controller() {
        return MetadataQuorum.NOBODY;
    }

    /// No process is at the address of that broker any more: where that one decides, the others need not find out by
    /// its silence. On the log's loop.
    default void gone(int node) {}

    /// Who votes, as far as this broker knows; null where it knows nothing at present. From any thread.
    default @Nullable MetadataQuorum quorum() {
        return null;
    }

    /// Changes who votes, where this broker leads those who do. `done` runs once on the loop given, at the latest at
    /// the deadline: what has not come about by then may still.
    ///
    /// @param deadlineMs by [Loop#nowMs]
    default void change(VoterChange change, long deadlineMs, Loop replyOn, Consumer<VoterChange.Ended> done) {
        replyOn.run(() -> done.accept(new VoterChange.Ended(ErrorCode.INVALID_REQUEST, "This broker has no others,"
                + " and decides alone: start it with --quorum to let others vote, too.")));
    }

    interface ChangeListener {
        void changed(ClusterImage before, ClusterImage after, ClusterDelta delta);
    }

    /// How a proposal ended.
    sealed interface Proposed<R> {}

    record Committed<R>(R result) implements Proposed<R> {}

    sealed interface NotCommitted<R> extends Proposed<R> {
        /// One after which clients come again.
        ErrorCode error();

        String reason();
    }

    /// Nothing was done, and nothing will be.
    record Refused<R>(ErrorCode error, String reason) implements NotCommitted<R> {}

    /// Not known to be committed: it may come to light later.
    record Unknown<R>(ErrorCode error, String reason) implements NotCommitted<R> {}
}
