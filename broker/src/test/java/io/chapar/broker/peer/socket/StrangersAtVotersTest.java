package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.quorum.Membership;
import io.chapar.broker.net.Server;
import io.chapar.broker.peer.LinkLimits;
import io.chapar.broker.peer.Matter;
import io.chapar.broker.peer.PeerSecret;
import io.chapar.broker.peer.Peers;
import io.chapar.testing.FreePorts;
import org.apache.ratis.client.impl.ClientProtoUtils;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.netty.NettyProtos.RaftNettyServerRequestProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Who is not of the cluster, at the ports of three voters that have a secret. It knows all that is no secret: where
/// they are, how they and the consensus library speak, the ids of the quorum and of its voters.
@Timeout(180)
class StrangersAtVotersTest {
    private static final int SOON_SECONDS = 60;
    private static final int FAR = 1_000;
    private static final int QUIET_WITHIN = 4;
    private static final PeerSecret SECRET = PeerSecret.of("a secret of three voters".getBytes(StandardCharsets.UTF_8));
    private static final PeerSecret GUESSED = PeerSecret.of("another one, as long".getBytes(StandardCharsets.UTF_8));

    @TempDir
    Path folder;

    private final SortedMap<Integer, HostPort> listed = new TreeMap<>();
    private final SortedMap<Integer, HostPort> voters = new TreeMap<>();
    private final List<VoterNode> nodes = new ArrayList<>();
    private Membership membership;

    @BeforeEach
    void start() throws Exception {
        for (int id = 1; id <= 3; id++) {
            listed.put(id, new HostPort("127.0.0.1", FreePorts.one()));
            voters.put(id, new HostPort("127.0.0.1", FreePorts.one()));
        }
        for (int id = 1; id <= 3; id++) {
            nodes.add(new VoterNode(id, listed, voters, SECRET, folder.resolve("node" + id)));
        }
        for (VoterNode node : nodes) {
            membership = node.join();
        }
        assertGoesOn();
    }

    @AfterEach
    void stop() {
        VoterNode.closeAll(nodes);
    }

    private void assertGoesOn() throws Exception {
        for (VoterNode node : nodes) {
            assertInstanceOf(Committed.class,
                    node.propose(node.registration()).get(SOON_SECONDS, TimeUnit.SECONDS));
        }
    }

    private long term() {
        return nodes.stream().mapToLong(node -> requireNonNull(node.log().quorum(), "it is up").term()).max()
                .orElseThrow();
    }

    private long counted() {
        return nodes.stream().mapToLong(node -> node.peers.unproven()).sum();
    }

    private RaftPeerId peer(int node) {
        return RaftPeerId.valueOf(node + "-" + folderOf(node));
    }

    private UUID folderOf(int node) {
        return membership.voters().stream().filter(voter -> voter.node() == node).findFirst().orElseThrow().folder();
    }

    private RaftGroupId group() {
        return RaftGroupId.valueOf(membership.group());
    }

    private List<RaftNettyServerRequestProto> ofTheLibrary(int to) {
        int from = to % 3 + 1;
        List<RaftPeer> alone = List.of(RaftPeer.newBuilder().setId("stranger").setAddress("127.0.0.1:1").build());
        return List.of(
                RaftNettyServerRequestProto.newBuilder().setRequestVoteRequest(RequestVoteRequestProto.newBuilder()
                        .setServerRequest(ClientProtoUtils.toRaftRpcRequestProtoBuilder(
                                RaftGroupMemberId.valueOf(peer(from), group()), peer(to)))
                        .setCandidateTerm(term() + FAR)).build(),
                RaftNettyServerRequestProto.newBuilder().setAppendEntriesRequest(AppendEntriesRequestProto.newBuilder()
                        .setServerRequest(ClientProtoUtils.toRaftRpcRequestProtoBuilder(
                                RaftGroupMemberId.valueOf(peer(from), group()), peer(to)))
                        .setLeaderTerm(term() + FAR)).build(),
                RaftNettyServerRequestProto.newBuilder().setSetConfigurationRequest(
                        ClientProtoUtils.toSetConfigurationRequestProto(new SetConfigurationRequest(
                                ClientId.randomId(), peer(to), group(), 1, SetConfigurationRequest.Arguments
                                        .newBuilder().setServersInNewConf(alone).build()))).build());
    }

    /// What comes back until the other side ends the connection.
    private static int answered(HostPort at, byte[] said) throws IOException {
        try (Socket socket = new Socket(at.host(), at.port())) {
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(SOON_SECONDS));
            socket.getOutputStream().write(said);
            return socket.getInputStream().readAllBytes().length;
        } catch (SocketException closed) {
            return 0;
        }
    }

    @Test
    void nobodyListensAtThePortOfTheLibrary() {
        for (HostPort at : listed.values()) {
            assertThrows(ConnectException.class, () -> new Socket(at.host(), at.port()).close());
        }
    }

    private interface Deed {
        void run() throws Exception;
    }

    /// Voters that their machine lets stand still elect once more by themselves: of that time nothing can be said.
    private void assertLeavesTheTerm(Deed deed) throws Exception {
        long before;
        int times = 0;
        do {
            assertTrue(++times <= QUIET_WITHIN, "an election each time");
            before = term();
            deed.run();
            assertTrue(term() < before + FAR, "nobody took over the term of a stranger");
        } while (term() != before);
        assertGoesOn();
    }

    @Test
    void whoSpeaksAsTheLibraryChangesNothing() throws Exception {
        assertLeavesTheTerm(this::speakAsTheLibrary);
    }

    private void speakAsTheLibrary() throws IOException {
        long counted = counted();
        int sent = 0;
        for (int id = 1; id <= 3; id++) {
            for (RaftNettyServerRequestProto request : ofTheLibrary(id)) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                request.writeDelimitedTo(bytes);
                bytes.write(new byte[600]);
                assertEquals(0, answered(requireNonNull(voters.get(id)), bytes.toByteArray()) / 16,
                        "a word of refusal at the most");
                sent++;
            }
        }
        long most = counted + sent;
        Awaitility.await().atMost(Duration.ofSeconds(SOON_SECONDS)).until(() -> counted() >= most);
    }

    /// Of any length, of which it sends as much as is taken.
    @Test
    void aFrameThatDoesNotEndIsCutShort() {
        byte[] endless = new byte[16 << 20];
        ByteBuffer.wrap(endless).putInt(Integer.MAX_VALUE);
        for (HostPort at : voters.values()) {
            assertThrows(IOException.class, () -> {
                try (Socket socket = new Socket(at.host(), at.port())) {
                    for (int i = 0; i < 64; i++) {
                        socket.getOutputStream().write(endless);
                    }
                }
            });
        }
    }

    /// It can say all that a voter says, as one of them, but for the secret.
    @Test
    void whoDoesNotKnowTheSecretIsNotHeard() throws Exception {
        assertLeavesTheTerm(this::speakWithoutTheSecret);
    }

    private void speakWithoutTheSecret() throws Exception {
        long counted = counted();
        Server server = new Server(1);
        NettyPeers stranger = new NettyPeers(server,
                new PeerSettings(new HostPort("127.0.0.1", 0), GUESSED, false, LinkLimits.of(1 << 20)), 4,
                UUID.randomUUID(), new SecureRandom(), _ -> { }, voters);
        try {
            for (int id = 1; id <= 3; id++) {
                CompletableFuture<Matter.Ended> ended = new CompletableFuture<>();
                stranger.ask(id, Matter.CONSENSUS, ByteBuffer.allocate(1), server.loops().getFirst(),
                        server.loops().getFirst().nowMs() + 10_000, ended::complete);
                assertInstanceOf(Peers.Unsent.class, ended.get(SOON_SECONDS, TimeUnit.SECONDS));
            }
        } finally {
            stranger.close();
            server.close();
        }
        Awaitility.await().atMost(Duration.ofSeconds(SOON_SECONDS)).until(() -> counted() >= counted + 3);
    }
}
