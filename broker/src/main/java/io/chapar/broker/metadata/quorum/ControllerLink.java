package io.chapar.broker.metadata.quorum;

import io.chapar.broker.runtime.Loop;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/// Hands wishes to the broker that decides. At its end they go to [QuorumMetadataLog#handedOver], whose answer comes
/// back.
public interface ControllerLink {
    /// For a broker that has nobody else.
    ControllerLink NONE = (_, _, _, replyOn, ended) -> replyOn.run(() -> ended.accept(new NotSent()));

    /// @param controller the id of the broker to hand it to
    /// @param remainingMs how long an answer is of use
    /// @param ended told once, on the loop given, and not much later than `remainingMs` from now
    void handOver(int controller, ByteBuffer proposal, long remainingMs, Loop replyOn, Consumer<Ended> ended);

    /// How it ended.
    sealed interface Ended {}

    record Answered(ByteBuffer answer) implements Ended {}

    /// The other broker surely has not got it, and will not.
    record NotSent() implements Ended {}

    /// No broker takes so much at once.
    ///
    /// @param mostBytes that a proposal may have
    record TooLarge(int mostBytes) implements Ended {}

    /// The other broker may have got it, or may get it yet.
    record NotKnown() implements Ended {}
}
