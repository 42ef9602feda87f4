package io.chapar.broker;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.net.Session;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;

/// A client on this machine, named `test`, with a connection on one loop.
public abstract class LocalClient implements RequestContext {
    private final short version;
    private final Loop connection;

    protected LocalClient(int version, Loop connection) {
        this.version = (short) version;
        this.connection = connection;
    }

    @Override
    public short apiVersion() {
        return version;
    }

    @Override
    public String clientId() {
        return "test";
    }

    @Override
    public String clientHost() {
        return "127.0.0.1";
    }

    @Override
    public String principal() {
        return Session.ANONYMOUS;
    }

    @Override
    public HostPort advertised() {
        return new HostPort("localhost", 9092);
    }

    @Override
    public Loop loop() {
        return connection;
    }

    @Override
    public long nowMs() {
        return connection.nowMs();
    }
}
