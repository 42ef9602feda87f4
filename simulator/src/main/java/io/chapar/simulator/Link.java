package io.chapar.simulator;

import io.chapar.protocol.message.Response;
import io.chapar.transport.LineEvents;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/// One stream between a client and a broker: as long as one connection lasts; behind it the broker's
/// [ServerConnection].
final class Link {
    private static final int LENGTH_BYTES = 4;

    private final Network network;
    private final SimulatedClient client;
    private final @Nullable SimulatedBroker broker;
    private final LineEvents events;
    private final int number;
    /// What a cut link holds back.
    private final ArrayDeque<Runnable> heldToBroker = new ArrayDeque<>();
    private final ArrayDeque<Runnable> heldToClient = new ArrayDeque<>();
    private long toBrokerUs;
    private long toClientUs;
    /// Null before the connection stands.
    private @Nullable ServerConnection server;
    private boolean clientGone;
    private boolean brokerGone;
    private boolean silent;
    /// What the client sends gets no further.
    private boolean stuck;

    /// @param broker null where nobody listens
    Link(Network network, SimulatedClient client, @Nullable SimulatedBroker broker, LineEvents events, int number) {
        this.network = network;
        this.client = client;
        this.broker = broker;
        this.events = events;
        this.number = number;
    }

    int number() {
        return number;
    }

    boolean isOver() {
        return clientGone && (brokerGone || server == null);
    }

    boolean joins(SimulatedClient one, SimulatedBroker other) {
        return comesFrom(one) && leadsTo(other);
    }

    boolean comesFrom(SimulatedClient one) {
        return client.name().equals(one.name());
    }

    boolean leadsTo(SimulatedBroker other) {
        return broker != null && broker.name().equals(other.name());
    }

    // ---- the client's side

    void connect() {
        send(Network.Way.TO_BROKER, () -> {
            if (clientGone) {
                return;
            }
            if (broker == null || !broker.isListening()) {
                if (broker == null || !broker.isSilent()) {
                    send(Network.Way.TO_CLIENT, () -> tell(() -> end("refused")));
                }
                return;
            }
            server = broker.accept(this);
            send(Network.Way.TO_CLIENT, () -> tell(events::onConnected));
        });
    }

    void write(ByteBuffer frame) {
        byte[] bytes = new byte[frame.remaining() - LENGTH_BYTES];
        frame.get(frame.position() + LENGTH_BYTES, bytes);
        client.sent(bytes);
        network.lateMembers().sent(this, client.name(), bytes);
        if (client.mayComeLate(bytes)) {
            network.lateWrites().sent(this, bytes);
        }
        if (network.duplicates() && client.mayComeLate(bytes)) {
            network.faults().count("request duplicated");
            repeatLater(bytes, 1 + network.random().nextLong(2_000_000));
        }
        if (isStuck(bytes)) {
            return;
        }
        send(Network.Way.TO_BROKER, () -> {
            if (server == null || brokerGone) {
                return;
            }
            if (!clientGone) {
                server.received(ByteBuffer.wrap(bytes));
                return;
            }
            long lateUs = network.lateUs();
            if (lateUs > 0 && client.mayComeLate(bytes)) {
                network.faults().count("request came late");
                repeatLater(bytes, lateUs);
            }
        });
    }

    /// Whether this gets no further, and so nothing that is sent behind it.
    private boolean isStuck(byte[] bytes) {
        boolean mayComeLate = client.mayComeLate(bytes);
        LostEnds.Way way = stuck ? LostEnds.Way.LOST : network.lostEnds().way(client.name(), bytes, mayComeLate);
        stuck = way != LostEnds.Way.ANSWERED;
        if (way == LostEnds.Way.DONE) {
            repeatLater(bytes, 1);
        }
        return stuck;
    }

    /// The same request once more on a stream of its own, whose answers nobody hears.
    void repeatLater(byte[] bytes, long lateUs) {
        network.world().in(lateUs, () -> {
            if (broker != null && broker.isListening()) {
                network.world().note("network", "late request reaches " + broker.name(), bytes.length);
                Link deaf = new Link(network, client, broker, events, 0);
                deaf.clientGone = true;
                deaf.server = broker.accept(deaf);
                deaf.server.received(ByteBuffer.wrap(bytes.clone()));
            }
        });
    }

    void drop() {
        if (clientGone) {
            return;
        }
        clientGone = true;
        heldToClient.clear();
        if (server != null && !brokerGone) {
            send(Network.Way.TO_BROKER, this::closeServer);
        }
    }

    private void closeServer() {
        if (!brokerGone && server != null) {
            brokerGone = true;
            server.closedByClient();
        }
    }

    // ---- the broker's side

    /// @param response what the bytes say
    void answer(Response response, byte[] bytes) {
        byte[] arriving = network.spoiltFetches().onTheWay(response, bytes);
        send(Network.Way.TO_CLIENT, () -> tell(() -> events.onFrame(ByteBuffer.wrap(arriving))));
    }

    /// The broker ends the connection.
    void closedByBroker() {
        brokerGone = true;
        send(Network.Way.TO_CLIENT, () -> tell(() -> end("closed by the broker")));
    }

    void brokerGone(boolean withoutAWord) {
        if (brokerGone) {
            return;
        }
        brokerGone = true;
        silent = withoutAWord;
        if (!silent) {
            send(Network.Way.TO_CLIENT, () -> tell(() -> end("reset")));
        }
    }

    void breakDown() {
        if (server != null && !brokerGone) {
            network.world().in(network.latencyUs() * network.random().nextInt(20), this::closeServer);
        }
        network.world().in(network.latencyUs() * network.random().nextInt(20), () -> tell(() -> end("broken")));
    }

    // ---- both

    private void end(String why) {
        if (!clientGone) {
            clientGone = true;
            events.onDisconnected(why);
        }
    }

    /// On the client's loop, unless it has given the stream up.
    private void tell(Runnable news) {
        if (!clientGone) {
            client.loop().execute(() -> {
                if (!clientGone) {
                    news.run();
                }
            });
        }
    }

    private void send(Network.Way way, Runnable arrival) {
        if (broker != null && network.isCut(client, broker, way)) {
            held(way).add(arrival);
            return;
        }
        long atUs = network.world().nowUs() + network.latencyUs();
        if (way == Network.Way.TO_BROKER) {
            atUs = Math.max(atUs, toBrokerUs + 1);
            toBrokerUs = atUs;
        } else {
            atUs = Math.max(atUs, toClientUs + 1);
            toClientUs = atUs;
        }
        network.world().in(atUs - network.world().nowUs(), () -> {
            if (broker != null && (network.isCut(client, broker, way) || !held(way).isEmpty())) {
                held(way).add(arrival);
            } else {
                arrival.run();
            }
        });
    }

    private ArrayDeque<Runnable> held(Network.Way way) {
        return way == Network.Way.TO_BROKER ? heldToBroker : heldToClient;
    }

    void healed() {
        flush(heldToBroker);
        flush(heldToClient);
        if (silent && !clientGone) {
            // The machine is back and does not know this stream.
            send(Network.Way.TO_CLIENT, () -> tell(() -> end("reset")));
        }
    }

    private static void flush(ArrayDeque<Runnable> held) {
        while (!held.isEmpty()) {
            held.poll().run();
        }
    }
}
