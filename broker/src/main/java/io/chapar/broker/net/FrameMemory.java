package io.chapar.broker.net;

import java.nio.ByteBuffer;

/// Memory that requests arrive in: a socket's buffers in production, arrays elsewhere. A buffer is either read from its
/// front, or gathered at its end and then, [#whole], read.
///
/// @param <B> a buffer; whoever holds one releases it once
public interface FrameMemory<B> {
    int readable(B in);

    /// Takes four bytes off the front.
    int readInt(B in);

    /// Takes one byte off the front.
    byte readByte(B in);

    /// Takes a frame of this length off the front: as a buffer that stays what it is when `in` is released.
    B cut(B in, int length);

    /// An empty buffer to gather in.
    B allocate(int capacity);

    int capacity(B gathered);

    /// The same, with more room; the one given is not to be used any more.
    B grow(B gathered, int capacity);

    /// Takes that many bytes off the front of one and puts them at the end of the other, which has room.
    void move(B in, B gathered, int length);

    B whole(B gathered);

    /// What is readable, in a buffer that keeps no other bytes from being let go of; the one given is not to be used
    /// any more.
    B compact(B frame);

    /// What is readable; as long as the buffer is not released.
    ByteBuffer view(B frame);

    void release(B buffer);
}
