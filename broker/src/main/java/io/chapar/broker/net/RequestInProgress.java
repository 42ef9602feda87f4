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
    private final Incoming read;
    private final Shared shared;
    private final long begunNs = System.nanoTime();
    private boolean ended;
    /// Elements of the answer that were taken from what all may have.
    private long afforded;
    private Runnable onDisconnect;

    /// The elements of a large request have been taken from what all may have.
    RequestInProgress(Connection connection, ByteBuf frame, Incoming read, Shared shared) {
        this.connection = connection;
        this.frame = frame;
        this.read = read;
        this.shared = shared;
    }

    ByteBuf frame() {
        return frame;
    }

    ApiKey api() {
        return read.api();
    }

    int correlationId() {
        return read.header().correlationId();
    }

    long elapsedNs() {
        return System.nanoTime() - begunNs;
    }

    /// Whether question or answer have so many elements that a loop should not wait for their bytes.
    boolean isLarge() {
        return isLargeRequest() || afforded > 0;
    }

    private boolean isLargeRequest() {
        return read.elements() > ElementBudget.SMALL_ELEMENTS;
    }

    /// False when it had ended before. What the answer took stays taken until [#letGo]. On the connection's loop.
    boolean end() {
        if (ended) {
            return false;
        }
        ended = true;
        onDisconnect = null;
        if (isLargeRequest()) {
            shared.requests().giveBack(read.elements());
        }
        return true;
    }

    /// The answer has left, or never will. On the connection's loop.
    void letGo() {
        if (afforded > 0) {
            shared.answers().giveBack(afforded);
            afforded = 0;
        }
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
        return read.version();
    }

    @Override
    public String clientId() {
        return read.clientId();
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
    public long mostElements() {
        return shared.answers().limit();
    }

    @Override
    public void afford(long elements, Runnable build) {
        if (elements <= ElementBudget.SMALL_ELEMENTS) {
            build.run();
        } else if (elements > mostElements()) {
            close("an answer of " + elements + " elements, and all answers together may have " + mostElements());
        } else {
            shared.answers().take(elements, loop(), () -> {
                if (ended) {
                    shared.answers().giveBack(elements);
                } else {
                    afforded += elements;
                    build.run();
                }
            });
        }
    }

    @Override
    public void onDisconnect(Runnable task) {
        onDisconnect = task;
    }
}
