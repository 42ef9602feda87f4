package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.quorum.CallCodec.Kind;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotReplyProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcReplyProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionReplyProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.thirdparty.com.google.protobuf.MessageLite;
import org.apache.ratis.thirdparty.com.google.protobuf.Parser;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

/// What the library's server of one voter says to those of others, and hears of them, over a [ConsensusLink]. Nothing
/// but what voters say: no client of the library's, and nobody who would manage its groups, is served.
///
/// The library blocks where it asks, and while it hears (it writes to the disk), so that happens on threads of its own:
/// [#MOST_HEARD] at most, and what comes meanwhile is not begun. A voter asks one thing after the other.
///
/// Links know nodes, and a voter is a node with one folder: another folder of the node has forgotten for whom the first
/// one voted, and what that acknowledged. So each call names the voter that it is meant for and each answer the one
/// that gives it, as the library writes them, and both are compared; the library compares the quorum, and no more.
final class VoterCalls implements RaftServerRpc {
    private static final Logger LOG = LoggerFactory.getLogger(VoterCalls.class);
    private static final long CALL_MS = 3_000;
    /// For a piece of a snapshot, which is written down before it is answered.
    private static final long SNAPSHOT_MS = 10_000;
    /// At once: some of each other voter, of which a quorum has four.
    static final int MOST_HEARD = 16;
    /// Before a voter that could not be asked, or failed, is asked for the same again: the library itself offers a
    /// snapshot anew at once, as often as a thread can.
    static final long REST_MS = 100;
    private static final long IDLE_SECONDS = 30;
    private static final long END_SECONDS = 2;

    /// How an answer is read.
    ///
    /// @param head that says who gave it
    private record Reply<A>(Parser<A> parser, Function<A, RaftRpcReplyProto> head) {}

    private static final Reply<RequestVoteReplyProto> VOTED =
            new Reply<>(RequestVoteReplyProto.parser(), RequestVoteReplyProto::getServerReply);
    private static final Reply<AppendEntriesReplyProto> APPENDED =
            new Reply<>(AppendEntriesReplyProto.parser(), AppendEntriesReplyProto::getServerReply);
    private static final Reply<InstallSnapshotReplyProto> INSTALLED =
            new Reply<>(InstallSnapshotReplyProto.parser(), InstallSnapshotReplyProto::getServerReply);
    private static final Reply<StartLeaderElectionReplyProto> STOOD =
            new Reply<>(StartLeaderElectionReplyProto.parser(), StartLeaderElectionReplyProto::getServerReply);

    private final RpcType type;
    private final Voter here;
    private final RaftServer server;
    private final ConsensusLink link;
    private final ThreadPoolExecutor hearing;
    private volatile boolean closed;

    VoterCalls(RpcType type, Voter here, RaftServer server, ConsensusLink link) {
        this.type = type;
        this.here = here;
        this.server = server;
        this.link = link;
        hearing = new ThreadPoolExecutor(0, MOST_HEARD, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(),
                Thread.ofPlatform().daemon().name("chapar-quorum-", 0).factory());
    }

    @Override
    public RpcType getRpcType() {
        return type;
    }

    /// As it stands in the list of voters. Nothing listens there for the library.
    @Override
    public InetSocketAddress getInetSocketAddress() {
        return InetSocketAddress.createUnresolved(here.at().host(), here.at().port());
    }

    @Override
    public void start() {
        link.hears(this::heard);
    }

    @Override
    public void close() {
        closed = true;
        link.hears(null);
        hearing.shutdown();
        try {
            if (!hearing.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
                hearing.shutdownNow();
            }
        } catch (InterruptedException e) {
            hearing.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void addRaftPeers(Collection<RaftPeer> peers) {
        for (RaftPeer peer : peers) {
            Voter other = Voter.of(peer.getId().toString(), peer.getAddress());
            if (other.node() != here.node()) {
                link.knows(other);
            }
        }
    }

    /// Links mend themselves.
    @Override
    public void handleException(RaftPeerId peer, Exception failure, boolean reconnect) {
        LOG.debug("{} could not be asked", peer, failure);
    }

    // ---- what is said

    @Override
    public RequestVoteReplyProto requestVote(RequestVoteRequestProto request) throws IOException {
        return call(request.getServerRequest(), Kind.VOTE, request, VOTED, CALL_MS);
    }

    @Override
    public AppendEntriesReplyProto appendEntries(AppendEntriesRequestProto request) throws IOException {
        return callAgain(request.getServerRequest(), Kind.APPEND, request, APPENDED, CALL_MS);
    }

    @Override
    public InstallSnapshotReplyProto installSnapshot(InstallSnapshotRequestProto request) throws IOException {
        return callAgain(request.getServerRequest(), Kind.SNAPSHOT, request, INSTALLED, SNAPSHOT_MS);
    }

    @Override
    public StartLeaderElectionReplyProto startLeaderElection(StartLeaderElectionRequestProto request)
            throws IOException {
        return call(request.getServerRequest(), Kind.STAND, request, STOOD, CALL_MS);
    }

    /// What the library says again and again, on a thread for that voter alone, until it is done.
    private <A> A callAgain(
            RaftRpcRequestProto to, Kind kind, MessageLite request, Reply<A> reply, long withinMs)
            throws IOException {
        long beganNs = System.nanoTime();
        try {
            return call(to, kind, request, reply, withinMs);
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            try {
                TimeUnit.NANOSECONDS.sleep(beganNs + TimeUnit.MILLISECONDS.toNanos(REST_MS) - System.nanoTime());
            } catch (InterruptedException interrupted) {
                e.addSuppressed(interrupted);
                throw interrupted(e);
            }
            throw e;
        }
    }

    private static InterruptedIOException interrupted(Exception cause) {
        InterruptedIOException interrupted = new InterruptedIOException("interrupted while another voter was asked");
        interrupted.initCause(cause);
        return interrupted;
    }

    private <A> A call(RaftRpcRequestProto to, Kind kind, MessageLite request, Reply<A> reply, long withinMs)
            throws IOException {
        if (closed) {
            throw new IOException("this voter has ended");
        }
        int node = Voter.nodeOf(to.getReplyId().toStringUtf8());
        CompletableFuture<@Nullable ByteBuffer> answered = new CompletableFuture<>();
        link.call(node, CallCodec.call(kind, request), withinMs, answered::complete);
        try {
            ByteBuffer told = answered.get(withinMs, TimeUnit.MILLISECONDS);
            if (told == null) {
                throw new IOException("voter " + node + " does not answer");
            }
            return requireBy(to, reply, CallCodec.message(CallCodec.requireDone(told), reply.parser()));
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (ExecutionException e) {
            throw new IOException("voter " + node + " could not be asked", e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("voter " + node + " did not answer in " + withinMs + " ms", e);
        }
    }

    /// One that this voter does not know as another may have the place where it was asked.
    private static <A> A requireBy(RaftRpcRequestProto to, Reply<A> reply, A answer) throws IOException {
        RaftRpcReplyProto head = reply.head().apply(answer);
        if (!head.getReplyId().equals(to.getReplyId())) {
            throw new IOException("voter " + to.getReplyId().toStringUtf8() + " was asked, and '"
                    + head.getReplyId().toStringUtf8() + "' answers");
        }
        return answer;
    }

    // ---- what is heard

    private void heard(int node, ByteBuffer said, Consumer<ByteBuffer> answer) throws IOException {
        Kind kind = CallCodec.kind(said);
        try {
            hearing.execute(() -> answer.accept(answer(node, kind, said)));
        } catch (RejectedExecutionException e) {
            throw new IOException("this voter hears as many as it can, or has ended", e);
        }
    }

    private ByteBuffer answer(int node, Kind kind, ByteBuffer said) {
        try {
            return CallCodec.done(switch (kind) {
                case VOTE -> {
                    RequestVoteRequestProto request = CallCodec.message(said, RequestVoteRequestProto.parser());
                    requireFromTo(node, request.getServerRequest());
                    yield server.requestVote(request);
                }
                case APPEND -> {
                    AppendEntriesRequestProto request = CallCodec.message(said, AppendEntriesRequestProto.parser());
                    requireFromTo(node, request.getServerRequest());
                    yield server.appendEntries(request);
                }
                case SNAPSHOT -> {
                    InstallSnapshotRequestProto request =
                            CallCodec.message(said, InstallSnapshotRequestProto.parser());
                    requireFromTo(node, request.getServerRequest());
                    yield server.installSnapshot(request);
                }
                case STAND -> {
                    StartLeaderElectionRequestProto request =
                            CallCodec.message(said, StartLeaderElectionRequestProto.parser());
                    requireFromTo(node, request.getServerRequest());
                    yield server.startLeaderElection(request);
                }
            });
        } catch (IOException | RuntimeException e) {
            LOG.debug("What voter {} said was not done", node, e);
            return CallCodec.failed(e);
        }
    }

    /// A broker speaks for itself alone, and to the voter that it means.
    private void requireFromTo(int node, RaftRpcRequestProto request) throws IOException {
        String from = request.getRequestorId().toStringUtf8();
        if (!from.startsWith(node + "-")) {
            throw new IOException("broker " + node + " speaks for '" + from + "'");
        }
        String to = request.getReplyId().toStringUtf8();
        if (!to.equals(here.name())) {
            throw new IOException("it is meant for '" + to + "', and this is voter " + here.name());
        }
    }
}
