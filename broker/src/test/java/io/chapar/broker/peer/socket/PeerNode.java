package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ImageWaits;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.net.RequestHost;
import io.chapar.broker.net.Server;
import io.chapar.broker.peer.LinkLimits;
import io.chapar.broker.peer.PeerSecret;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.replica.FollowMessage.ToLeader;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarker;
import io.chapar.protocol.message.WriteTxnMarkersResponse;
import io.chapar.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerResult;
import org.jspecify.annotations.Nullable;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

/// A broker of which there is nothing but its loops and its links, on loopback.
final class PeerNode implements AutoCloseable {
    static final UUID CLUSTER = new UUID(3, 3);
    static final short VERSION = 2;

    /// A follower that has begun, here at the leader.
    record Arrived(FollowStreams.Follower who, FollowStreams.Back back) {}

    final int id;
    final UUID incarnation = UUID.randomUUID();
    final Server server;
    final NettyPeers peers;
    final PeerHost behind = new PeerHost();
    /// Version of the metadata that is known here.
    final AtomicLong image = new AtomicLong();
    final ImageWaits images = new ImageWaits(image::get);
    final HostPort address;
    final BlockingQueue<Suspect> suspects = new LinkedBlockingQueue<>();
    final BlockingQueue<RequestContext> begun = new LinkedBlockingQueue<>();
    final BlockingQueue<Arrived> followers = new LinkedBlockingQueue<>();
    final BlockingQueue<String> said = new LinkedBlockingQueue<>();
    volatile BiConsumer<Request, RequestContext> host =
            (request, context) -> context.reply(answer(((WriteTxnMarkersRequest) request).markers().getFirst()
                    .producerId()));

    PeerNode(int id, int loops, @Nullable PeerSecret secret, int port) {
        this(id, loops, secret, port, null);
    }

    PeerNode(int id, int loops, @Nullable PeerSecret secret, int port, @Nullable PeerTls tls) {
        this.id = id;
        server = new Server(loops);
        peers = new NettyPeers(server,
                new PeerSettings(new HostPort("127.0.0.1", port), secret, false, LinkLimits.of(1 << 20), tls), id,
                incarnation, new SecureRandom(), suspects::add, new TreeMap<>());
        peers.belongTo(CLUSTER);
        peers.image(image::get);
        behind.followers(accepting());
        behind.requests(new PeerHost.Requests(requests(), images));
        try {
            address = peers.listen(behind);
        } catch (Exception e) {
            server.close();
            throw new AssertionError(e);
        }
    }

    private RequestHost requests() {
        return new RequestHost() {
            @Override
            public boolean serves(ApiKey api, short version) {
                return true;
            }

            @Override
            public ApiVersionsResponse unsupportedVersion() {
                throw new AssertionError("of clients");
            }

            @Override
            public void begin(Request request, RequestContext context) {
                begun.add(context);
                host.accept(request, context);
            }
        };
    }

    private FollowStreams.Accepting accepting() {
        return new FollowStreams.Accepting() {
            @Override
            public int loops() {
                return server.loops().size();
            }

            @Override
            public FollowStreams.Accepted accept(FollowStreams.Follower who, FollowStreams.Back back) {
                followers.add(new Arrived(who, back));
                return new FollowStreams.Accepted() {
                    @Override
                    public void received(int leaderLoop, List<ToLeader> frame) {
                        said.add(leaderLoop + " " + frame);
                    }

                    @Override
                    public void ended() {
                        said.add("ended");
                    }
                };
            }
        };
    }

    /// All of them know where all are.
    static ClusterImage meet(PeerNode... nodes) {
        List<MetadataRecord> records = new ArrayList<>();
        records.add(new MetadataRecord.ClusterCreated(CLUSTER));
        for (PeerNode node : nodes) {
            records.add(new MetadataRecord.BrokerRegistered(
                    new Registration(node.id, node.incarnation, null, node.address, null)));
        }
        ClusterImage image = ClusterImage.EMPTY.apply(records);
        for (PeerNode node : nodes) {
            node.peers.follow(image);
        }
        return image;
    }

    NettyLoop loop(int index) {
        return server.loops().get(index);
    }

    CompletableFuture<Peers.Asked> ask(PeerNode other, int loop, long number, long leftMs) {
        WriteTxnMarkersRequest question = WriteTxnMarkersRequest.builder().markers(List.of(
                new WritableTxnMarker(number, (short) 0, true, List.of(), 0, (byte) 2))).build();
        return ask(other, loop, question, VERSION, leftMs);
    }

    CompletableFuture<Peers.Asked> ask(PeerNode other, int loop, Request question, short version, long leftMs) {
        CompletableFuture<Peers.Asked> done = new CompletableFuture<>();
        NettyLoop on = loop(loop);
        peers.ask(other.id, question, version, on, on.nowMs() + leftMs, how -> {
            if (!on.inLoop() || !done.complete(how)) {
                done.obtrudeException(new AssertionError("twice, or elsewhere"));
            }
        });
        return done;
    }

    static WriteTxnMarkersResponse answer(long number) {
        return WriteTxnMarkersResponse.builder()
                .markers(List.of(new WritableTxnMarkerResult(number, List.of()))).build();
    }

    @Override
    public void close() {
        peers.close();
        server.close();
    }
}
