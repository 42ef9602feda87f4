package io.chapar.simulator;

import io.chapar.broker.replica.FollowCodec;
import io.chapar.broker.replica.FollowMessage;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// The links on which brokers of one cluster follow each other: frames of one stream come in order, those of different
/// streams in any. A link between brokers that do not reach each other keeps what it is given, and ends sooner or
/// later; so does one whose other end is gone, at once if its machine says so. Up to some moment in front of the end
/// everything arrives that was sent, also from a process that has ended meanwhile.
///
/// What a task sends leaves when the task is over. With a process that ends in the middle of a task, nothing of it has
/// left.
final class SimulatedStreams {
    private static final long LOOK_AGAIN_US = 20_000;
    private static final long MOST_SILENCE_US = 2_000_000;
    private static final int GIVEN_UP_IN_ONE_OF = 60;
    private static final int BREAKS_IN_ONE_OF = 400;
    private static final long SLOW_US = 1_500_000;

    private final World world;
    private final Network network;
    private final SimulatedPeers peers;
    private final boolean breaks;
    private final FaultCount faults;
    private final RandomGenerator random;
    private final List<Stream> open = new ArrayList<>();
    /// Until when what is sent to a follower takes long.
    private final Map<Integer, Long> slowUntilUs = new TreeMap<>();
    /// Until when nothing that is sent to a follower arrives.
    private final Map<Integer, Long> heldUntilUs = new TreeMap<>();
    /// How long what is sent to a follower takes, at each moment until then.
    private final Map<Integer, Delay> delays = new TreeMap<>();
    /// To whom nothing arrives, though all else is well; -1 for nobody.
    private int still = -1;
    private boolean healed;

    private record Delay(long us, long untilUs) {}

    SimulatedStreams(World world, Network network, Swarm swarm, SimulatedPeers peers, FaultCount faults) {
        this.world = world;
        this.network = network;
        this.peers = peers;
        this.faults = faults;
        breaks = swarm.breaksConnections();
        random = world.random("streams of followers");
    }

    /// For the present life of a broker.
    ///
    /// @param epoch of its registration
    FollowStreams of(SimulatedBroker follower, long epoch) {
        return (leader, loop, events) -> {
            int index = loop instanceof BrokerLoop known ? known.index() : 0;
            Stream stream = new Stream(follower, new FollowStreams.Follower(follower.nodeId(), epoch, index), leader,
                    loop, events);
            open.add(stream);
            world.in(network.latencyUs(), stream::arrive);
            return stream;
        };
    }

    void healAll() {
        healed = true;
    }

    /// What leaders send to this follower takes long for a while; what it sends does not.
    void slow(int follower, long forUs) {
        faults.count("follower slow to hear");
        slowUntilUs.put(follower, world.nowUs() + forUs);
    }

    /// What leaders send to this follower does not arrive for so long; what it sends does.
    void hold(int follower, long forUs) {
        faults.count("follower held up");
        heldUntilUs.put(follower, world.nowUs() + forUs);
    }

    /// All that leaders send to this follower takes so long, for so long; what it sends does not.
    void slowBy(int follower, long us, long forUs) {
        delays.put(follower, new Delay(us, world.nowUs() + forUs));
    }

    /// As quick as any, from now on.
    void quick(int follower) {
        delays.remove(follower);
    }

    /// Nothing arrives at this follower any more, until another is named here.
    ///
    /// @param follower -1 for nobody
    void holdStill(int follower) {
        still = follower;
    }

    private boolean isHeld(int follower) {
        return follower == still || (!healed && heldUntilUs.getOrDefault(follower, 0L) > world.nowUs());
    }

    private long slowness(int follower) {
        Delay delay = healed ? null : delays.get(follower);
        if (delay != null && delay.untilUs() > world.nowUs()) {
            return delay.us();
        }
        return !healed && slowUntilUs.getOrDefault(follower, 0L) > world.nowUs() ? random.nextLong(SLOW_US) : 0;
    }

    /// The process has ended. Its machine says so, or, with `silent`, says nothing.
    void gone(SimulatedBroker broker, boolean silent) {
        for (Stream stream : List.copyOf(open)) {
            if (stream.follower == broker || stream.leader == broker.nodeId()) {
                stream.end("broker " + broker.nodeId() + " is gone", silent);
            }
        }
    }

    private static ByteBuffer whole(List<ByteBuffer> parts) {
        ByteBuffer frame = ByteBuffer.allocate(parts.stream().mapToInt(ByteBuffer::remaining).sum());
        parts.forEach(part -> frame.put(part.duplicate()));
        return frame.flip();
    }

    /// What has been received is the receiver's during the call alone.
    private static void spoil(ByteBuffer frame) {
        ByteBuffer all = frame.duplicate().clear();
        while (all.hasRemaining()) {
            all.put((byte) 0x5a);
        }
    }

    /// A link, from its dialling to its end.
    private final class Stream implements FollowStreams.Link {
        private final SimulatedBroker follower;
        private final int life;
        private final FollowStreams.Follower who;
        private final int leader;
        private final Loop loop;
        private final FollowStreams.Events events;
        private final Map<Integer, Lane> up = new TreeMap<>();
        private final Map<Integer, Lane> down = new TreeMap<>();
        /// Null before the leader has answered.
        private FollowStreams.@Nullable Accepted accepted;
        private @Nullable SimulatedBroker host;
        private int hostLife;
        private boolean closed;
        private boolean over;
        private long begunAtUs;
        /// What arrives later than that does not.
        private long cutAtUs = Long.MAX_VALUE;

        Stream(SimulatedBroker follower, FollowStreams.Follower who, int leader, Loop loop,
                FollowStreams.Events events) {
            this.follower = follower;
            life = follower.starts();
            this.who = who;
            this.leader = leader;
            this.loop = loop;
            this.events = events;
        }

        private boolean isFollowerThere() {
            return follower.isAlive() && follower.starts() == life;
        }

        private boolean isHostThere() {
            return host != null && host.isAlive() && host.starts() == hostLife;
        }

        private void arrive() {
            SimulatedBroker there = peers.broker(leader);
            boolean cut = peers.isCut(who.node(), leader) || peers.isCut(leader, who.node());
            if (over) {
                return;
            }
            if (cut || there == null || !there.isListening()) {
                if (!cut && there != null && !there.isAlive() && !there.isSilent()) {
                    peers.suspect(follower, leader);
                }
                end("broker " + leader + " cannot be reached", cut || (there != null && there.isSilent()));
            } else if (there.isPaused()) {
                world.in(LOOK_AGAIN_US, this::arrive);
            } else {
                host = there;
                hostLife = there.starts();
                FollowStreams.Accepting accepting = there.following();
                accepted = accepting.accept(who, new BackOf(this));
                int loops = accepting.loops();
                begunAtUs = world.nowUs() + network.latencyUs();
                world.in(begunAtUs - world.nowUs(), () -> toFollower(() -> events.begun(loops)));
            }
        }

        private void toFollower(Runnable event) {
            loop.execute(() -> {
                if (!closed) {
                    event.run();
                }
            });
        }

        @Override
        public void send(int leaderLoop, List<FollowMessage.ToLeader> frame) {
            Lane lane = up.computeIfAbsent(leaderLoop, _ -> new Lane(this, true));
            FollowCodec.toLeader(leaderLoop, frame).forEach(parts -> lane.send(whole(parts)));
        }

        private void sendBack(int leaderLoop, List<FollowMessage.ToFollower> frame) {
            Lane lane = down.computeIfAbsent(leaderLoop, _ -> new Lane(this, false));
            FollowCodec.toFollower(leaderLoop, frame).forEach(parts -> lane.send(whole(parts)));
        }

        private void received(ByteBuffer bytes) {
            switch (FollowCodec.read(bytes)) {
                case FollowCodec.ForLeader(int stream, List<FollowMessage.ToLeader> messages) -> {
                    if (accepted != null && isHostThere()) {
                        accepted.received(stream, messages);
                    }
                }
                case FollowCodec.ForFollower(int stream, List<FollowMessage.ToFollower> messages) ->
                    toFollower(() -> {
                        events.received(stream, messages);
                        spoil(bytes);
                    });
            }
        }

        @Override
        public void close() {
            closed = true;
            end("closed", false);
        }

        /// What is under way arrives up to some moment; then both ends notice, each for itself.
        private void end(String why, boolean silent) {
            if (over) {
                return;
            }
            over = true;
            open.remove(this);
            long nowUs = world.nowUs();
            cutAtUs = nowUs + random.nextLong(network.latencyUs() + 1);
            world.in(cutAtUs - nowUs + noticedUs(silent), () -> {
                if (accepted != null && isHostThere()) {
                    accepted.ended();
                }
            });
            world.in(Math.max(cutAtUs, begunAtUs) - nowUs + noticedUs(silent), () -> toFollower(() -> {
                closed = true;
                events.ended(why);
            }));
        }

        private long noticedUs(boolean silent) {
            return 1 + (silent ? random.nextLong(MOST_SILENCE_US) : network.latencyUs());
        }
    }

    /// One direction of one stream: in order.
    private final class Lane {
        private final Stream stream;
        private final boolean up;
        /// What the task that runs has sent.
        private final List<ByteBuffer> leaving = new ArrayList<>();
        private final ArrayDeque<ByteBuffer> underWay = new ArrayDeque<>();
        private long lastUs;

        Lane(Stream stream, boolean up) {
            this.stream = stream;
            this.up = up;
        }

        void send(ByteBuffer frame) {
            leaving.add(frame);
            if (leaving.size() == 1) {
                world.in(0, this::leave);
            }
        }

        private void leave() {
            if (stream.over || !(up ? stream.isFollowerThere() : stream.isHostThere())) {
                leaving.clear();
                return;
            }
            for (ByteBuffer frame : leaving) {
                underWay.add(frame);
                long fromUs = Math.max(lastUs, stream.begunAtUs) + 1;
                long slowUs = up ? 0 : slowness(stream.who.node());
                lastUs = Math.max(fromUs, world.nowUs() + network.latencyUs() + slowUs);
                world.in(lastUs - world.nowUs(), this::arrive);
            }
            leaving.clear();
            if (breaks && !healed && random.nextInt(BREAKS_IN_ONE_OF) == 0) {
                faults.count("link of a follower broken");
                stream.end("the connection broke", false);
            }
        }

        /// The first of those that are under way.
        private void arrive() {
            if (world.nowUs() > stream.cutAtUs) {
                return;
            }
            if (!up && isHeld(stream.who.node())) {
                world.in(LOOK_AGAIN_US, this::arrive);
                return;
            }
            boolean isCut = up ? peers.isCut(stream.who.node(), stream.leader)
                    : peers.isCut(stream.leader, stream.who.node());
            if (isCut) {
                if (random.nextInt(GIVEN_UP_IN_ONE_OF) == 0) {
                    faults.count("link of a follower given up");
                    stream.end("no word came in time", true);
                }
                world.in(LOOK_AGAIN_US, this::arrive);
                return;
            }
            ByteBuffer frame = underWay.poll();
            if (frame != null) {
                stream.received(frame);
            }
        }
    }

    private record BackOf(Stream stream) implements FollowStreams.Back {
        @Override
        public void send(int leaderLoop, List<FollowMessage.ToFollower> frame) {
            stream.sendBack(leaderLoop, frame);
        }

        @Override
        public void end(String why) {
            stream.end(why, false);
        }
    }
}
