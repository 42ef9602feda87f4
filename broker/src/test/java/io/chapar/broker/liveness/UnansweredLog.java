package io.chapar.broker.liveness;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.runtime.Loop;

import java.util.List;
import java.util.function.Consumer;

/// A log that answers no wish.
record UnansweredLog(MetadataLog of, List<Object> wishes) implements MetadataLog {
    @Override
    public ClusterImage image() {
        return of.image();
    }

    @Override
    public <R> void propose(MetadataCommand<R> command, long deadlineMs, Loop replyOn, Consumer<Proposed<R>> done) {
        wishes.add(command);
    }

    @Override
    public void onChange(ChangeListener listener) {
        of.onChange(listener);
    }

    @Override
    public String trouble() {
        return "nobody answers";
    }
}
