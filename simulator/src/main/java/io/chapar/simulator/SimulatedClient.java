package io.chapar.simulator;

import io.chapar.client.ClientConfig;
import io.chapar.protocol.message.ApiKey;
import io.chapar.transport.ClientRuntime;
import io.chapar.transport.LineTransport;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// A process that uses the client library: its machine, its loop, and how it speaks.
final class SimulatedClient extends Machine {
    private static final int FIRST_SAFE_END_TXN = 5;

    private final Network network;
    private final Dialect dialect;
    private final boolean idempotent;
    /// Null until it starts for the first time.
    private @Nullable PeerLoop loop;
    private int lives;
    private int runtimes;

    /// @param idempotent whether a repetition of its writes is recognised
    SimulatedClient(World world, Network network, String name, Dialect dialect, boolean idempotent) {
        super(world, name, world.random("machine of " + name));
        this.network = network;
        this.dialect = dialect;
        this.idempotent = idempotent;
    }

    PeerLoop loop() {
        return requireNonNull(loop, "started before it is used");
    }

    int lives() {
        return lives;
    }

    /// A new process.
    void start() {
        lives++;
        begin();
        world().note(name(), "starts", lives);
        PeerLoop begun = new PeerLoop(this, world().random(name() + " loop, life " + lives));
        loop = begun;
        add(begun);
    }

    void kill() {
        if (isAlive()) {
            world().note(name(), "killed", 0);
            end();
            network.gone(this);
        }
    }

    /// What one client of this process runs on. All of them share the process's loop.
    ClientRuntime runtime(ClientConfig config) {
        RandomGenerator random = world().random(name() + " client " + ++runtimes);
        LineTransport lines = new LineTransport(loop(), config.connections(), random,
                (node, events) -> network.open(this, node, events));
        return new ClientRuntime(loop(), dialect.over(lines), random, crashed -> { }, lines::close);
    }

    void sent(byte[] frame) {
        world().note(name(), api(frame).name(), frame.length);
    }

    private static ApiKey api(byte[] frame) {
        return requireNonNull(ApiKey.of(ByteBuffer.wrap(frame).getShort(0)), "clients send requests that there are");
    }

    /// Whether this request may reach the broker long after its client has given it up, or twice. No server can defend
    /// itself where a request carries nothing that tells it from a new one: the commit of offsets, what ends or extends
    /// a transaction of version 1, and writes without a producer's identity. Those are left out.
    boolean mayComeLate(byte[] frame) {
        short version = ByteBuffer.wrap(frame).getShort(2);
        return switch (api(frame)) {
            case PRODUCE -> idempotent;
            case END_TXN -> version >= FIRST_SAFE_END_TXN;
            case OFFSET_COMMIT, TXN_OFFSET_COMMIT, ADD_OFFSETS_TO_TXN, ADD_PARTITIONS_TO_TXN, LEAVE_GROUP,
                    CREATE_TOPICS, DELETE_TOPICS, DELETE_RECORDS, JOIN_GROUP, SYNC_GROUP, CONSUMER_GROUP_HEARTBEAT,
                    STREAMS_GROUP_HEARTBEAT -> false;
            default -> true;
        };
    }
}
