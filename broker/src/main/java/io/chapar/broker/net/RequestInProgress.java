package io.chapar.broker.net;

import io.chapar.broker.HostPort;
import io.chapar.broker.handler.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Response;
import io.netty.buffer.ByteBuf;

/// One request of a connection between its start and its end; holds the frame that its slices point into.
final class RequestInProgress implements RequestContext {
    private final Connection connection;
    private final ByteBuf frame;
    private final ApiKey api;
    private final short version;
    private final int correlationId;
    private final String clientId;
    private final long begunNs = System.nanoTime();
    private boolean ended;
    private Runnable onDisconnect;

    RequestInProgress(
            Connection connection, ByteBuf frame, ApiKey api, short version, int correlationId, String clientId) {
        this.connection = connection;
        this.frame = frame;
        this.api = api;
        this.version = version;
        this.correlationId = correlationId;
        this.clientId = clientId;
    }

    ByteBuf frame() {
        return frame;
    }

    ApiKey api() {
        return api;
    }

    int correlationId() {
        return correlationId;
    }

    long elapsedNs() {
        return System.nanoTime() - begunNs;
    }

    /// False when it had ended before. On the connection's loop.
    boolean end() {
        if (ended) {
            return false;
        }
        ended = true;
        onDisconnect = null;
        return true;
    }

    void disconnected() {
        Runnable task = onDisconnect;
        onDisconnect = null;
        if (task != null) {
            task.run();
        }
    }

    @Override
    public short apiVersion() {
        return version;
    }

    @Override
    public String clientId() {
        return clientId;
    }

    @Override
    public String clientHost() {
        return connection.clientHost();
    }

    @Override
    public HostPort advertised() {
        return connection.advertised();
    }

    @Override
    public Loop loop() {
        return connection.loop();
    }

    @Override
    public long nowMs() {
        return connection.loop().nowMs();
    }

    @Override
    public void reply(Response response) {
        loop().run(() -> connection.answered(this, response));
    }

    @Override
    public void replyNothing() {
        loop().run(() -> connection.answered(this, null));
    }

    @Override
    public void close(String reason) {
        loop().run(() -> connection.closeFor(this, reason));
    }

    @Override
    public void onDisconnect(Runnable task) {
        onDisconnect = task;
    }
}
