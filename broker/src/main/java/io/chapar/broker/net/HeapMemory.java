package io.chapar.broker.net;

import java.nio.ByteBuffer;

/// Requests in arrays. Knows how many buffers somebody still holds.
public final class HeapMemory implements FrameMemory<ByteBuffer> {
    private int held;

    /// Bytes as they came.
    public ByteBuffer received(byte[] bytes, int from, int length) {
        held++;
        return ByteBuffer.wrap(bytes, from, length);
    }

    /// Buffers that nobody has released.
    public int held() {
        return held;
    }

    @Override
    public int readable(ByteBuffer in) {
        return in.remaining();
    }

    @Override
    public int readInt(ByteBuffer in) {
        return in.getInt();
    }

    @Override
    public byte readByte(ByteBuffer in) {
        return in.get();
    }

    @Override
    public ByteBuffer cut(ByteBuffer in, int length) {
        held++;
        ByteBuffer frame = in.slice(in.position(), length);
        in.position(in.position() + length);
        return frame;
    }

    @Override
    public ByteBuffer allocate(int capacity) {
        held++;
        return ByteBuffer.allocate(capacity);
    }

    @Override
    public int capacity(ByteBuffer gathered) {
        return gathered.capacity();
    }

    @Override
    public ByteBuffer grow(ByteBuffer gathered, int capacity) {
        return ByteBuffer.allocate(capacity).put(gathered.flip());
    }

    @Override
    public void move(ByteBuffer in, ByteBuffer gathered, int length) {
        gathered.put(in.slice(in.position(), length));
        in.position(in.position() + length);
    }

    @Override
    public ByteBuffer whole(ByteBuffer gathered) {
        return gathered.flip();
    }

    @Override
    public ByteBuffer compact(ByteBuffer frame) {
        return ByteBuffer.allocate(frame.remaining()).put(frame).flip();
    }

    @Override
    public ByteBuffer view(ByteBuffer frame) {
        return frame.slice();
    }

    @Override
    public void release(ByteBuffer buffer) {
        if (--held < 0) {
            throw new IllegalStateException("released more often than taken");
        }
    }
}
