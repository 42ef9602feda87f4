package io.chapar.broker.peer.socket;

import io.chapar.broker.config.QuorumVoters;
import io.chapar.broker.metadata.quorum.ConsensusLink;
import io.chapar.broker.metadata.quorum.Voter;
import io.chapar.broker.peer.Matter;
import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// What the consensus library of this voter says to others and hears of them, on the links among voters.
///
/// Where a voter is, the list of voters says, which is newer than what the library wrote down; but a node that votes
/// with another folder than before is where the library was told of it.
public final class ConsensusLinks implements ConsensusLink {
    private final NettyPeers peers;
    private final PeerHost host;
    private final Loop loop;
    private final Map<Integer, UUID> folders = new ConcurrentHashMap<>();

    /// @param peers of a voter
    /// @param host at which it is heard
    public ConsensusLinks(NettyPeers peers, PeerHost host) {
        this.peers = peers;
        this.host = host;
        loop = peers.apart();
    }

    @Override
    public void knows(Voter other) {
        UUID before = folders.put(other.node(), other.folder());
        peers.knows(other.node(), QuorumVoters.peer(other.at()), before != null && !before.equals(other.folder()));
    }

    @Override
    public void call(int node, ByteBuffer said, long withinMs, Consumer<@Nullable ByteBuffer> answered) {
        peers.ask(node, Matter.CONSENSUS, said, loop, loop.nowMs() + withinMs,
                how -> answered.accept(how instanceof Matter.Told(ByteBuffer answer) ? answer : null));
    }

    @Override
    public void hears(@Nullable Hearing hearing) {
        host.consensus(hearing == null ? null : hearing::heard);
    }
}
