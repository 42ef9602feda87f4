package io.chapar.transport;

import java.nio.ByteBuffer;

/// The byte stream under one connection. Each call's result comes back through [LineEvents], on the loop.
public interface Line {
    /// Ends in `onConnected` or `onDisconnected`.
    void connect();

    /// One frame, its length in front.
    void write(ByteBuffer frame);

    /// No event of this stream comes any more.
    void drop();
}
