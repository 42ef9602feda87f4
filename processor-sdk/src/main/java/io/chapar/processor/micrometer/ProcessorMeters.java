package io.chapar.processor.micrometer;

import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorState;
import io.chapar.processor.ProcessorStatus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;

import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/// The numbers of an application for Micrometer: `new ProcessorMeters(app, "payments").bindTo(registry)`. Who uses it
/// has `io.micrometer:micrometer-core` on the class path; nobody else needs it.
///
/// Their names begin with `chapar.processor.`, and each has the tag `application`. What they are is said at
/// [ProcessorStatus]. The registry holds on to the application, also when that has ended.
public final class ProcessorMeters implements MeterBinder {
    private static final String PREFIX = "chapar.processor.";

    private final Supplier<ProcessorStatus> status;
    private final String application;

    public ProcessorMeters(ProcessorApp app, String application) {
        this(app::status, application);
    }

    ProcessorMeters(Supplier<ProcessorStatus> status, String application) {
        this.status = status;
        this.application = application;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        gauge(registry, "running", "1 when the application runs, else 0",
                now -> now.state() == ProcessorState.RUNNING ? 1 : 0);
        gauge(registry, "failed", "1 when the application has failed, else 0",
                now -> now.state() == ProcessorState.FAILED ? 1 : 0);
        gauge(registry, "threads", "Threads of this instance", ProcessorStatus::threads);
        gauge(registry, "partitions", "Input partitions that this instance has", ProcessorStatus::partitions);
        gauge(registry, "restoring.partitions", "Partitions whose state is not built yet", ProcessorStatus::restoring);
        gauge(registry, "standby.partitions", "Partitions of which copies of others' state are kept",
                ProcessorStatus::standbys);
        gauge(registry, "standby.lag", "Offsets that these copies have not read yet", ProcessorStatus::standbyLag);
        gauge(registry, "state.bytes", "What the stores take of memory", ProcessorStatus::stateBytes);
        gauge(registry, "lag", "Offsets that are not read yet", ProcessorStatus::lag);
        counter(registry, "records.in", "Times that a record was processed", ProcessorStatus::recordsIn);
        counter(registry, "records.out", "Records handed over for writing", ProcessorStatus::recordsOut);
        counter(registry, "timers.fired", "Times that a timer's function was called for", ProcessorStatus::timersFired);
        counter(registry, "commits", "Commits that are known to have taken effect", ProcessorStatus::commits);
        counter(registry, "aborts", "Times that what was begun came to nothing", ProcessorStatus::aborts);
        counter(registry, "unknown.outcomes", "Commits of which the answer was lost", ProcessorStatus::unknownOutcomes);
        counter(registry, "rebalances", "Times that partitions came", ProcessorStatus::rebalances);
        counter(registry, "skipped", "Records given up under the error policy", ProcessorStatus::skipped);
        counter(registry, "late.records", "Records that came too late for some step", ProcessorStatus::lateRecords);
        counter(registry, "passed.over", "Records with which some step could do nothing", ProcessorStatus::passedOver);
        counter(registry, "restored.entries", "Entries read from changelogs", ProcessorStatus::restoredEntries);
        latency(registry);
    }

    private void latency(MeterRegistry registry) {
        FunctionTimer.builder(PREFIX + "commit.latency", this, self -> self.status.get().latency().count(),
                self -> self.status.get().latency().sumMs(), TimeUnit.MILLISECONDS)
                .description("From the time of a record to the commit of its effect").tag("application", application)
                .register(registry);
        TimeGauge.builder(PREFIX + "commit.latency.p99", this, TimeUnit.MILLISECONDS,
                self -> self.status.get().latency().quantileMs(0.99))
                .description("At most so long for 99 of 100 since the start").tag("application", application)
                .strongReference(true).register(registry);
    }

    private void gauge(MeterRegistry registry, String name, String about, ToLongFunction<ProcessorStatus> value) {
        Gauge.builder(PREFIX + name, this, of(value)).description(about).tag("application", application)
                .strongReference(true).register(registry);
    }

    private void counter(MeterRegistry registry, String name, String about, ToLongFunction<ProcessorStatus> value) {
        FunctionCounter.builder(PREFIX + name, this, of(value)).description(about).tag("application", application)
                .register(registry);
    }

    private static ToDoubleFunction<ProcessorMeters> of(ToLongFunction<ProcessorStatus> value) {
        return self -> value.applyAsLong(self.status.get());
    }
}
