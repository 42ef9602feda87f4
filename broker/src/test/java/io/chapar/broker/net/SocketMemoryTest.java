package io.chapar.broker.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

class SocketMemoryTest {
    private final SocketMemory memory = new SocketMemory(new UnpooledByteBufAllocator(false, true),
            new ReceiveBuffer(new SharedBudget(1), new KeptBytes(1), 1, 1));
    private final ByteBuf received = memory.allocator().buffer().writeZero(3 * SocketMemory.COPIED);

    private void release(ByteBuf frame) {
        frame.release();
        received.release();
        assertEquals(0, received.refCnt());
    }

    @Test
    void aFrameThatKeepsWhatItWasReceivedInIsCopied() {
        ByteBuf cut = memory.cut(received, SocketMemory.COPIED + 1);
        ByteBuf own = memory.compact(cut);
        assertNotSame(cut, own);
        assertEquals(SocketMemory.COPIED + 1, own.readableBytes());
        assertEquals(1, received.refCnt());
        release(own);
    }

    /// A short one, or one that was gathered.
    @Test
    void aFrameThatIsItsOwnIsNotCopiedAgain() {
        ByteBuf cut = memory.cut(received, SocketMemory.COPIED);
        assertSame(cut, memory.compact(cut));
        release(cut);
    }
}
