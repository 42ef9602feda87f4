package io.chapar.broker.net;

import io.chapar.broker.config.HostPort;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.internal.PlatformDependent;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;

import static java.util.Objects.requireNonNull;

/// The event loops of the process, and the ports that listen. The loops exist before a port is open, because
/// partitions live on them.
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in channelInactive
public final class Server implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Server.class);

    private final EventLoopGroup group;
    private final Class<? extends ServerChannel> channelType;
    private final Class<? extends Channel> dialledType;
    private final List<NettyLoop> loops = new ArrayList<>();
    /// Null before it is asked for. Under this object's lock.
    private @Nullable NettyLoop apart;
    private final Map<NettyLoop, Receiving> receiving = new LinkedHashMap<>();
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final long directBytes = PlatformDependent.maxDirectMemory();
    private final ConnectionBudgets budgets = ConnectionBudgets.of(Runtime.getRuntime().maxMemory(), directBytes);
    private final BesideLoops beside = new BesideLoops("chapar-large-messages");
    /// For what takes long with records that decompress to much.
    private final BesideLoops records = new BesideLoops("chapar-large-records");
    /// For who gets what in large groups.
    private final BesideLoops groups = new BesideLoops("chapar-large-groups");
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    /// Null before it listens to clients.
    private volatile @Nullable Admission admission;
    private final List<Channel> listening = new CopyOnWriteArrayList<>();

    /// What all connections of a loop receive into.
    private record Receiving(KeptBytes kept, ReceiveBuffer buffer) {}

    /// Makes the loops; listens to nothing yet.
    public Server(int loopCount) {
        group = threads(loopCount, "chapar-loop");
        channelType = Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        dialledType = Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
        for (EventExecutor executor : group) {
            loops.add(loop((EventLoop) executor));
        }
    }

    private NettyLoop loop(EventLoop on) {
        return new NettyLoop(on, records.thread(), groups.thread(), this::stopForBug);
    }

    private static EventLoopGroup threads(int count, String name) {
        return new MultiThreadIoEventLoopGroup(count, new DefaultThreadFactory(name, false),
                Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    /// Completed with the bug that stopped the loops, or with what [#stop] was told, if that ever comes.
    public CompletableFuture<Throwable> failure() {
        return failure;
    }

    private void stopForBug(Throwable bug) {
        LOG.error("This broker met a bug and stops serving", bug);
        stop(bug);
    }

    /// On some loop. Nobody is served any more; what is on disk is as after a crash, which the next start repairs.
    public void stop(Throwable bug) {
        listening.forEach(Channel::close);
        connections.close();
        failure.complete(bug);
    }

    public List<NettyLoop> loops() {
        return List.copyOf(loops);
    }

    /// One more loop, on which neither partitions nor clients live, so that nothing holds it. From any thread.
    public synchronized NettyLoop apart() {
        NettyLoop there = apart;
        if (there == null) {
            there = loop(threads(1, "chapar-apart").next());
            apart = there;
        }
        return there;
    }

    /// All that there are by now, the one that is apart last. From any thread.
    public synchronized List<NettyLoop> loopsAndApart() {
        List<NettyLoop> all = new ArrayList<>(loops);
        if (apart != null) {
            all.add(apart);
        }
        return all;
    }

    /// Opens the port for clients; gives the address it got. Throws the reason as it is when it cannot.
    ///
    /// @param advertised what clients are told to dial, or null for "what you dialled"
    public InetSocketAddress listen(
            InetSocketAddress address, @Nullable HostPort advertised, ServerLimits limits,
            RequestHost host) throws Exception {
        Newcomers newcomers = new Newcomers();
        Admission all =
                new Admission(limits.maxConnections(), limits.maxConnectionsPerIp(), newcomers::oneGivesWay);
        admission = all;
        loops.forEach(loop -> receiving.put(loop, receiving(limits)));
        return listen(address, new Doorkeeper(all, newcomers::came), (channel, loop) ->
                admit(channel, loop, advertised, limits, host, newcomers));
    }

    /// Opens a port that is none of clients'; gives the address it got. Throws the reason as it is when it cannot.
    ///
    /// @param most connections at it; more are closed at once
    /// @param admit told of each connection, on its loop
    public InetSocketAddress listen(
            InetSocketAddress address, int most, BiConsumer<SocketChannel, NettyLoop> admit) throws Exception {
        return listen(address, new Doorkeeper(new Admission(most, most, () -> false), _ -> { }), admit);
    }

    private InetSocketAddress listen(
            InetSocketAddress address, Doorkeeper doorkeeper, BiConsumer<SocketChannel, NettyLoop> admit)
            throws Exception {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group, group)
                .channel(channelType)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, 511)
                .handler(doorkeeper)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        NettyLoop loop = loops.stream().filter(l -> l.eventLoop().equals(channel.eventLoop()))
                                .findFirst().orElseThrow();
                        connections.add(channel);
                        admit.accept(channel, loop);
                    }
                });
        ChannelFuture bound = bootstrap.bind(address).await();
        if (!bound.isSuccess()) {
            throw bound.cause() instanceof Exception e ? e : new IllegalStateException(bound.cause());
        }
        listening.add(bound.channel());
        return (InetSocketAddress) bound.channel().localAddress();
    }

    private Receiving receiving(ServerLimits limits) {
        KeptBytes kept = ConnectionBudgets.kept(directBytes, loops.size());
        int little = ConnectionBudgets.smallFrame(budgets.frames().limit(), limits.maxConnections());
        int mostHeld = ConnectionBudgets.mostReceiving(directBytes, loops.size());
        return new Receiving(kept, new ReceiveBuffer(budgets.frames(), kept, little, mostHeld));
    }

    /// Begins a connection to elsewhere that lives on one of the loops.
    ///
    /// @param handler made on that loop, for the channel
    public ChannelFuture dial(NettyLoop loop, InetSocketAddress address, Function<Channel, ChannelHandler> handler) {
        return new Bootstrap()
                .group(loop.eventLoop())
                .channel(dialledType)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        channel.pipeline().addLast(handler.apply(channel));
                    }
                })
                .connect(address);
    }

    private void admit(SocketChannel channel, NettyLoop loop, @Nullable HostPort advertised, ServerLimits limits,
            RequestHost host, Newcomers newcomers) {
        Receiving at = requireNonNull(receiving.get(loop), "it listens");
        channel.config().setRecvByteBufAllocator(at.buffer());
        ConnectionSetup<ByteBuf> setup = new ConnectionSetup<>(loop, host, limits, budgets, loop.traffic(), at.kept(),
                new SocketMemory(channel.alloc(), at.buffer()));
        channel.pipeline().addLast(new Connection(channel, loop, setup, advertised, newcomers, beside));
    }

    /// Connections of clients that are open now.
    public int connectionCount() {
        Admission all = admission;
        return all == null ? 0 : all.open();
    }

    /// Closes the ports and then every connection. The loops go on.
    public void stopListening() {
        listening.forEach(port -> port.close().awaitUninterruptibly());
        listening.clear();
        connections.close().awaitUninterruptibly();
    }

    /// Stops the loops; waits for tasks that are under way.
    @Override
    public void close() {
        stopListening();
        beside.close();
        records.close();
        groups.close();
        synchronized (this) {
            if (apart != null) {
                requireNonNull(apart.eventLoop().parent(), "made as one of a group").shutdownGracefully(
                        0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
            }
        }
        if (group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly().isSuccess()) {
            receiving.values().forEach(one -> one.buffer().release());
        }
    }
}
