package io.chapar.transport;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// [Transport] over byte streams that somebody else provides: one connection for each node and traffic class, all on
/// one loop.
public final class LineTransport implements Transport {
    /// Makes the stream to a node, not connected yet.
    public interface Lines {
        Line open(Node node, LineEvents events);
    }

    private record Address(int id, String host, int port, TrafficClass traffic) {
    }

    private final ClientLoop loop;
    private final ConnectionSettings settings;
    private final Lines lines;
    private final Backoff reconnect;
    private final Map<Address, ConnectionCore> connections = new LinkedHashMap<>();
    private FinalizedFeatures features = FinalizedFeatures.UNKNOWN;
    private boolean closed;

    public LineTransport(ClientLoop loop, ConnectionSettings settings, RandomGenerator random, Lines lines) {
        this.loop = loop;
        this.settings = settings;
        this.lines = lines;
        reconnect = new Backoff(settings.reconnectBackoffMs(), settings.reconnectBackoffMaxMs(), random);
    }

    @Override
    public void send(Node node, Call call, Consumer<CallResult> done) {
        if (closed) {
            loop.execute(() -> done.accept(
                    new CallResult.NoAnswer(CallResult.Reason.NOT_SENT, "the client is closed")));
            return;
        }
        Address address = new Address(node.id(), node.host(), node.port(), call.traffic());
        ConnectionCore connection = connections.get(address);
        if (connection == null) {
            connection = open(node);
            connections.put(address, connection);
        }
        connection.submit(call, done);
    }

    @Override
    public FinalizedFeatures features() {
        return features;
    }

    @Override
    public short agreedVersion(Node node, Call call) {
        ConnectionCore connection =
                connections.get(new Address(node.id(), node.host(), node.port(), call.traffic()));
        return connection == null ? ApiRanges.NONE : connection.agreedVersion(call);
    }

    @Override
    public void close() {
        closed = true;
        connections.values().forEach(ConnectionCore::close);
        connections.clear();
    }

    private ConnectionCore open(Node node) {
        connections.values().removeIf(ConnectionCore::isUnused);
        Relay relay = new Relay();
        Line line = lines.open(node, relay);
        ConnectionCore core = new ConnectionCore(node.toString(), settings, loop, line, reconnect, told -> {
            if (told.epoch() >= features.epoch()) {
                features = told;
            }
        });
        relay.core = core;
        return core;
    }

    /// A line exists before the connection above it.
    private static final class Relay implements LineEvents {
        private @Nullable ConnectionCore core;

        private ConnectionCore core() {
            return requireNonNull(core, "a line told of something before it was connected");
        }

        @Override
        public void onConnected() {
            core().onConnected();
        }

        @Override
        public void onDisconnected(String why) {
            core().onDisconnected(why);
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            core().onFrame(frame);
        }
    }
}
