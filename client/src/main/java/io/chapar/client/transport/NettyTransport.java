package io.chapar.client.transport;

import io.chapar.client.Backoff;
import io.chapar.client.ClientConfig;
import io.chapar.client.Node;
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

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// [Transport] over TCP: one connection for each node and lane, all on the client's one loop.
final class NettyTransport implements Transport {
    private record Address(int id, String host, int port, Lane lane) {
    }

    private final NettyClientLoop loop;
    private final ClientConfig config;
    private final Backoff reconnect;
    private final Map<Address, ConnectionCore> connections = new LinkedHashMap<>();
    private FinalizedFeatures features = FinalizedFeatures.UNKNOWN;
    private boolean closed;

    NettyTransport(NettyClientLoop loop, ClientConfig config, RandomGenerator random) {
        this.loop = loop;
        this.config = config;
        reconnect = new Backoff(config.reconnectBackoffMs(), config.reconnectBackoffMaxMs(), random);
    }

    @Override
    public void send(Node node, Call call, Consumer<Outcome> done) {
        if (closed) {
            loop.execute(() -> done.accept(
                    new Outcome.NoAnswer(Outcome.Reason.NOT_SENT, "the client is closed")));
            return;
        }
        Address address = new Address(node.id(), node.host(), node.port(), call.lane());
        ConnectionCore connection = connections.get(address);
        if (connection == null) {
            connection = open(node);
            connections.put(address, connection);
        }
        connection.submit(call, done);
    }

    @Override
    public FinalizedFeatures features() {
        return features;
    }

    @Override
    public short agreedVersion(Node node, Call call) {
        ConnectionCore connection =
                connections.get(new Address(node.id(), node.host(), node.port(), call.lane()));
        return connection == null ? ApiRanges.NONE : connection.agreedVersion(call);
    }

    @Override
    public void close() {
        closed = true;
        connections.values().forEach(ConnectionCore::close);
        connections.clear();
    }

    private ConnectionCore open(Node node) {
        connections.values().removeIf(ConnectionCore::isUnused);
        NettyLine line = new NettyLine(node);
        ConnectionCore core = new ConnectionCore(node.toString(), config, loop, line, reconnect, told -> {
            if (told.epoch() >= features.epoch()) {
                features = told;
            }
        });
        line.core = core;
        return core;
    }

    /// Writes and closes end in the pipeline's events; their own futures say nothing more.
    @SuppressWarnings("FutureReturnValueIgnored")
    private final class NettyLine implements Line {
        private final Node node;
        private ConnectionCore core;
        private Channel channel;

        NettyLine(Node node) {
            this.node = node;
        }

        @Override
        public void connect() {
            ChannelFuture connecting = new Bootstrap()
                    .group(loop.events())
                    .channel(NioSocketChannel.class)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.SO_KEEPALIVE, true)
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, config.connectTimeoutMs())
                    .handler(new ChannelInitializer<SocketChannel>() {
                        @Override
                        protected void initChannel(SocketChannel fresh) {
                            fresh.pipeline().addLast(
                                    new LengthFieldBasedFrameDecoder(config.maxFrameBytes(), 0, 4, 0, 4),
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
            channel.writeAndFlush(Unpooled.wrappedBuffer(frame), channel.voidPromise());
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
