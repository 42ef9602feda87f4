package io.chapar.broker.peer;

import java.nio.ByteBuffer;

/// What a [PeerLinkCore] tells whoever has the link. On the link's loop.
public interface LinkEvents {
    /// The other broker has proven who it is; what is said from now on arrives there.
    default void linked(Greeting other) {}

    /// One of the two brokers does not take the other; [#unlinked] follows.
    default void refused(LinkRefusal why) {}

    /// The link has ended, or could not be made. All that was under way on it is lost.
    default void unlinked(String why) {}

    /// A frame of the link's purpose.
    ///
    /// @param frame valid until this returns
    default void frame(ByteBuffer frame) {}

    /// What was said has left, as far as [PeerLinkCore#hasRoom] goes.
    default void room() {}

    /// Something speaks against the process at the other end. Once until it is heard again.
    default void suspects(Evidence evidence) {}

    /// What speaks against a process.
    enum Evidence {
        /// Its address refused two connections, at least [PeerLinkCore#SECOND_LOOK_MS] apart: no process is there.
        REFUSED,
        /// It was linked, and said nothing for [LinkPulse#SILENCE_MS].
        SILENT
    }
}
