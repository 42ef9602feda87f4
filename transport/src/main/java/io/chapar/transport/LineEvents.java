package io.chapar.transport;

import java.nio.ByteBuffer;

/// What a [Line] tells the connection above it. On the loop only.
public interface LineEvents {
    void onConnected();

    /// Nothing more comes through this stream; `why` is for people.
    void onDisconnected(String why);

    /// One whole frame, without its length.
    void onFrame(ByteBuffer frame);
}
