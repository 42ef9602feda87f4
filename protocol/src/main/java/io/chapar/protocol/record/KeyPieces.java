package io.chapar.protocol.record;

import java.nio.ByteBuffer;

/// Is shown the keys of a batch as a [RecordWalk] comes to them. A record without a key shows nothing.
public interface KeyPieces {
    /// For whoever does not care.
    KeyPieces NONE = new KeyPieces() {
        @Override
        public void begin() {}

        @Override
        public void piece(ByteBuffer bytes) {}
    };

    /// A key, of which the pieces follow.
    void begin();

    /// The next bytes of the key, from position to limit; they are there until the call returns.
    void piece(ByteBuffer bytes);
}
