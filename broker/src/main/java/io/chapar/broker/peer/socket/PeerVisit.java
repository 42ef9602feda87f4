package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

/// A question of another broker, in progress here. It may wait until whoever asked does not wait any more: the time
/// came with it.
final class PeerVisit implements RequestContext {
    private final AdmittedLink link;
    private final int id;
    private final short version;
    private final long deadlineMs;
    private boolean ended;
    private @Nullable Runnable onDisconnect;

    PeerVisit(AdmittedLink link, int id, short version, long deadlineMs) {
        this.link = link;
        this.id = id;
        this.version = version;
        this.deadlineMs = deadlineMs;
    }

    int id() {
        return id;
    }

    /// Whoever asked has gone.
    void disconnected() {
        Runnable task = onDisconnect;
        onDisconnect = null;
        if (task != null && !ended) {
            task.run();
        }
    }

    @Override
    public short apiVersion() {
        return version;
    }

    @Override
    public String clientId() {
        return "broker " + link.other().node();
    }

    @Override
    public String clientHost() {
        return link.host();
    }

    @Override
    public String principal() {
        return Caller.BROKER;
    }

    @Override
    public Caller caller() {
        return new Caller(loop(), origin(), principal(), deadlineMs);
    }

    @Override
    public Caller caller(long waitMs) {
        return new Caller(loop(), origin(), principal(), Math.min(deadlineMs, nowMs() + waitMs));
    }

    @Override
    public Object connection() {
        return link;
    }

    @Override
    public HostPort advertised() {
        return link.dialled();
    }

    @Override
    public Loop loop() {
        return link.loop();
    }

    @Override
    public long nowMs() {
        return link.loop().nowMs();
    }

    @Override
    public void reply(Response response) {
        loop().run(() -> {
            if (ends()) {
                link.answer(this, response);
            }
        });
    }

    @Override
    public void replyNothing() {
        close("there is no answer");
    }

    @Override
    public void close(String reason) {
        loop().run(() -> {
            if (ends()) {
                link.decline(this, reason);
            }
        });
    }

    private boolean ends() {
        boolean first = !ended;
        ended = true;
        return first;
    }

    @Override
    public void onDisconnect(Runnable task) {
        onDisconnect = task;
    }
}
