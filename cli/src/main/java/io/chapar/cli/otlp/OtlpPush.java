package io.chapar.cli.otlp;

import io.chapar.broker.metrics.BrokerMetrics;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.RetryPolicy;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.resources.Resource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;

/// Sends what is measured to a collector again and again, as OTLP. One push at a time, on a thread of its own: while a
/// collector does not answer there is one that waits, and none behind it. What is lost with a push is in the next one,
/// for all is counted from the start. That the collector cannot be reached is said when it begins, and at most every
/// ten minutes while it lasts.
public final class OtlpPush implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OtlpPush.class);
    /// Its own lines would say the same once more, beside the log of the broker. Held, or its level would be forgotten.
    private static final java.util.logging.Logger OF_THE_LIBRARY =
            java.util.logging.Logger.getLogger("io.opentelemetry");
    private static final Duration ATTEMPT = Duration.ofSeconds(10);
    /// Of one push, with 1, 2, and 4 s between them.
    private static final RetryPolicy ATTEMPTS = RetryPolicy.builder().setMaxAttempts(4)
            .setInitialBackoff(Duration.ofSeconds(1)).setBackoffMultiplier(2).setMaxBackoff(Duration.ofSeconds(4))
            .build();

    private final BrokerMetrics measured;
    private final OtlpAddress address;
    private final OtlpMetrics metrics;
    private final OtlpHttpMetricExporter exporter;
    private final Thread thread;
    /// Of the thread.
    private final PushNotices notices = new PushNotices();

    private OtlpPush(BrokerMetrics measured, OtlpAddress address, int nodeId, String clusterId) {
        this.measured = measured;
        this.address = address;
        OF_THE_LIBRARY.setLevel(Level.OFF);
        metrics = new OtlpMetrics(
                Resource.create(Attributes.builder().put("service.name", "chapar").put("service.namespace", clusterId)
                        .put("service.instance.id", clusterId + "/" + nodeId).build()),
                TimeUnit.MILLISECONDS.toNanos(ManagementFactory.getRuntimeMXBean().getStartTime()));
        exporter = OtlpHttpMetricExporter.builder().setEndpoint(address.uri().toString()).setTimeout(ATTEMPT)
                .setConnectTimeout(ATTEMPT).setRetryPolicy(ATTEMPTS).setCompression("gzip")
                .setHeaders(address::headers).build();
        thread = Thread.ofVirtual().name("otlp").unstarted(this::pushOnAndOn);
    }

    /// Begins with it.
    public static OtlpPush start(BrokerMetrics measured, OtlpAddress address, int nodeId, String clusterId) {
        OtlpPush push = new OtlpPush(measured, address, nodeId, clusterId);
        push.thread.start();
        return push;
    }

    private void pushOnAndOn() {
        try {
            while (true) {
                long startNs = System.nanoTime();
                push();
                long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
                Thread.sleep(Math.max(1, address.intervalMs() - tookMs));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it is closed
        }
    }

    private void push() throws InterruptedException {
        CompletableResultCode sent;
        try {
            List<MetricData> all = metrics.of(
                    measured.collect(), TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()));
            sent = exporter.export(all);
        } catch (RuntimeException e) {
            failed(e);
            return;
        }
        // The library's own bounds end it; this one is for what they miss.
        sent.join(2, TimeUnit.MINUTES);
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (sent.isSuccess()) {
            succeeded();
        } else {
            failed(sent.getFailureThrowable());
        }
    }

    private void succeeded() {
        if (notices.succeeded()) {
            LOG.info("Metrics go to {} again", address.uri());
        }
    }

    private void failed(@Nullable Throwable why) {
        if (notices.failed(System.nanoTime())) {
            LOG.warn("Metrics cannot be sent to {}: {}. They are sent again every {} ms; what they count is not lost",
                    address.uri(), PushNotices.reason(why), address.intervalMs());
        }
    }

    /// A push under way is cut off.
    @Override
    public void close() {
        thread.interrupt();
        exporter.shutdown();
    }
}
