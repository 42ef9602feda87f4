package io.chapar.broker.metadata;

import io.chapar.broker.runtime.Loop;

import java.util.function.Consumer;

/// The one order of all changes to the cluster.
public interface MetadataLog {

    /// The latest committed image. From any thread; a later call never gives an earlier image.
    ClusterImage image();

    /// Decides the command after all earlier ones. `done` runs on the loop given, when the decision is durable and
    /// [#image] shows it.
    <R> void propose(MetadataCommand<R> command, Loop replyOn, Consumer<Proposed<R>> done);

    /// Called after every change, with the images before and after it, in order; on the log's own loop.
    void onChange(ChangeListener listener);

    interface ChangeListener {
        void changed(ClusterImage before, ClusterImage after);
    }

    /// How a proposal ended.
    sealed interface Proposed<R> {}

    record Committed<R>(R result) implements Proposed<R> {}

    /// Not known to be committed: it may come to light again after a restart.
    record Unknown<R>(String reason) implements Proposed<R> {}
}
