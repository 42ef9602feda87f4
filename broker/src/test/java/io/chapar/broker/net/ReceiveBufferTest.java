package io.chapar.broker.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

/// Who may write into the buffer of a loop while somebody still reads it: nobody.
final class ReceiveBufferTest {
    private static final ByteBufAllocator MEMORY = new UnpooledByteBufAllocator(false, true);

    private final SharedBudget frames = SharedBudget.halfForTheLine(1 << 20);
    private final ReceiveBuffer shared = new ReceiveBuffer(frames);
    private final Supplier<ByteBuf> oneSocket = socket();
    private final Supplier<ByteBuf> anotherSocket = socket();

    @SuppressWarnings("deprecation") // the type of a handle
    private Supplier<ByteBuf> socket() {
        var handle = shared.newHandle();
        return () -> handle.allocate(MEMORY);
    }

    @Test
    void servesEverySocketAgainWhenItIsFree() {
        ByteBuf first = oneSocket.get();
        first.writeLong(1).release();
        ByteBuf second = anotherSocket.get();
        assertSame(first, second);
        assertEquals(0, second.readableBytes());
        assertEquals(ReceiveBuffer.BYTES, second.writableBytes());
        second.release();
        shared.release();
        assertEquals(0, first.refCnt());
    }

    @Test
    void receivesLittleWhereMemoryIsShort() {
        oneSocket.get().release();
        frames.takeAnyway(1 << 19);
        ByteBuf little = anotherSocket.get();
        assertEquals(0, little.readableBytes());
        assertEquals(ReceiveBuffer.LITTLE, little.writableBytes());
        little.release();
        frames.giveBack(1 << 19);
        assertEquals(ReceiveBuffer.BYTES, oneSocket.get().writableBytes());
    }

    @Test
    void isLeftToWhoeverHoldsAPartOfIt() {
        ByteBuf first = oneSocket.get().writeLong(7);
        ByteBuf held = first.readRetainedSlice(Long.BYTES);
        first.release();

        ByteBuf second = anotherSocket.get();
        assertNotSame(first, second);
        second.writeLong(8).release();
        assertEquals(7, held.readLong());

        held.release();
        assertEquals(0, first.refCnt(), "it goes with its last part");
        assertSame(second, oneSocket.get());
    }

    @Test
    void isFreeAtOnceWhenAShortFrameWaits() {
        ByteBuf first = oneSocket.get();
        first.release();
        ByteBuf held = frame(SocketMemory.COPIED);
        assertSame(first, anotherSocket.get());
        held.release();
    }

    @Test
    void waitsForALongFrame() {
        ByteBuf held = frame(SocketMemory.COPIED + 1);
        ByteBuf next = oneSocket.get();
        next.writeZero(next.writableBytes());
        for (int i = 0; i < held.readableBytes(); i++) {
            assertEquals(i % 100, held.getByte(held.readerIndex() + i));
        }
        held.release();
    }

    @Test
    void isFreeAgainWhenALongFrameIsToWait() {
        ByteBuf first = oneSocket.get();
        first.release();
        ByteBuf held = new SocketMemory(MEMORY).compact(frame(SocketMemory.COPIED + 1));
        assertSame(first, anotherSocket.get());
        assertEquals(SocketMemory.COPIED + 1, held.readableBytes());
        held.release();
    }

    /// Received by a socket, cut out, and held by the request that it is.
    private ByteBuf frame(int length) {
        ByteBuf received = oneSocket.get().writeInt(length);
        for (int i = 0; i < length; i++) {
            received.writeByte(i % 100);
        }
        List<ByteBuf> frames = new ArrayList<>();
        new FramingCore<>(new SocketMemory(MEMORY), 1 << 20, new SharedBudget(1 << 20), null,
                new FramingCore.Out<ByteBuf>() {
                    @Override
                    public void frame(ByteBuf frame, int charged) {
                        frames.add(frame);
                    }

                    @Override
                    public boolean wantsMore() {
                        return true;
                    }

                    @Override
                    public void broken(String reason) {
                        throw new AssertionError(reason);
                    }

                    @Override
                    public void takesRoom() {}

                    @Override
                    public void waitsForRoom() {
                        throw new AssertionError();
                    }

                    @Override
                    public void roomCame(int bytes) {
                        throw new AssertionError();
                    }

                    @Override
                    public void waitsNoMore() {
                        throw new AssertionError();
                    }
                }).received(received);
        ByteBuf frame = frames.getFirst();
        assertEquals(length, frame.readableBytes());
        return frame;
    }
}
