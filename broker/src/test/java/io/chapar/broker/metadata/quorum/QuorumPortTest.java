package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.Proposed;
import io.chapar.broker.runtime.Loop;
import org.apache.ratis.client.impl.ClientProtoUtils;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.netty.NettyProtos.RaftNettyServerReplyProto;
import org.apache.ratis.proto.netty.NettyProtos.RaftNettyServerRequestProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupListRequest;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What a stranger at the port of the metadata quorum can do, and what not. It asks nobody for a proof: these tests
/// hold what the documents say of it.
@Timeout(180)
class QuorumPortTest {
    private static final Logger LOG = LoggerFactory.getLogger(QuorumPortTest.class);
    private static final int SOON_MS = 30_000;
    /// Terms.
    private static final int FAR = 1_000;

    @TempDir
    Path folder;

    private final AtomicInteger asked = new AtomicInteger();
    private QuorumCluster cluster;

    @BeforeEach
    void begin() throws IOException {
        cluster = new QuorumCluster(3, folder, 1_000, 1 << 20);
        cluster.startAll();
        cluster.create();
    }

    @AfterEach
    void end() throws Exception {
        cluster.close();
    }

    private Voter voter(int node) {
        return cluster.membership().voter(node);
    }

    private RaftGroupId group() {
        return RaftGroupId.valueOf(cluster.membership().group());
    }

    private RaftPeerId peer(int node) {
        return RaftPeerId.valueOf(voter(node).name());
    }

    private Socket dial(int node) throws IOException {
        Socket socket = new Socket(voter(node).at().host(), voter(node).at().port());
        socket.setSoTimeout(SOON_MS);
        return socket;
    }

    /// All three still decide.
    private void assertGoesOn() throws Exception {
        for (int node = 0; node < 3; node++) {
            CompletableFuture<Proposed<List<TopicOutcome>>> ended = new CompletableFuture<>();
            Loop loop = cluster.loop(node);
            cluster.log(node).propose(new CreateTopics(List.of(new NewTopic(
                    "t" + asked.incrementAndGet(), 1, new TreeMap<>())), false), loop.nowMs() + SOON_MS, loop,
                    ended::complete);
            assertInstanceOf(Committed.class, ended.get(2L * SOON_MS, TimeUnit.MILLISECONDS));
        }
    }

    /// It may close the connection at any byte.
    private void throwAt(int node, byte[] bytes) throws IOException {
        try (Socket socket = dial(node)) {
            socket.getOutputStream().write(bytes);
        } catch (SocketException closed) {
            LOG.debug("closed while it was written to", closed);
        }
    }

    private RaftNettyServerReplyProto ask(int node, RaftNettyServerRequestProto request) throws IOException {
        try (Socket socket = dial(node)) {
            request.writeDelimitedTo(socket.getOutputStream());
            return requireNonNull(RaftNettyServerReplyProto.parseDelimitedFrom(socket.getInputStream()), "closed");
        }
    }

    private void assertRefused(RaftNettyServerRequestProto request) throws Exception {
        for (int node = 0; node < 3; node++) {
            RaftNettyServerReplyProto reply = ask(node, request);
            assertTrue(reply.hasExceptionReply(), reply.toString());
        }
    }

    private static RaftNettyServerRequestProto.Builder request() {
        return RaftNettyServerRequestProto.newBuilder();
    }

    @Test
    void bytesThatMeanNothingHarmNobody() throws Exception {
        Random random = new Random(3);
        for (int i = 0; i < 60; i++) {
            byte[] bytes = new byte[1 + random.nextInt(4_000)];
            random.nextBytes(bytes);
            throwAt(i % 3, bytes);
        }
        assertGoesOn();
    }

    /// They take memory for as long as they come.
    @Test
    void aFrameThatDoesNotEndKeepsNobodyFromDeciding() throws Exception {
        try (Socket socket = dial(cluster.controller())) {
            OutputStream out = socket.getOutputStream();
            out.write(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 7});
            for (int i = 0; i < 8; i++) {
                out.write(new byte[1 << 20]);
                assertGoesOn();
            }
        }
        assertGoesOn();
    }

    @Test
    void nobodyWritesToTheLogButTheVotersThemselves() throws Exception {
        RaftClientRequest write = RaftClientRequest.newBuilder().setClientId(ClientId.randomId())
                .setServerId(peer(cluster.controller())).setGroupId(group()).setCallId(1)
                .setMessage(Message.valueOf("no entry")).setType(RaftClientRequest.writeRequestType()).build();
        assertRefused(request().setRaftClientRequest(ClientProtoUtils.toRaftClientRequestProto(write, true)).build());
        assertGoesOn();
    }

    @Test
    void nobodyElseSaysWhoVotesOrLeads() throws Exception {
        int controller = cluster.controller();
        ClientId stranger = ClientId.randomId();
        List<RaftPeer> alone = List.of(RaftPeer.newBuilder().setId("stranger").setAddress("127.0.0.1:1").build());
        assertRefused(request().setSetConfigurationRequest(ClientProtoUtils.toSetConfigurationRequestProto(
                new SetConfigurationRequest(stranger, peer(controller), group(), 1,
                        SetConfigurationRequest.Arguments.newBuilder().setServersInNewConf(alone).build()))).build());
        assertRefused(request().setTransferLeadershipRequest(ClientProtoUtils.toTransferLeadershipRequestProto(
                new TransferLeadershipRequest(stranger, peer(controller), group(), 2, peer((controller + 1) % 3),
                        1_000))).build());
        assertRefused(request().setGroupListRequest(ClientProtoUtils.toGroupListRequestProto(
                new GroupListRequest(stranger, peer(controller), group(), 3))).build());
        for (int node = 0; node < 3; node++) {
            assertRefused(request().setGroupManagementRequest(ClientProtoUtils.toGroupManagementRequestProto(
                    GroupManagementRequest.newRemove(stranger, peer(node), 4, group(), true, false))).build());
        }
        assertGoesOn();
    }

    /// As far as the port goes whoever reaches it is a voter: with the id of the quorum it can make the leader give
    /// way, and more. So no other machine may reach it.
    @Test
    void whoSpeaksAsAVoterIsHeard() throws Exception {
        int leader = cluster.controller();
        int other = (leader + 1) % 3;
        long term = requireNonNull(cluster.log(leader).quorum(), "it is up").term();
        AppendEntriesRequestProto forged = AppendEntriesRequestProto.newBuilder()
                .setServerRequest(ClientProtoUtils.toRaftRpcRequestProtoBuilder(
                        RaftGroupMemberId.valueOf(peer(other), group()), peer(leader)))
                .setLeaderTerm(term + FAR).build();
        assertTrue(ask(leader, request().setAppendEntriesRequest(forged).build()).hasAppendEntriesReply());
        Awaitility.await().atMost(Duration.ofMillis(SOON_MS)).until(() ->
                requireNonNull(cluster.log(cluster.controller()).quorum(), "it is up").term() > term + FAR);
        assertGoesOn();
    }
}
