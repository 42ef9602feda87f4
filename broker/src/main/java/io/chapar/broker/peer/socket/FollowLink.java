package io.chapar.broker.peer.socket;

import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.peer.Greeting;
import io.chapar.broker.peer.LinkEvents;
import io.chapar.broker.replica.FollowCodec;
import io.chapar.broker.replica.FollowMessage.ToLeader;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.protocol.MalformedMessageException;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BiConsumer;

import static java.util.Objects.requireNonNull;

/// A link on which a loop of this broker follows another broker: one connection, on which the streams to all loops of
/// the leader go. They have the same follower's loop and so the same turn: what they say in it leaves together, and
/// more connections would only cost more. It is dialled once. On its loop.
final class FollowLink implements FollowStreams.Link, LinkEvents {
    private final NettyLoop loop;
    private final PeerAddress to;
    private final FollowStreams.Events events;
    private final BiConsumer<FollowLink, String> ended;
    private @Nullable DialledLink link;
    /// 0 before it has begun.
    private int leaderLoops;
    private boolean over;
    /// Whether nobody wants to hear of it any more.
    private boolean closed;

    FollowLink(NettyLoop loop, PeerAddress to, FollowStreams.Events events, BiConsumer<FollowLink, String> ended) {
        this.loop = loop;
        this.to = to;
        this.events = events;
        this.ended = ended;
    }

    PeerAddress to() {
        return to;
    }

    void begin(DialledLink dialled) {
        link = dialled;
        dialled.look();
    }

    @Override
    public void send(int leaderLoop, List<ToLeader> frame) {
        if (!over) {
            FollowCodec.toLeader(leaderLoop, frame).forEach(requireNonNull(link, "it has begun")::say);
        }
    }

    /// No event comes any more.
    @Override
    public void close() {
        closed = true;
        end("this broker does not follow on it any more");
    }

    void end(String why) {
        if (!over) {
            over = true;
            requireNonNull(link, "it has begun").end(why);
            ended.accept(this, why);
            if (!closed) {
                loop.execute(() -> {
                    if (!closed) {
                        events.ended(why);
                    }
                });
            }
        }
    }

    // ---- of the link

    @Override
    public void linked(Greeting other) {
        if (other.loops() < 1) {
            end("a broker without loops");
            return;
        }
        leaderLoops = other.loops();
        events.begun(leaderLoops);
    }

    @Override
    public void unlinked(String why) {
        end(why);
    }

    @Override
    public void frame(ByteBuffer frame) {
        try {
            if (FollowCodec.read(frame) instanceof FollowCodec.ForFollower said && said.stream() < leaderLoops) {
                events.received(said.stream(), said.messages());
            } else {
                end("a leader that says what followers do, or of a loop that it does not have");
            }
        } catch (MalformedMessageException e) {
            end("what the leader said cannot be understood: " + e.getMessage());
        }
    }
}
