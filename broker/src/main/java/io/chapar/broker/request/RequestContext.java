package io.chapar.broker.request;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.coordinator.TxnOrigin;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.message.Response;

/// One request in progress. Its buffers stay valid until it is answered or forgotten; exactly one of [#reply],
/// [#replyNothing] and [#close] ends it, from any loop. The connection starts its next request only then, or if both
/// are Produce requests with [#appended].
public interface RequestContext {
    short apiVersion();

    /// As the client calls itself; empty when it does not say.
    String clientId();

    /// What the client said in its ApiVersions on this connection.
    default Software software() {
        return Software.UNKNOWN;
    }

    /// The client says it.
    default void introduces(Software software) {}

    /// The address the request came from, without port.
    String clientHost();

    /// The client as transactions remember it.
    default TxnOrigin origin() {
        return new TxnOrigin(clientId(), clientHost());
    }

    /// What came over the wire for this request, without its length.
    default int requestBytes() {
        return 0;
    }

    /// In whose name the client asks.
    String principal();

    /// Whoever has to be told what a coordinator says, which may take as long as clients wait.
    default Caller caller() {
        return caller(TxnCoordinators.CLIENT_WAIT_MS);
    }

    /// @param waitMs how long the question may wait for something
    default Caller caller(long waitMs) {
        return new Caller(loop(), origin(), principal(), nowMs() + waitMs);
    }

    /// Who the requests of one connection have in common, compared by identity.
    default Object connection() {
        return this;
    }

    /// What this connection's clients are told to dial to reach this broker.
    HostPort advertised();

    /// The loop of the connection; handlers begin on it.
    Loop loop();

    long nowMs();

    /// Until when the client waits, as [Loop#nowMs] counts.
    ///
    /// @param timeoutMs as the request says it
    default long deadlineMs(int timeoutMs) {
        return nowMs() + Math.max(0, timeoutMs);
    }

    /// Elements, over all lists, that an answer may have: as many as all answers together.
    default long mostElements() {
        return Long.MAX_VALUE;
    }

    /// Runs `build` on [#loop], which builds the answer and gives it, once an answer of so many elements fits beside
    /// all others under way: mostly at once. One that never would ends the connection. To be asked once, by whoever
    /// answers at greater length than was asked, and when there is nothing else left to wait for.
    default void afford(long elements, Runnable build) {
        build.run();
    }

    /// Whether so many bytes of records, in memory, fit beside all other answers now: then they count until this one is
    /// sent. For what is read where waiting for room would keep others from reading. From any thread.
    default boolean takesRoom(long bytes) {
        return true;
    }

    /// What was [taken][#takesRoom] for something that is not in the answer, and in memory no more. From any thread.
    default void givesRoomBack(long bytes) {}

    /// Nothing of what the request says is needed any more: its buffers are not valid from now on, and others may have
    /// the memory that they take. For whoever waits for something that clients let come. On [#loop].
    default void forget() {}

    /// Whether the request may wait for as long as its client wants, with so many things to be kept meanwhile. Then it
    /// is forgotten. Otherwise all that wait keep as much as they may, and it is to be answered now, with what there
    /// is. On [#loop].
    default boolean mayWait(int things) {
        return true;
    }

    /// Nothing that a request does which begins now can come before what this one does: a Produce request behind it
    /// need not wait for its answer. On [#loop].
    default void appended() {}

    /// No request of the connection begins for so long, however much the client sends. From any loop, before this one
    /// is answered.
    default void throttle(int ms) {}

    /// Hands the answer to the connection; file records in it are the connection's to release from now on. Without
    /// effect, but for that, when the client has gone.
    void reply(Response response);

    /// Ends a request that has no answer (Produce with acks=0).
    void replyNothing();

    /// Ends the request and the connection: the protocol has no way to say what is wrong.
    void close(String reason);

    /// Runs the task on [#loop] if the client goes away before the request has ended. One task; the last one counts.
    void onDisconnect(Runnable task);
}
