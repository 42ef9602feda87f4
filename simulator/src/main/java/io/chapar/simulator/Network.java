package io.chapar.simulator;

import io.chapar.transport.Line;
import io.chapar.transport.LineEvents;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// Streams between client machines and brokers. Bytes of one stream come in order or not at all; between streams there
/// is no order. A machine that cannot be reached is silent.
final class Network {
    private static final long MAX_LATE_US = 20_000_000;

    /// Which way.
    enum Way { TO_BROKER, TO_CLIENT }

    private final World world;
    private final Swarm swarm;
    private final RandomGenerator random;
    private final Map<String, SimulatedBroker> listening = new TreeMap<>();
    private final List<Link> streams = new ArrayList<>();
    /// "client>broker" and "broker>client" that let nothing through.
    private final TreeSet<String> cut = new TreeSet<>();
    private final FaultCount faults;
    private final LateMembers lateMembers;
    private final LateWrites lateWrites;
    private final SpoiltFetches spoiltFetches;
    private final LostEnds lostEnds;
    private int opened;

    Network(World world, Swarm swarm, Extras extras, FaultCount faults) {
        this.world = world;
        this.swarm = swarm;
        this.faults = faults;
        lateMembers = new LateMembers(world, swarm, faults);
        lateWrites = new LateWrites(world, faults, swarm.latePercent() > 0);
        spoiltFetches = new SpoiltFetches(world, faults, extras.spoilsFetches());
        lostEnds = new LostEnds(world, swarm, faults, extras.losesEnds());
        random = world.random("network");
    }

    World world() {
        return world;
    }

    RandomGenerator random() {
        return random;
    }

    FaultCount faults() {
        return faults;
    }

    LateMembers lateMembers() {
        return lateMembers;
    }

    LateWrites lateWrites() {
        return lateWrites;
    }

    SpoiltFetches spoiltFetches() {
        return spoiltFetches;
    }

    LostEnds lostEnds() {
        return lostEnds;
    }

    void listen(String host, SimulatedBroker broker) {
        listening.put(host, broker);
    }

    Line open(SimulatedClient client, Node node, LineEvents events) {
        return new Line() {
            private @Nullable Link current;

            @Override
            public void connect() {
                Link link = new Link(Network.this, client, listening.get(node.host()), events, ++opened);
                current = link;
                streams.removeIf(Link::isOver);
                streams.add(link);
                link.connect();
            }

            @Override
            public void write(ByteBuffer frame) {
                requireNonNull(current, "connected").write(frame);
            }

            @Override
            public void drop() {
                if (current != null) {
                    current.drop();
                }
            }
        };
    }

    long latencyUs() {
        long usual = swarm.latencyUs() / 2 + random.nextLong(swarm.latencyUs() + 1);
        return random.nextInt(100) == 0 ? usual * (2 + random.nextInt(30)) : usual;
    }

    boolean isCut(SimulatedClient client, SimulatedBroker broker, Way way) {
        return !cut.isEmpty() && cut.contains(link(client, broker, way));
    }

    private static String link(SimulatedClient client, SimulatedBroker broker, Way way) {
        return way == Way.TO_BROKER
                ? client.name() + ">" + broker.name() : broker.name() + ">" + client.name();
    }

    /// Lets nothing through this way until [#heal]; what is sent meanwhile arrives then, if its stream still lives.
    void cut(SimulatedClient client, SimulatedBroker broker, Way way) {
        if (cut.add(link(client, broker, way))) {
            faults.count("link cut");
            world.note("network", "cut " + link(client, broker, way), 0);
        }
    }

    void heal(SimulatedClient client, SimulatedBroker broker) {
        for (Way way : Way.values()) {
            if (cut.remove(link(client, broker, way))) {
                world.note("network", "healed " + link(client, broker, way), 0);
            }
        }
        streams.stream().filter(stream -> stream.joins(client, broker)).forEach(Link::healed);
    }

    void healAll() {
        cut.clear();
        spoiltFetches.end();
        lostEnds.end();
        List.copyOf(streams).forEach(Link::healed);
    }

    /// Breaks one stream, if there is any: each side learns of it at its own time.
    void breakOne() {
        streams.removeIf(Link::isOver);
        if (!streams.isEmpty()) {
            Link victim = streams.get(random.nextInt(streams.size()));
            faults.count("connection broken");
            world.note("network", "breaks stream", victim.number());
            victim.breakDown();
        }
    }

    /// The broker's process is gone. Its machine says so, or, with `silent`, is gone as well and says nothing.
    void gone(SimulatedBroker broker, boolean silent) {
        for (Link stream : List.copyOf(streams)) {
            if (stream.leadsTo(broker)) {
                stream.brokerGone(silent);
            }
        }
    }

    void gone(SimulatedClient client) {
        for (Link stream : List.copyOf(streams)) {
            if (stream.comesFrom(client)) {
                stream.drop();
            }
        }
    }

    /// How long what was already sent on a stream that its client gave up may still be on its way; 0 when it is lost.
    long lateUs() {
        return random.nextInt(100) < swarm.latePercent()
                ? 1 + random.nextLong(random.nextInt(3) == 0 ? MAX_LATE_US : MAX_LATE_US / 20) : 0;
    }

    boolean duplicates() {
        return random.nextInt(1000) < swarm.duplicatesPerMille();
    }
}
