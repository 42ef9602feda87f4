package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataLogContract;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.runtime.Loop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// Voters of one quorum in this process, each with a loop of its own. What brokers hand each other goes from loop to
/// loop, and what voters say from thread to thread.
final class QuorumCluster implements MetadataLogContract.Brokers {
    private static final Logger LOG = LoggerFactory.getLogger(QuorumCluster.class);

    private final Membership membership;
    private final Path folder;
    private final long snapshotEvery;
    private final int segmentBytes;
    private final List<Node> nodes = new ArrayList<>();
    private final ConcurrentLinkedQueue<Throwable> bugs = new ConcurrentLinkedQueue<>();
    private final EventLoopGroup threads = new MultiThreadIoEventLoopGroup(5, NioIoHandler.newFactory());
    private volatile Losing losing = (to, kind) -> false;

    /// Which calls nobody hears.
    interface Losing {
        /// On the thread that calls.
        boolean isLost(int to, CallCodec.Kind kind);
    }

    private static final class Node {
        private final Loop loop;
        private volatile @Nullable QuorumMetadataLog log;
        private volatile ConsensusLink.@Nullable Hearing hearing;
        private int lives;

        Node(Loop loop) {
            this.loop = loop;
        }
    }

    QuorumCluster(int voters, Path folder, long snapshotEvery, int segmentBytes) throws IOException {
        this.segmentBytes = segmentBytes;
        this.folder = folder;
        this.snapshotEvery = snapshotEvery;
        List<Voter> all = new ArrayList<>();
        for (int node = 0; node < voters; node++) {
            all.add(new Voter(node, new UUID(7, node), new HostPort("127.0.0.1", 1 + node)));
            nodes.add(new Node(new NettyLoop(threads.next(), Runnable::run, Runnable::run, bugs::add)));
        }
        membership = new Membership(new UUID(9, 9), new UUID(9, 9), all);
    }

    /// Who votes, and where.
    Membership membership() {
        return membership;
    }

    void start(int node) throws IOException {
        Node at = nodes.get(node);
        at.lives++;
        long proposer = node * 1_000L + at.lives;
        at.log = QuorumMetadataLog.open(
                new QuorumMetadataLog.Settings(
                        membership, membership.voter(node), folder.resolve("node" + node), proposer, snapshotEvery,
                        segmentBytes),
                at.loop, new ControllerCore(new Random(proposer), TopicConfig::problem), this::handOver,
                new Calls(node));
    }

    /// What voters call each other, from thread to thread. Nobody hears at one that is not up.
    private final class Calls implements ConsensusLink {
        private final int node;

        Calls(int node) {
            this.node = node;
        }

        @Override
        public void knows(Voter other) {
            // All are in this process.
        }

        @Override
        public void call(int to, ByteBuffer said, long withinMs, Consumer<@Nullable ByteBuffer> answered) {
            Hearing hearing = nodes.get(to).hearing;
            try {
                if (!losing.isLost(to, CallCodec.kind(said)) && hearing != null) {
                    hearing.heard(node, said.duplicate(), answered::accept);
                    return;
                }
            } catch (IOException e) {
                LOG.debug("{} does not hear {}", to, node, e);
            }
            answered.accept(null);
        }

        @Override
        public void hears(@Nullable Hearing hearing) {
            nodes.get(node).hearing = hearing;
        }
    }

    void losing(Losing which) {
        losing = which;
    }

    /// As another broker says it to a voter; what it answers, or why it does not hear it.
    CompletableFuture<ByteBuffer> call(int from, int to, ByteBuffer said) {
        CompletableFuture<ByteBuffer> answered = new CompletableFuture<>();
        try {
            requireNonNull(nodes.get(to).hearing, "it is up").heard(from, said, answered::complete);
        } catch (IOException e) {
            answered.completeExceptionally(e);
        }
        return answered;
    }

    void startAll() throws IOException {
        for (int node = 0; node < nodes.size(); node++) {
            start(node);
        }
    }

    /// Its server ends at once; whoever waits there is not answered.
    void stop(int node) throws IOException {
        QuorumMetadataLog log = requireNonNull(nodes.get(node).log);
        nodes.get(node).log = null;
        log.close();
    }

    boolean isUp(int node) {
        return nodes.get(node).log != null;
    }

    private void handOver(
            int controller, ByteBuffer proposal, long remainingMs, Loop replyOn, Consumer<ControllerLink.Ended> ended) {
        QuorumMetadataLog to = nodes.get(controller).log;
        if (to == null) {
            ended.accept(new ControllerLink.NotSent());
            return;
        }
        AtomicBoolean told = new AtomicBoolean();
        Consumer<ControllerLink.Ended> once = how -> {
            if (!told.getAndSet(true)) {
                replyOn.run(() -> ended.accept(how));
            }
        };
        replyOn.schedule(remainingMs, () -> once.accept(new ControllerLink.NotKnown()));
        try {
            to.handedOver(proposal, remainingMs, answer -> once.accept(new ControllerLink.Answered(answer)));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// The node that decides, as most see it; waits until there is one.
    int controller() {
        int[] found = {-1};
        Awaitility.await().atMost(Duration.ofSeconds(90)).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2))
                .until(() -> {
                    for (int node = 0; node < nodes.size(); node++) {
                        if (isUp(node) && role(node) instanceof QuorumRole.Controls) {
                            found[0] = node;
                        }
                    }
                    return found[0] >= 0;
                });
        return found[0];
    }

    private @Nullable QuorumRole role(int node) throws InterruptedException {
        QuorumMetadataLog log = nodes.get(node).log;
        QuorumRole[] role = new QuorumRole[1];
        CountDownLatch known = new CountDownLatch(1);
        nodes.get(node).loop.execute(() -> {
            role[0] = log == null ? null : log.role();
            known.countDown();
        });
        return known.await(20, TimeUnit.SECONDS) ? role[0] : null;
    }

    /// The cluster exists afterwards.
    void create() {
        AtomicBoolean done = new AtomicBoolean();
        Loop loop = loop(0);
        log(0).propose(new RegisterBroker(Registration.alone(0, new UUID(0, 1)), new TreeMap<>(), true),
                loop.nowMs() + 60_000, loop, how -> done.set(how instanceof MetadataLog.Committed<?>));
        Awaitility.await().atMost(Duration.ofSeconds(90)).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2))
                .untilTrue(done);
    }

    @Override
    public int size() {
        return nodes.size();
    }

    @Override
    public QuorumMetadataLog log(int node) {
        return requireNonNull(nodes.get(node).log, "it is up");
    }

    @Override
    public Loop loop(int node) {
        return nodes.get(node).loop;
    }

    @Override
    public void turn() {
        Throwable bug = bugs.peek();
        if (bug != null) {
            throw new AssertionError(bug);
        }
    }

    /// All at once: each of the library's logs looks once a second whether it is to end.
    @Override
    public void close() throws IOException {
        List<CompletableFuture<Void>> ended = new ArrayList<>();
        for (int node = 0; node < nodes.size(); node++) {
            int each = node;
            if (isUp(each)) {
                ended.add(CompletableFuture.runAsync(() -> {
                    try {
                        stop(each);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }, Thread::startVirtualThread));
            }
        }
        ended.forEach(CompletableFuture::join);
        threads.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        turn();
    }
}
