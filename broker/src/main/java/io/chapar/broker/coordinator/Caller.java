package io.chapar.broker.coordinator;

import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// Who asks a coordinator, and until when it makes sense to answer.
///
/// @param loop on which the answer is wanted
/// @param origin the client on whose behalf it is asked; null when nobody is to be remembered for it
/// @param principal in whose name the client asks; the broker's own is [#BROKER]
/// @param deadlineMs until when the question may wait for something, as [Loop#nowMs] counts
public record Caller(Loop loop, @Nullable TxnOrigin origin, String principal, long deadlineMs) {
    /// In whose name the broker asks itself.
    public static final String BROKER = "User:CHAPAR";

    /// This broker itself, which is remembered by nobody.
    public static Caller ofBroker(Loop loop, long deadlineMs) {
        return new Caller(loop, null, BROKER, deadlineMs);
    }

    /// The client, where it is one that asks.
    public TxnOrigin client() {
        return requireNonNull(origin, "a client asks");
    }

    /// The same on another loop, from where the question goes on.
    public Caller on(Loop other) {
        return new Caller(other, origin, principal, deadlineMs);
    }

    /// The same, who waits until then at the longest.
    public Caller until(long otherDeadlineMs) {
        return new Caller(loop, origin, principal, otherDeadlineMs);
    }

    /// What `done` gets, it gets on the caller's loop.
    public <R> Consumer<R> answering(Consumer<? super R> done) {
        return reply -> loop.run(() -> done.accept(reply));
    }
}
