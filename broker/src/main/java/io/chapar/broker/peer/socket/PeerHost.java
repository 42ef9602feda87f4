package io.chapar.broker.peer.socket;

import io.chapar.broker.metadata.ImageWaits;
import io.chapar.broker.net.RequestHost;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.protocol.message.BrokerHeartbeatRequest;
import io.chapar.protocol.message.BrokerHeartbeatResponse;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/// What answers at the peers' port. The port is open before most of it is there: whoever asks for something that is
/// not there yet, or not any more (null), hears that nothing was begun, and the link of who would follow ends. From any
/// thread.
public final class PeerHost {

    /// Hears what voters say: [io.chapar.broker.metadata.quorum.QuorumFounding#heard]. On any loop.
    public interface Voters {
        /// @param answer called from any loop, once, or never
        void heard(int node, ByteBuffer said, Consumer<ByteBuffer> answer) throws IOException;
    }

    /// Hears what the consensus library of a voter says: [io.chapar.broker.metadata.quorum.ConsensusLink.Hearing]. On
    /// any loop.
    public interface Consensus {
        /// @param answer called from any thread, once, or never
        void heard(int node, ByteBuffer said, Consumer<ByteBuffer> answer) throws IOException;
    }

    /// Takes wishes for the cluster: [io.chapar.broker.metadata.quorum.QuorumMetadataLog#handedOver]. On any loop.
    public interface Controller {
        /// @param answer called from any loop, once, or never
        void handedOver(ByteBuffer proposal, long remainingMs, Consumer<ByteBuffer> answer) throws IOException;
    }

    /// Tells of the metadata: [io.chapar.broker.metadata.quorum.QuorumMetadataLog#fed]. On any loop.
    public interface Feed {
        /// @param answer called from any loop, once, or never
        void asked(ByteBuffer ask, long remainingMs, Consumer<ByteBuffer> answer) throws IOException;
    }

    /// Hears that other brokers are alive. On any loop.
    public interface Heartbeats {
        /// @param node that the link proved, and that the heartbeat is of
        /// @param epoch of its life, as it says; [io.chapar.broker.peer.Greeting#NOT_REGISTERED] before it knows
        /// @param answer called from any loop, once, or never
        void heard(BrokerHeartbeatRequest heartbeat, int node, long epoch, Consumer<BrokerHeartbeatResponse> answer);
    }

    /// What answers Kafka's requests.
    ///
    /// @param images what each waits for before it begins
    public record Requests(RequestHost host, ImageWaits images) {}

    private volatile @Nullable Voters voters;
    private volatile @Nullable Consensus consensus;
    private volatile @Nullable Controller controller;
    private volatile @Nullable Feed feed;
    private volatile @Nullable Heartbeats heartbeats;
    private volatile @Nullable Requests requests;
    private volatile FollowStreams.@Nullable Accepting followers;

    public void voters(@Nullable Voters now) {
        voters = now;
    }

    /// Of a voter alone.
    public void consensus(@Nullable Consensus now) {
        consensus = now;
    }

    public void controller(@Nullable Controller now) {
        controller = now;
    }

    /// Of a voter alone.
    public void feed(@Nullable Feed now) {
        feed = now;
    }

    public void heartbeats(@Nullable Heartbeats now) {
        heartbeats = now;
    }

    /// What answers Kafka's requests but heartbeats; they are begun on the loop of the link.
    public void requests(@Nullable Requests now) {
        requests = now;
    }

    public void followers(FollowStreams.@Nullable Accepting now) {
        followers = now;
    }

    @Nullable Voters voters() {
        return voters;
    }

    @Nullable Consensus consensus() {
        return consensus;
    }

    @Nullable Controller controller() {
        return controller;
    }

    @Nullable Feed feed() {
        return feed;
    }

    @Nullable Heartbeats heartbeats() {
        return heartbeats;
    }

    @Nullable Requests requests() {
        return requests;
    }

    FollowStreams.@Nullable Accepting followers() {
        return followers;
    }
}
