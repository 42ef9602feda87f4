package io.chapar.broker.handler;

import io.chapar.broker.metadata.Quotas;
import io.chapar.broker.quota.ClientQuotas;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.Records;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.FetchResponse.FetchableTopicResponse;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Response;

import java.util.concurrent.TimeUnit;

/// A request whose client has a quota: what it wrote or read is counted when it is answered, the answer says how long
/// the client has to wait, and its connection begins nothing before.
final class QuotaContext extends ForwardedContext {
    private final ClientQuotas quotas;
    private final boolean writes;

    private QuotaContext(RequestContext request, ClientQuotas quotas, boolean writes) {
        super(request);
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
}
