package io.chapar.broker.net;

import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

/// What a [ServerConnectionCore] has done for it: sockets, encoders and other threads in production. Each on the
/// connection's loop; what is said to end in an event does so later or, where nothing else is said, at once.
public interface ConnectionEffects<B> {
    /// The clock of the connection's events, in nanoseconds.
    long nowNs();

    /// False once this process must not be believed any more: it met a bug, or has no power.
    boolean isServing();

    /// The client has sent its first whole request.
    void asked();

    /// Begins the request. What it throws is a bug, and this process is at its end.
    void begin(RequestInProgress<B> request);

    /// Runs what the request wants done now that its client has gone. What that throws is a bug as well.
    void disconnected(RequestInProgress<B> request);

    /// Reads a message of many elements beside the loop; ends in [RequestInProgress#readLarge].
    void readBeside(RequestInProgress<B> request);

    /// Makes bytes of the answer and keeps them for [#send]. Takes the answer's records over.
    ///
    /// @return the size, or -1 where it cannot be written, which has been said
    int encode(RequestInProgress<B> request, Response response);

    /// As [#encode], beside the loop; ends in [ServerConnectionCore#encoded].
    void encodeBeside(RequestInProgress<B> request, Response response);

    /// Sends what was encoded last; ends in [ServerConnectionCore#sent] when the client took it, or never will.
    void send(RequestInProgress<B> request);

    /// Nobody will send what was encoded last.
    void forget();

    /// What was sent may wait here for more until then.
    void flush();

    /// Whether bytes should be taken from the client now.
    void reading(boolean on);

    /// [ServerConnectionCore#tick] is due then, or earlier.
    void wakeAt(long deadlineNs);

    /// Ends the connection when all that was sent has left; ends in [ServerConnectionCore#gone].
    ///
    /// @param reason null when nobody is at fault
    /// @param bug null unless it is one of this broker
    void close(@Nullable String reason, @Nullable Throwable bug);
}
