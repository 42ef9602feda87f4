package io.chapar.broker.peer.socket;

import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.peer.LinkLine;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;

import javax.net.ssl.SSLException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/// One connection under an end of a link. What is written in one turn of its loop leaves at the end of that. Long parts
/// are not copied, where they are in memory that sockets can take from. On the channel's loop.
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in channelInactive
final class LinkChannel extends ChannelInboundHandlerAdapter implements LinkLine {
    private static final int LENGTH_BYTES = 4;
    /// Up to so many bytes a frame is one buffer.
    private static final int COPIED = 16 << 10;

    /// Who is told. Nothing after [LinkChannel#close].
    interface End {
        /// @param bytes valid until this returns
        void received(ByteBuffer bytes);

        void taken(int bytes);

        void lost(String why);
    }

    private final Channel channel;
    private NettyLoop loop;
    private final End end;
    private boolean over;
    private boolean unflushed;

    LinkChannel(Channel channel, NettyLoop loop, End end) {
        this.channel = channel;
        this.loop = loop;
        this.end = end;
    }

    @Override
    public void write(List<ByteBuffer> parts) {
        if (over) {
            return;
        }
        int length = 0;
        for (ByteBuffer part : parts) {
            length += part.remaining();
        }
        int whole = LENGTH_BYTES + length;
        boolean copied = whole <= COPIED;
        ByteBuf head = channel.alloc().ioBuffer(copied ? whole : LENGTH_BYTES).writeInt(length);
        if (copied) {
            parts.forEach(part -> head.writeBytes(part.duplicate()));
            write(head, whole);
        } else {
            channel.write(head, channel.voidPromise());
            for (int i = 0; i < parts.size(); i++) {
                ByteBuf part = Unpooled.wrappedBuffer(parts.get(i));
                if (i < parts.size() - 1) {
                    channel.write(part, channel.voidPromise());
                } else {
                    write(part, whole);
                }
            }
        }
        if (!unflushed) {
            unflushed = true;
            loop.execute(this::flush);
        }
    }

    private void write(ByteBuf last, int whole) {
        channel.write(last).addListener(written -> {
            if (written.isSuccess() && !over) {
                guarded(() -> end.taken(whole));
            }
        });
    }

    private void flush() {
        if (unflushed) {
            unflushed = false;
            channel.flush();
        }
    }

    /// Everything goes on at that loop, where `then` runs; nothing is read or written meanwhile. Where that fails the
    /// connection ends.
    void move(NettyLoop to, Runnable then) {
        flush();
        reading(false);
        channel.deregister().addListener(left -> {
            loop = to;
            to.eventLoop().register(channel).addListener(arrived -> to.run(() -> {
                then.run();
                if (arrived.isSuccess()) {
                    reading(true);
                } else {
                    lost("closed on its way to another loop"); // Netty says nothing of a channel without a loop
                    channel.close();
                }
            }));
        });
    }

    @Override
    public void reading(boolean on) {
        channel.config().setAutoRead(on);
    }

    @Override
    public void close() {
        if (!over) {
            over = true;
            flush();
            channel.close();
        }
    }

    // ---- what happens

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            if (!over) {
                guarded(() -> end.received(in.nioBuffer()));
            }
        } finally {
            in.release();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        lost("closed by the other side");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        lost(reason(cause));
        ctx.close();
    }

    private static String reason(Throwable cause) {
        Throwable first = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
        if (first instanceof SSLException) {
            return "TLS: " + first.getMessage();
        }
        return first instanceof IOException ? "broken" : first.toString();
    }

    private void lost(String why) {
        if (!over) {
            over = true;
            guarded(() -> end.lost(why));
        }
    }

    /// Whatever is thrown is a bug: what this loop owns may be half changed.
    private void guarded(Runnable task) {
        if (loop.isStopped()) {
            return;
        }
        try {
            task.run();
        } catch (Throwable bug) {
            loop.stop(bug);
        }
    }
}
