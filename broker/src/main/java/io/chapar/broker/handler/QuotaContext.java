package io.chapar.broker.handler;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.Quotas;
import io.chapar.broker.quota.ClientQuotas;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.request.Software;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.Records;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.FetchResponse.FetchableTopicResponse;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Response;

import java.util.concurrent.TimeUnit;

/// A request whose client has a quota: what it wrote or read is counted when it is answered, the answer says how long
/// the client has to wait, and its connection begins nothing before.
final class QuotaContext implements RequestContext {
    private final RequestContext request;
    private final ClientQuotas quotas;
    private final boolean writes;

    private QuotaContext(RequestContext request, ClientQuotas quotas, boolean writes) {
        this.request = request;
        this.quotas = quotas;
        this.writes = writes;
    }

    static RequestContext ofProduce(RequestContext request, ClientQuotas quotas) {
        return quotas.areThere() ? new QuotaContext(request, quotas, true) : request;
    }

    static RequestContext ofFetch(RequestContext request, ClientQuotas quotas) {
        return quotas.areThere() ? new QuotaContext(request, quotas, false) : request;
    }

    /// With no more bytes asked for than the quota gives at once.
    static FetchRequest bounded(FetchRequest fetch, RequestContext request, ClientQuotas quotas) {
        if (!quotas.areThere()) {
            return fetch;
        }
        long most = quotas.mostAtOnce(Quotas.CONSUMED, request.principal(), request.clientId());
        return fetch.maxBytes() <= most ? fetch : fetch.toBuilder().maxBytes((int) most).build();
    }

    private int owedMs(long bytes) {
        long nowNs = TimeUnit.MILLISECONDS.toNanos(nowMs());
        int ms = writes ? quotas.written(principal(), clientId(), bytes, nowNs)
                : quotas.read(principal(), clientId(), bytes, nowNs);
        if (ms > 0) {
            request.throttle(ms);
        }
        return ms;
    }

    @Override
    public void reply(Response response) {
        request.reply(switch (response) {
            case ProduceResponse produced ->
                produced.toBuilder().throttleTimeMs(owedMs(request.requestBytes())).build();
            case FetchResponse fetched -> fetched.toBuilder().throttleTimeMs(owedMs(bytes(fetched))).build();
            default -> response;
        });
    }

    @Override
    public void replyNothing() {
        if (writes) {
            var _ = owedMs(request.requestBytes());
        }
        request.replyNothing();
    }

    private static long bytes(FetchResponse fetched) {
        long bytes = 0;
        for (FetchableTopicResponse topic : fetched.responses()) {
            for (FetchResponse.PartitionData partition : topic.partitions()) {
                Records records = partition.records();
                bytes += records == null ? 0 : records.sizeInBytes();
            }
        }
        return bytes;
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
