package io.chapar.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import org.jspecify.annotations.Nullable;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// [Transport] over TCP: one connection for each node and lane, all on the client's one loop.
final class NettyTransport implements Transport {
    private final NettyClientLoop loop;
    private final ConnectionSettings settings;
    private final LineTransport lines;

    NettyTransport(NettyClientLoop loop, ConnectionSettings settings, RandomGenerator random) {
        this.loop = loop;
        this.settings = settings;
        lines = new LineTransport(loop, settings, random, NettyLine::new);
    }

    @Override
    public void send(Node node, Call call, Consumer<CallResult> done) {
        lines.send(node, call, done);
    }

    @Override
    public FinalizedFeatures features() {
        return lines.features();
    }

    @Override
    public short agreedVersion(Node node, Call call) {
        return lines.agreedVersion(node, call);
    }

    @Override
    public void close() {
        lines.close();
    }

    /// Writes and closes end in the pipeline's events; their own futures say nothing more.
    @SuppressWarnings("FutureReturnValueIgnored")
    private final class NettyLine implements Line {
        private final Node node;
        private final LineEvents core;
        private @Nullable Channel channel;

        NettyLine(Node node, LineEvents core) {
            this.node = node;
            this.core = core;
        }

        @Override
        public void connect() {
            ChannelFuture connecting = new Bootstrap()
                    .group(loop.events())
                    .channel(NioSocketChannel.class)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.SO_KEEPALIVE, true)
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, settings.connectTimeoutMs())
                    .handler(new ChannelInitializer<SocketChannel>() {
                        @Override
                        protected void initChannel(SocketChannel fresh) {
                            fresh.pipeline().addLast(
                                    new LengthFieldBasedFrameDecoder(settings.maxFrameBytes(), 0, 4, 0, 4),
                                    new FrameHandler());
                        }
                    })
                    .connect(InetSocketAddress.createUnresolved(node.host(), node.port()));
            Channel fresh = connecting.channel();
            channel = fresh;
            connecting.addListener(done -> loop.guarded(() -> {
                if (!Objects.equals(channel, fresh)) {
                    fresh.close();
                } else if (done.isSuccess()) {
                    core.onConnected();
                } else {
                    core.onDisconnected(reason(done.cause()));
                }
            }));
        }

        @Override
        public void write(ByteBuffer frame) {
            Channel open = requireNonNull(channel, "written to a line that is not connected");
            open.writeAndFlush(Unpooled.wrappedBuffer(frame), open.voidPromise());
        }

        @Override
        public void drop() {
            Channel dropped = channel;
            channel = null;
            if (dropped != null) {
                dropped.close();
            }
        }

        private static String reason(Throwable cause) {
            String text = cause.getMessage();
            return text == null || text.isBlank() ? cause.getClass().getSimpleName() : text;
        }

        private final class FrameHandler extends SimpleChannelInboundHandler<ByteBuf> {
            @Override
            protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
                if (Objects.equals(context.channel(), channel)) {
                    byte[] bytes = new byte[frame.readableBytes()];
                    frame.readBytes(bytes);
                    loop.guarded(() -> core.onFrame(ByteBuffer.wrap(bytes)));
                }
            }

            @Override
            public void channelInactive(ChannelHandlerContext context) {
                if (Objects.equals(context.channel(), channel)) {
                    loop.guarded(() -> core.onDisconnected("closed by the other side"));
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                if (Objects.equals(context.channel(), channel)) {
                    loop.guarded(() -> core.onDisconnected(reason(cause)));
                }
                context.close();
            }
        }
    }
}
