package io.chapar.broker.handler;

import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.telemetry.ClientIdentity;
import io.chapar.broker.telemetry.ClientTelemetry;
import io.chapar.broker.telemetry.ClientTelemetry.Push;
import io.chapar.broker.telemetry.ClientTelemetry.Subscribed;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.GetTelemetrySubscriptionsRequest;
import io.chapar.protocol.message.GetTelemetrySubscriptionsResponse;
import io.chapar.protocol.message.PushTelemetryRequest;
import io.chapar.protocol.message.PushTelemetryResponse;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// Metrics that clients push: GetTelemetrySubscriptions and PushTelemetry, both in version 0.
final class TelemetryHandler {
    private final LocalBroker node;
    private final Map<Loop, ClientTelemetry> byLoop = new LinkedHashMap<>();

    TelemetryHandler(LocalBroker node, RandomGenerator random) {
        this.node = node;
        int maxBytes = node.config().count("telemetry.max.bytes");
        node.shards().all().forEach(shard -> byLoop.put(shard.loop(), new ClientTelemetry(maxBytes, random)));
    }

    private ClientTelemetry of(RequestContext context) {
        return requireNonNull(byLoop.get(context.loop()), "each loop has its clients");
    }

    private static ClientIdentity identity(UUID instance, RequestContext context) {
        return new ClientIdentity(instance, context.clientId(), context.software().name(),
                context.software().version(), context.clientHost());
    }

    void handle(GetTelemetrySubscriptionsRequest request, RequestContext context) {
        Subscribed told = of(context).subscribe(
                identity(request.clientInstanceId(), context), node.image().settings(), context.nowMs());
        context.reply(GetTelemetrySubscriptionsResponse.builder()
                .clientInstanceId(told.instance())
                .subscriptionId(told.subscription())
                .acceptedCompressionTypes(told.codecs())
                .pushIntervalMs(told.intervalMs())
                .telemetryMaxBytes(told.maxBytes())
                .deltaTemporality(true)
                .requestedMetrics(told.metrics())
                .build());
    }

    void handle(PushTelemetryRequest request, RequestContext context) {
        Push push = new Push(request.clientInstanceId(), request.subscriptionId(), request.terminating(),
                request.compressionType(), request.metrics().remaining());
        ErrorCode error = of(context).push(
                push, identity(request.clientInstanceId(), context), node.image().settings(), context.nowMs());
        context.reply(PushTelemetryResponse.builder().errorCode(error.code()).build());
    }
}
