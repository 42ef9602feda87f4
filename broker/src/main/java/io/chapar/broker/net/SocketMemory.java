package io.chapar.broker.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

import java.nio.ByteBuffer;

/// Requests in the buffers that sockets fill.
///
/// @param received where they are filled
record SocketMemory(ByteBufAllocator allocator, ReceiveBuffer received) implements FrameMemory<ByteBuf> {
    /// Up to this size a frame is copied, so that it does not keep the buffer it was received in from its next use for
    /// little: requests that wait for something are mostly shorter.
    static final int COPIED = 2048;

    @Override
    public int readable(ByteBuf in) {
        return in.readableBytes();
    }

    @Override
    public int readInt(ByteBuf in) {
        return in.readInt();
    }

    @Override
    public byte readByte(ByteBuf in) {
        return in.readByte();
    }

    @Override
    public ByteBuf cut(ByteBuf in, int length) {
        boolean copies = length <= COPIED || received.isScarce();
        return copies ? allocator.buffer(length).writeBytes(in, length) : in.readRetainedSlice(length);
    }

    @Override
    public ByteBuf allocate(int capacity) {
        return allocator.buffer(capacity);
    }

    @Override
    public int capacity(ByteBuf gathered) {
        return gathered.capacity();
    }

    @Override
    public ByteBuf grow(ByteBuf gathered, int capacity) {
        return gathered.capacity(capacity);
    }

    @Override
    public void move(ByteBuf in, ByteBuf gathered, int length) {
        gathered.writeBytes(in, length);
    }

    @Override
    public ByteBuf whole(ByteBuf gathered) {
        return gathered;
    }

    @Override
    public ByteBuf compact(ByteBuf frame) {
        boolean isItsOwn = frame.unwrap() == null && frame.capacity() == frame.readableBytes();
        if (isItsOwn) {
            return frame;
        }
        try {
            return allocator.buffer(frame.readableBytes()).writeBytes(frame);
        } finally {
            frame.release();
        }
    }

    @Override
    public ByteBuffer view(ByteBuf frame) {
        return frame.nioBuffer();
    }

    @Override
    public void release(ByteBuf buffer) {
        buffer.release();
    }
}
