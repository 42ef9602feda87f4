package io.chapar.simulator;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.BrokerHeartbeatRequest;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// What brokers of one cluster ask each other: messages that take their time and overtake each other, links that let
/// nothing through one way, answers that are lost after the effect, questions that arrive when they were given up, and
/// brokers that are down.
///
/// What a task sends leaves when the task is over. With a process that ends in the middle of a task, nothing of it has
/// left.
final class SimulatedPeers {
    private static final int FIRST_SAFE_VERSION = 2;
    private static final int LOST_IN_ONE_OF = 25;
    private static final long LOOK_AGAIN_US = 20_000;
    private static final long MOST_LATE_US = 3_000_000;
    private static final long SECOND_LOOK_US = 50_000;

    private final World world;
    private final Network network;
    private final boolean breaks;
    private final boolean comesLate;
    private final FaultCount faults;
    private final RandomGenerator random;
    private final Map<Integer, SimulatedBroker> brokers = new TreeMap<>();
    /// "1>2" for a link that lets nothing through from broker 1 to broker 2.
    private final TreeSet<String> cut = new TreeSet<>();
    private final List<Errand> underWay = new ArrayList<>();
    private boolean healed;
    /// Null where markers come as all else does.
    private @Nullable LateMarkers lateMarkers;

    SimulatedPeers(World world, Network network, Swarm swarm, FaultCount faults) {
        this.world = world;
        this.network = network;
        this.faults = faults;
        breaks = swarm.breaksConnections();
        comesLate = swarm.latePercent() > 0;
        random = world.random("peers");
    }

    void onMarkers(LateMarkers late) {
        lateMarkers = late;
    }

    void join(SimulatedBroker broker) {
        brokers.put(broker.nodeId(), broker);
    }

    /// How many belong to the cluster.
    int members() {
        return (int) brokers.values().stream().filter(SimulatedBroker::isMember).count();
    }

    /// Null where no such broker is known.
    @Nullable SimulatedBroker broker(int node) {
        return brokers.get(node);
    }

    /// For the present life of a broker.
    Peers of(SimulatedBroker from) {
        int life = from.starts();
        return (node, request, version, caller, deadlineMs, done) -> {
            Errand errand = new Errand(from, life, node, request, version, caller, deadlineMs, done);
            underWay.add(errand);
            var _ = caller.schedule(Math.max(1, deadlineMs - caller.nowMs()), () -> errand.end(
                    new Peers.Lost("no answer came in time")));
            errand.leave();
        };
    }

    // ---- links

    boolean isCut(int from, int to) {
        return cut.contains(from + ">" + to);
    }

    void cut(int from, int to) {
        if (cut.add(from + ">" + to)) {
            faults.count("link between brokers cut");
            world.note("network", "cut broker" + from + ">broker" + to, 0);
        }
    }

    void heal(int from, int to) {
        if (cut.remove(from + ">" + to)) {
            world.note("network", "healed broker" + from + ">broker" + to, 0);
        }
    }

    void healAll() {
        cut.clear();
        healed = true;
    }

    /// The process has ended. Its machine says so, or, with `silent`, says nothing.
    void gone(SimulatedBroker broker, boolean silent) {
        for (Errand errand : List.copyOf(underWay)) {
            if (errand.from == broker) {
                errand.ended = true;
                underWay.remove(errand);
            } else if (errand.to == broker.nodeId() && errand.arrived && !silent) {
                world.in(network.latencyUs(), () -> errand.end(new Peers.Lost("the connection broke")));
            }
        }
    }

    /// Who decides hears reports before it serves anybody.
    private static boolean hears(SimulatedBroker there, Request read) {
        return read instanceof BrokerHeartbeatRequest ? there.life() != null : there.isListening();
    }

    /// A broker's address has refused another one, and does so once more a little later: no process is there.
    void suspect(SimulatedBroker from, int of) {
        int life = from.starts();
        world.in(SECOND_LOOK_US, () -> {
            SimulatedBroker there = brokers.get(of);
            LifeInCluster here = from.starts() == life ? from.life() : null;
            if (here != null && there != null && !there.isAlive() && !there.isSilent()
                    && !isCut(from.nodeId(), of)) {
                here.isRefusedBy(of);
            }
        });
    }

    private boolean loses() {
        return breaks && !healed && random.nextInt(LOST_IN_ONE_OF) == 0;
    }

    /// A question on its way, and its answer on the way back.
    private final class Errand {
        private final SimulatedBroker from;
        private final int life;
        private final int to;
        private final Request request;
        private final short version;
        private final Loop caller;
        /// By the clock of whoever asks.
        private final long deadlineMs;
        private final Consumer<Peers.Asked> done;
        /// Version of the metadata that whoever asks knows.
        private final long image;
        private boolean arrived;
        private boolean ended;

        Errand(SimulatedBroker from, int life, int to, Request request, short version, Loop caller, long deadlineMs,
                Consumer<Peers.Asked> done) {
            this.from = from;
            this.life = life;
            this.to = to;
            this.request = request;
            this.version = version;
            this.caller = caller;
            this.deadlineMs = deadlineMs;
            this.done = done;
            this.image = from.image().version();
        }

        void leave() {
            ApiKey api = ApiKey.of(request);
            WireWriter out = new WireWriter();
            request.write(out, version);
            Request read = api.readRequest(new WireReader(out.toBuffer()), version);
            after(from, life, () -> {
                world.note(from.name(), "asks broker" + to + " " + api.name(), 0);
                world.in(network.latencyUs(), () -> arrive(api, read));
            });
        }

        private void arrive(ApiKey api, Request read) {
            if (isCut(from.nodeId(), to)) {
                world.in(LOOK_AGAIN_US, () -> arrive(api, read));
                return;
            }
            if (ended && !comesLate(read)) {
                return;
            }
            SimulatedBroker there = brokers.get(to);
            if (there == null || !hears(there, read)) {
                if (there == null || !there.isSilent()) {
                    world.in(network.latencyUs(), () -> end(new Peers.Unsent("broker " + to + " refuses")));
                    suspect(from, to);
                }
                return;
            }
            if (loses()) {
                faults.count("question of a broker lost");
                world.in(network.latencyUs(), () -> end(new Peers.Lost("the connection broke")));
                // What is lost to its sender may still lie in the socket of who is asked.
                if (comesLate(read) && random.nextBoolean()) {
                    faults.count("question of a broker came late");
                    world.in(random.nextLong(MOST_LATE_US), () -> visit(api, read));
                }
                return;
            }
            if (lateMarkers != null && read instanceof WriteTxnMarkersRequest markers && !healed
                    && lateMarkers.holds(from, to, markers, () -> visit(api, read))) {
                return;
            }
            arrived = true;
            visit(api, read);
        }

        private void visit(ApiKey api, Request read) {
            SimulatedBroker there = brokers.get(to);
            LifeInCluster life = there == null ? null : there.life();
            if (there != null && life != null && read instanceof BrokerHeartbeatRequest report) {
                life.reported(report, response -> answered(there, api, response));
            } else if (there != null && there.isListening()) {
                BrokerLoop loop = there.loop(from.nodeId());
                long leftMs = deadlineMs - caller.nowMs();
                loop.execute(() -> there.begin(read, new Visit(this, there, api, version, loop), image,
                        loop.nowMs() + leftMs));
            }
        }

        /// Of a marker of version 1 nobody can tell whether it ends this transaction or the one before.
        private boolean comesLate(Request read) {
            return comesLate && !healed && (!(read instanceof WriteTxnMarkersRequest markers) || markers.markers()
                    .stream().allMatch(marker -> marker.transactionVersion() >= FIRST_SAFE_VERSION));
        }

        void answered(SimulatedBroker by, ApiKey api, Response response) {
            WireWriter out = new WireWriter();
            response.write(out, version);
            Response read = api.readResponse(new WireReader(out.toBuffer()), version);
            boolean lost = loses();
            if (lost) {
                faults.count("answer of a broker lost");
            }
            after(by, by.starts(), () -> world.in(network.latencyUs(),
                    () -> back(lost ? new Peers.Lost("the connection broke") : new Peers.Answered(read))));
        }

        private void back(Peers.Asked how) {
            if (isCut(to, from.nodeId())) {
                world.in(LOOK_AGAIN_US, () -> back(how));
            } else {
                end(how);
            }
        }

        void end(Peers.Asked how) {
            if (!ended) {
                ended = true;
                underWay.remove(this);
                caller.execute(() -> done.accept(how));
            }
        }
    }

    /// When the task that runs is over, if the process outlives it.
    private void after(SimulatedBroker broker, int life, Runnable task) {
        world.in(0, () -> {
            if (broker.isAlive() && broker.starts() == life) {
                task.run();
            }
        });
    }

    /// A question of a broker, at the one that is asked.
    private record Visit(Errand errand, SimulatedBroker host, ApiKey api, short apiVersion, BrokerLoop loop)
            implements RequestContext {
        @Override
        public String clientId() {
            return errand.from.name();
        }

        @Override
        public String clientHost() {
            return errand.from.name();
        }

        @Override
        public String principal() {
            return Caller.BROKER;
        }

        @Override
        public HostPort advertised() {
            return host.address();
        }

        @Override
        public long nowMs() {
            return loop.nowMs();
        }

        @Override
        public void reply(Response response) {
            errand.answered(host, api, response);
        }

        @Override
        public void replyNothing() {
            throw new IllegalStateException("a broker waits for an answer");
        }

        @Override
        public void close(String reason) {
            host.world().note(host.name(), "closes the link of " + clientId() + ": " + reason, 0);
        }

        @Override
        public void onDisconnect(Runnable task) {
            // What a broker has asked is for its partitions, and goes on without it.
        }
    }
}
