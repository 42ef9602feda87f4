package io.chapar.broker.peer.socket;

import io.chapar.broker.metadata.quorum.ControllerLink;
import io.chapar.broker.metadata.quorum.FeedLink;
import io.chapar.broker.metadata.quorum.VoterLink;
import io.chapar.broker.peer.Matter;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/// What voters and controllers are told, over the links between brokers. Whoever is to be answered is one of this
/// broker's loops. From any thread.
///
/// @param peers that belong to no cluster yet carry what voters say alone
public record QuorumLinks(NettyPeers peers) implements ControllerLink, VoterLink, FeedLink {

    @Override
    public void handOver(int controller, ByteBuffer proposal, long remainingMs, Loop replyOn, Consumer<Ended> ended) {
        int most = Matter.PROPOSAL.mostBytes();
        if (proposal.remaining() > most) {
            replyOn.execute(() -> ended.accept(new TooLarge(most)));
            return;
        }
        ask(controller, Matter.PROPOSAL, proposal, remainingMs, replyOn, how -> ended.accept(switch (how) {
            case Matter.Told(ByteBuffer answer) -> new Answered(answer);
            case Peers.Unsent _ -> new NotSent();
            case Peers.Lost _ -> new NotKnown();
        }));
    }

    @Override
    public void say(
            int node, ByteBuffer said, long withinMs, Loop replyOn, Consumer<@Nullable ByteBuffer> answered) {
        ask(node, Matter.SAYING, said, withinMs, replyOn,
                how -> answered.accept(how instanceof Matter.Told(ByteBuffer answer) ? answer : null));
    }

    @Override
    public void ask(int voter, ByteBuffer ask, long withinMs, Loop replyOn, Consumer<@Nullable ByteBuffer> answered) {
        ask(voter, Matter.FEED, ask, withinMs, replyOn,
                how -> answered.accept(how instanceof Matter.Told(ByteBuffer answer) ? answer : null));
    }

    private void ask(int node, Matter matter, ByteBuffer bytes, long withinMs, Loop replyOn,
            Consumer<Matter.Ended> done) {
        long deadlineMs = replyOn.nowMs() + Math.clamp(withinMs, 0, Integer.MAX_VALUE);
        peers.ask(node, matter, bytes, replyOn, deadlineMs, done);
    }
}
