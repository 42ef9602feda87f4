package io.chapar.broker.net;

import io.chapar.broker.metrics.TrafficMeters;
import io.chapar.broker.runtime.ManualLoop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Who may write into the buffer of a loop while somebody still reads it: nobody.
final class ReceiveBufferTest {
    private static final ByteBufAllocator MEMORY = new UnpooledByteBufAllocator(false, true);

    private static final int LITTLE = 4_000;

    private final SharedBudget frames = SharedBudget.halfForTheLine(1 << 20);
    private final KeptBytes kept = new KeptBytes(1 << 20);
    private final ReceiveBuffer shared = new ReceiveBuffer(frames, kept, LITTLE, 2);
    private final SocketMemory memory = new SocketMemory(MEMORY, shared);
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
        assertEquals(LITTLE, little.writableBytes());
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
        assertSame(second, oneSocket.get());
        assertEquals(0, first.refCnt(), "it goes with its last part");
    }

    /// Each of them keeps much from being let go of for little.
    @Test
    void whereManyAreHeldFramesAreCopied() {
        List<ByteBuf> holders = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            holders.add(frame(SocketMemory.COPIED + 1));
        }
        ByteBuf next = oneSocket.get();
        next.release();
        assertSame(next, anotherSocket.get(), "nobody holds a part of it");
        next.release();
        assertTrue(shared.isScarce());
        holders.forEach(ByteBuf::release);
        anotherSocket.get().release();
        assertFalse(shared.isScarce());
        shared.release();
    }

    @Test
    void orWhereMuchIsKept() {
        kept.keep(1 << 20);
        ByteBuf holder = frame(SocketMemory.COPIED + 1);
        ByteBuf next = oneSocket.get();
        assertEquals(LITTLE, next.writableBytes());
        next.release();
        assertSame(next, anotherSocket.get());
        holder.release();
        kept.letGo(kept.bytes());
        assertEquals(ReceiveBuffer.BYTES, oneSocket.get().writableBytes());
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
        ByteBuf held = memory.compact(frame(SocketMemory.COPIED + 1));
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
        SharedBudget any = new SharedBudget(1 << 20);
        ConnectionSetup<ByteBuf> setup = new ConnectionSetup<>(new ManualLoop(), null,
                ServerLimits.of(1 << 20, 1, 1, 0), new ConnectionBudgets(any, any, any, any), new TrafficMeters(), kept,
                memory);
        new FramingCore<>(setup, new FramingCore.Out<ByteBuf>() {
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
