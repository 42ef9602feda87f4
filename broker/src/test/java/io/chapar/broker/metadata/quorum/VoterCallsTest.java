package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.Proposed;
import io.chapar.broker.runtime.Loop;
import org.apache.ratis.client.impl.ClientProtoUtils;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What a broker of the cluster that is no voter, or speaks for another one, can say to voters.
@Timeout(180)
class VoterCallsTest {
    private static final int SOON_MS = 30_000;
    private static final int FAR = 1_000;
    private static final int QUIET_WITHIN = 4;

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

    private RaftPeerId peer(int node) {
        return RaftPeerId.valueOf(cluster.membership().voter(node).name());
    }

    private RaftRpcRequestProto.Builder fromTo(int from, int to) {
        return fromTo(from, peer(to), cluster.membership().group());
    }

    private RaftRpcRequestProto.Builder fromTo(int from, RaftPeerId to, UUID group) {
        return ClientProtoUtils.toRaftRpcRequestProtoBuilder(
                RaftGroupMemberId.valueOf(peer(from), RaftGroupId.valueOf(group)), to);
    }

    private long term() {
        return requireNonNull(cluster.log(cluster.controller()).quorum(), "it is up").term();
    }

    private interface Deed {
        void run(int leader, long before) throws Exception;
    }

    /// Voters that their machine lets stand still elect once more by themselves: of that time nothing can be said.
    private void assertLeavesTheTerm(Deed deed) throws Exception {
        long before;
        int times = 0;
        do {
            assertTrue(++times <= QUIET_WITHIN, "an election each time");
            int leader = cluster.controller();
            before = term();
            deed.run(leader, before);
            assertTrue(term() < before + FAR, "nobody took over the term that was said");
        } while (term() != before);
        assertGoesOn();
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

    private void assertRefused(String why, int from, int to, ByteBuffer call) throws Exception {
        ByteBuffer answer = cluster.call(from, to, call).get(SOON_MS, TimeUnit.MILLISECONDS);
        IOException refused = assertThrows(IOException.class, () -> CallCodec.requireDone(answer));
        assertTrue(refused.getMessage().contains(why), refused.getMessage());
    }

    @Test
    void nobodySpeaksForAnotherVoter() throws Exception {
        assertLeavesTheTerm(this::speakForAnother);
    }

    private void speakForAnother(int leader, long before) throws Exception {
        int other = (leader + 1) % 3;
        int third = (leader + 2) % 3;
        String why = "speaks for";
        assertRefused(why, third, leader, CallCodec.call(CallCodec.Kind.APPEND, AppendEntriesRequestProto.newBuilder()
                .setServerRequest(fromTo(other, leader)).setLeaderTerm(before + FAR).build()));
        assertRefused(why, third, leader, CallCodec.call(CallCodec.Kind.VOTE, RequestVoteRequestProto.newBuilder()
                .setServerRequest(fromTo(other, leader)).setCandidateTerm(before + FAR).build()));
        assertRefused(why, third, leader, CallCodec.call(CallCodec.Kind.SNAPSHOT,
                InstallSnapshotRequestProto.newBuilder()
                        .setServerRequest(fromTo(other, leader)).setLeaderTerm(before + FAR).build()));
        assertRefused(why, third, other, CallCodec.call(CallCodec.Kind.STAND,
                StartLeaderElectionRequestProto.newBuilder().setServerRequest(fromTo(leader, other)).build()));
    }

    /// An address that was another node's, and a node whose folder was emptied, is another voter.
    @Test
    void nobodyHearsWhatIsMeantForAnotherVoter() throws Exception {
        assertLeavesTheTerm(this::speakToAnother);
    }

    private void speakToAnother(int leader, long before) throws Exception {
        int other = (leader + 1) % 3;
        int third = (leader + 2) % 3;
        UUID group = cluster.membership().group();
        for (RaftPeerId meant : List.of(peer(leader), RaftPeerId.valueOf(Voter.name(other, new UUID(7, 77))))) {
            String why = "it is meant for '" + meant + "'";
            assertRefused(why, third, other, CallCodec.call(CallCodec.Kind.APPEND,
                    AppendEntriesRequestProto.newBuilder()
                            .setServerRequest(fromTo(third, meant, group)).setLeaderTerm(before + FAR).build()));
            assertRefused(why, third, other, CallCodec.call(CallCodec.Kind.VOTE, RequestVoteRequestProto.newBuilder()
                    .setServerRequest(fromTo(third, meant, group)).setCandidateTerm(before + FAR).build()));
            assertRefused(why, third, other, CallCodec.call(CallCodec.Kind.SNAPSHOT,
                    InstallSnapshotRequestProto.newBuilder()
                            .setServerRequest(fromTo(third, meant, group)).setLeaderTerm(before + FAR).build()));
            assertRefused(why, third, other, CallCodec.call(CallCodec.Kind.STAND,
                    StartLeaderElectionRequestProto.newBuilder()
                            .setServerRequest(fromTo(third, meant, group)).build()));
        }
    }

    /// Of another cluster, or of this one before it was begun anew.
    @Test
    void nobodyHearsWhatIsMeantForAnotherQuorum() throws Exception {
        assertLeavesTheTerm(this::speakToAnotherQuorum);
    }

    private void speakToAnotherQuorum(int leader, long before) throws Exception {
        int other = (leader + 1) % 3;
        int third = (leader + 2) % 3;
        RaftRpcRequestProto.Builder strange = fromTo(third, peer(other), new UUID(9, 10));
        String why = "not found";
        assertRefused(why, third, other, CallCodec.call(CallCodec.Kind.APPEND, AppendEntriesRequestProto.newBuilder()
                .setServerRequest(strange).setLeaderTerm(before + FAR).build()));
        assertRefused(why, third, other, CallCodec.call(CallCodec.Kind.VOTE, RequestVoteRequestProto.newBuilder()
                .setServerRequest(strange).setCandidateTerm(before + FAR).build()));
        assertRefused(why, third, other, CallCodec.call(CallCodec.Kind.SNAPSHOT,
                InstallSnapshotRequestProto.newBuilder()
                        .setServerRequest(strange).setLeaderTerm(before + FAR).build()));
        assertRefused(why, third, other, CallCodec.call(CallCodec.Kind.STAND,
                StartLeaderElectionRequestProto.newBuilder().setServerRequest(strange).build()));
    }

    /// The library's clients can write to its log, and delete it.
    @Test
    void whatIsNoCallOfAVoterIsNotBegun() throws Exception {
        int leader = cluster.controller();
        RaftClientRequest write = RaftClientRequest.newBuilder().setClientId(ClientId.randomId())
                .setServerId(peer(leader)).setGroupId(RaftGroupId.valueOf(cluster.membership().group())).setCallId(1)
                .setMessage(Message.valueOf("no entry")).setType(RaftClientRequest.writeRequestType()).build();
        byte[] bytes = ClientProtoUtils.toRaftClientRequestProto(write, true).toByteArray();
        ByteBuffer call = ByteBuffer.allocate(1 + bytes.length).put((byte) 4).put(bytes).flip();
        assertInstanceOf(IOException.class, assertThrows(ExecutionException.class, () ->
                cluster.call((leader + 1) % 3, leader, call).get(SOON_MS, TimeUnit.MILLISECONDS)).getCause());
        assertGoesOn();
    }

    @Test
    void bytesThatMeanNothingHarmNobody() throws Exception {
        assertLeavesTheTerm((_, _) -> sayNonsense());
    }

    private void sayNonsense() throws Exception {
        Random random = new Random(3);
        for (int i = 0; i < 300; i++) {
            byte[] bytes = new byte[random.nextInt(400)];
            random.nextBytes(bytes);
            if (bytes.length > 0 && i % 2 == 0) {
                bytes[0] = (byte) random.nextInt(4);
            }
            cluster.call(i % 3, (i + 1) % 3, ByteBuffer.wrap(bytes))
                    .handle((answer, failure) -> answer).get(SOON_MS, TimeUnit.MILLISECONDS);
        }
    }
}
