package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.HostPort;
import org.apache.ratis.client.impl.ClientProtoUtils;
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
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.thirdparty.com.google.protobuf.MessageLite;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Whose answers count: a voter of an earlier release answers also what is meant for another folder of its node.
@Timeout(60)
class VoterAnswersTest {
    private static final RaftGroupId GROUP = RaftGroupId.valueOf(new UUID(9, 9));
    private static final Voter HERE = new Voter(1, new UUID(7, 1), new HostPort("127.0.0.1", 1));
    private static final RaftPeerId ASKED = RaftPeerId.valueOf(Voter.name(2, new UUID(7, 2)));
    private static final RaftPeerId ANOTHER = RaftPeerId.valueOf(Voter.name(2, new UUID(7, 3)));

    private final Answering link = new Answering();
    private final VoterCalls calls = new VoterCalls(new LinkedVoters(), HERE, noServer(), link);

    /// Whoever is asked says at once what it is given.
    private static final class Answering implements ConsensusLink {
        private Function<RaftPeerId, MessageLite> answer = _ -> AppendEntriesReplyProto.getDefaultInstance();
        private RaftPeerId by = ASKED;

        @Override
        public void knows(Voter other) {
            // It is where it is asked.
        }

        @Override
        public void call(int node, ByteBuffer said, long withinMs, Consumer<@Nullable ByteBuffer> answered) {
            answered.accept(CallCodec.done(answer.apply(by)));
        }

        @Override
        public void hears(@Nullable Hearing hearing) {
            // Nobody speaks to this one.
        }
    }

    /// Nothing is heard here.
    private static RaftServer noServer() {
        return (RaftServer) Proxy.newProxyInstance(RaftServer.class.getClassLoader(), new Class<?>[] {RaftServer.class},
                (_, method, _) -> {
                    throw new UnsupportedOperationException(method.getName());
                });
    }

    private static RaftRpcRequestProto.Builder request() {
        return ClientProtoUtils.toRaftRpcRequestProtoBuilder(
                RaftGroupMemberId.valueOf(RaftPeerId.valueOf(HERE.name()), GROUP), ASKED);
    }

    private static RaftRpcReplyProto.Builder reply(RaftPeerId by) {
        return ClientProtoUtils.toRaftRpcReplyProtoBuilder(
                RaftPeerId.valueOf(HERE.name()).toByteString(), by.toByteString(), GROUP, 1L, true);
    }

    @AfterEach
    void end() {
        calls.close();
    }

    private void assertHasToBeOfTheAsked(Function<RaftPeerId, MessageLite> answer, Executable call) throws Throwable {
        link.answer = answer;
        link.by = ASKED;
        call.execute();
        link.by = ANOTHER;
        IOException refused = assertThrows(IOException.class, call);
        assertTrue(refused.getMessage().contains("was asked, and '" + ANOTHER + "' answers"), refused.getMessage());
    }

    @Test
    void anAnswerIsOfTheVoterThatWasAsked() throws Throwable {
        assertHasToBeOfTheAsked(by -> RequestVoteReplyProto.newBuilder().setServerReply(reply(by)).build(), () ->
                calls.requestVote(RequestVoteRequestProto.newBuilder().setServerRequest(request()).build()));
        assertHasToBeOfTheAsked(by -> AppendEntriesReplyProto.newBuilder().setServerReply(reply(by)).build(), () ->
                calls.appendEntries(AppendEntriesRequestProto.newBuilder().setServerRequest(request()).build()));
        assertHasToBeOfTheAsked(by -> InstallSnapshotReplyProto.newBuilder().setServerReply(reply(by)).build(), () ->
                calls.installSnapshot(InstallSnapshotRequestProto.newBuilder().setServerRequest(request()).build()));
        assertHasToBeOfTheAsked(by -> StartLeaderElectionReplyProto.newBuilder().setServerReply(reply(by)).build(),
                () -> calls.startLeaderElection(
                        StartLeaderElectionRequestProto.newBuilder().setServerRequest(request()).build()));
    }

    @Test
    void anAnswerThatSaysNobodyIsNone() {
        link.answer = _ -> RequestVoteReplyProto.getDefaultInstance();
        assertEquals("voter " + ASKED + " was asked, and '' answers", assertThrows(IOException.class, () ->
                calls.requestVote(RequestVoteRequestProto.newBuilder().setServerRequest(request()).build()))
                .getMessage());
    }
}
