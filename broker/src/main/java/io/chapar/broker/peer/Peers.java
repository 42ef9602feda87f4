package io.chapar.broker.peer;

import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;

import java.util.function.Consumer;

/// The other brokers of the cluster. From any loop.
public interface Peers {
    /// Of a broker that has no others.
    Peers NONE = (node, _, _, caller, _, done) ->
            caller.execute(() -> done.accept(new Unsent("broker " + node + " is not known")));

    /// Asks another broker. Questions to one broker overtake each other. `done` runs once on the caller's loop, at the
    /// latest when the deadline has come, and never within this call.
    ///
    /// @param deadlineMs by [Loop#nowMs]
    void ask(int node, Request request, short version, Loop caller, long deadlineMs, Consumer<Asked> done);

    /// What became of a question.
    sealed interface Asked {}

    record Answered(Response response) implements Asked {}

    /// The question did not leave, or is known not to have been read: nothing was done, and nothing will be.
    record Unsent(String why) implements Asked, Matter.Ended {}

    /// No answer came: it may have been done, and may still be.
    record Lost(String why) implements Asked, Matter.Ended {}
}
