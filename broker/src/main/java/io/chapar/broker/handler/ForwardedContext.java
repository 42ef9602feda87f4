package io.chapar.broker.handler;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.request.Software;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.message.Response;

/// A request in progress with something done besides where it ends.
abstract class ForwardedContext implements RequestContext {
    final RequestContext request;

    ForwardedContext(RequestContext request) {
        this.request = request;
    }

    @Override
    public void reply(Response response) {
        request.reply(response);
    }

    @Override
    public void replyNothing() {
        request.replyNothing();
    }

    @Override
    public short apiVersion() {
        return request.apiVersion();
    }

    @Override
    public String clientId() {
        return request.clientId();
    }

    @Override
    public Software software() {
        return request.software();
    }

    @Override
    public void introduces(Software software) {
        request.introduces(software);
    }

    @Override
    public String clientHost() {
        return request.clientHost();
    }

    @Override
    public String principal() {
        return request.principal();
    }

    @Override
    public int requestBytes() {
        return request.requestBytes();
    }

    @Override
    public Object connection() {
        return request.connection();
    }

    @Override
    public HostPort advertised() {
        return request.advertised();
    }

    @Override
    public Loop loop() {
        return request.loop();
    }

    @Override
    public long nowMs() {
        return request.nowMs();
    }

    @Override
    public long mostElements() {
        return request.mostElements();
    }

    @Override
    public void afford(long elements, Runnable build) {
        request.afford(elements, build);
    }

    @Override
    public boolean takesRoom(long bytes) {
        return request.takesRoom(bytes);
    }

    @Override
    public void forget() {
        request.forget();
    }

    @Override
    public boolean mayWait(int things) {
        return request.mayWait(things);
    }

    @Override
    public void appended() {
        request.appended();
    }

    @Override
    public void throttle(int ms) {
        request.throttle(ms);
    }

    @Override
    public void close(String reason) {
        request.close(reason);
    }

    @Override
    public void onDisconnect(Runnable task) {
        request.onDisconnect(task);
    }
}
