package io.chapar.broker.peer;

import java.nio.ByteBuffer;
import java.util.List;

/// What carries a link's bytes. Nothing here tells the core of anything before it returns.
public interface LinkLine {
    /// One frame, its length in front; written in the order of these calls. Once it has left the process, or room was
    /// made for it otherwise, the core is told how many bytes that were, the length's 4 included.
    ///
    /// @param parts which stay as they are until then
    void write(List<ByteBuffer> parts);

    /// Whether more is to be read.
    void reading(boolean on);

    /// Sends what was written, and ends the connection that there is or is being made. Nothing more is told of it.
    void close();

    /// One that can begin connections.
    interface Dialling extends LinkLine {
        /// Ends in [PeerLinkCore#dialled], [PeerLinkCore#refused] or [PeerLinkCore#unreached].
        void dial();
    }
}
