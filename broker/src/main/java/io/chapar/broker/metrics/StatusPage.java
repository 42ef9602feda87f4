package io.chapar.broker.metrics;

import com.sun.net.httpserver.HttpHandler;
import io.chapar.broker.http.JsonText;
import io.chapar.broker.http.Routes;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/// What happened at this broker lately, in JSON, for `chapar status` and whoever draws it: rates of the last minute,
/// producers that were shut out, and when the disk is full.
public final class StatusPage {
    public static final String PATH = "/status";
    private static final int OK = 200;
    private static final int MOST = 20;

    private StatusPage() {}

    public static HttpHandler handler(Observatory observatory, int nodeId, String clusterId) {
        return exchange -> Routes.send(exchange, OK, "application/json",
                ("{\"nodeId\":" + nodeId + ",\"clusterId\":" + JsonText.quoted(clusterId) + ","
                        + figures(observatory.now()) + "}\n").getBytes(StandardCharsets.UTF_8));
    }

    private static String figures(Observed seen) {
        LastMinute.Rates rates = seen.rates();
        List<TxnMeters.Fence> fences = seen.totals().transactions().fencedLately().stream()
                .sorted(Comparator.comparingLong(fence -> -fence.atMs())).toList();
        return "\"seconds\":" + number(rates.seconds())
                + ",\"requestsPerSecond\":" + number(rates.requestsPerSecond())
                + ",\"p99Seconds\":" + number(rates.p99Seconds())
                + ",\"apis\":" + list(rates.apis(), api -> "{\"api\":" + JsonText.quoted(BrokerMetrics.name(api.key()))
                        + ",\"perSecond\":" + number(api.perSecond())
                        + ",\"p99Seconds\":" + number(api.p99Seconds()) + "}")
                + ",\"topics\":" + list(rates.topics(), topic -> "{\"topic\":" + JsonText.quoted(topic.name())
                        + ",\"bytesPerSecond\":" + number(topic.bytesPerSecond()) + "}")
                + ",\"fenced\":" + list(fences, fence -> "{\"transactionalId\":"
                        + JsonText.quoted(fence.transactionalId()) + ",\"producerId\":" + fence.producerId()
                        + ",\"epoch\":" + fence.epoch() + ",\"by\":" + JsonText.quoted(fence.by())
                        + ",\"secondsAgo\":" + Math.max(0, (seen.atMs() - fence.atMs()) / 1_000) + "}")
                + ",\"rebalances\":" + list(rates.rebalances(), one -> "{\"group\":" + JsonText.quoted(one.group())
                        + ",\"members\":" + one.members() + ",\"count\":" + one.count() + "}")
                + ",\"unreadable\":" + list(List.copyOf(seen.totals().unreadable().entrySet()), one ->
                        "{\"partition\":" + JsonText.quoted(one.getKey().topic() + "/" + one.getKey().partition())
                        + ",\"why\":" + JsonText.quoted(one.getValue()) + "}")
                + ",\"diskRefusing\":" + seen.totals().isRefusing()
                + ",\"diskFreeBytes\":" + seen.totals().freeBytes()
                + ",\"diskFullSeconds\":"
                + (Double.isInfinite(seen.diskSecondsLeft()) ? "null" : number(seen.diskSecondsLeft()));
    }

    private static <T> String list(List<T> all, Function<T, String> json) {
        return all.stream().limit(MOST).map(json).collect(Collectors.joining(",", "[", "]"));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }
}
