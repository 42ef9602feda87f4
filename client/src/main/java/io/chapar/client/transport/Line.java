package io.chapar.client.transport;

import java.nio.ByteBuffer;

/// The byte stream under one connection, as [ConnectionCore] drives it. Each call's result comes back as an event on the loop.
interface Line {
    /// Ends in `onConnected` or `onDisconnected`.
    void connect();

    /// One frame, its length in front.
    void write(ByteBuffer frame);

    /// No event of this stream comes any more.
    void drop();
}
