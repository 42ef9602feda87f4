package io.chapar.broker.peer.socket;

import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.net.Server;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// A connection that goes from one loop to another.
@Timeout(60)
class LinkChannelTest {
    private final Server server = new Server(2);
    private final NettyLoop from = server.loops().getFirst();
    private final NettyLoop to = server.loops().getLast();
    private ServerSocket port;
    private Socket other;
    /// What its end is told, and on which of the loops.
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private Channel channel;
    private LinkChannel line;

    @BeforeEach
    void connect() throws Exception {
        port = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        channel = server.dial(from, (InetSocketAddress) port.getLocalSocketAddress(), fresh -> {
            line = new LinkChannel(fresh, from, new End());
            return line;
        }).sync().channel();
        other = port.accept();
    }

    @AfterEach
    void close() throws Exception {
        server.close();
        other.close();
        port.close();
    }

    private final class End implements LinkChannel.End {
        @Override
        public void received(ByteBuffer bytes) {
            told.add(bytes.remaining() + " bytes" + where());
        }

        @Override
        public void taken(int bytes) {
            told.add(bytes + " taken" + where());
        }

        @Override
        public void lost(String why) {
            told.add(why + where());
        }
    }

    private String where() {
        return from.inLoop() ? " where it was" : to.inLoop() ? " where it went" : " nowhere";
    }

    private String next() throws InterruptedException {
        return told.poll(30, TimeUnit.SECONDS);
    }

    private void move() {
        line.move(to, () -> told.add("moved" + where()));
    }

    private void send(int bytes) {
        try {
            other.getOutputStream().write(new byte[bytes]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatComesMeanwhileIsReadWhereItWent() throws Exception {
        from.execute(() -> {
            move();
            send(3);
        });
        assertEquals("moved where it went", next());
        assertEquals("3 bytes where it went", next());
        other.close();
        assertEquals("closed by the other side where it went", next());
    }

    @Test
    void oneThatIsClosedOnTheWayIsLost() throws Exception {
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelUnregistered(ChannelHandlerContext ctx) {
                ctx.close().addListener(closed -> { });
            }
        });
        from.execute(this::move);
        assertEquals("moved where it went", next());
        assertEquals("closed on its way to another loop where it went", next());
    }
}
