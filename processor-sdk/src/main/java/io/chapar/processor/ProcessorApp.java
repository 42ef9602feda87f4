package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.UsageException;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/// A running application. Several of them, in one process or many, share the work if they have the same application id.
///
/// ```
/// ProcessorConfig config = ProcessorConfig.builder("127.0.0.1:9092", "payments")
///         .delivery(Delivery.EXACTLY_ONCE).build();
/// try (ProcessorApp app = ProcessorApp.start(config, topology)) {
///     app.awaitStopped();
/// }
/// ```
/// When one thread fails, the whole application stops: the others finish what they have begun.
public final class ProcessorApp implements AutoCloseable {
    private final ProcessorConfig config;
    private final List<ProcessorThread> threads = new ArrayList<>();
    private final CountDownLatch joining;
    private final CountDownLatch ending;
    private final Plan plan;
    private final StoreDirectory directory = new StoreDirectory();
    /// Null: state is in memory.
    private final @Nullable DiskStorage disk;
    /// Null: there are no global tables.
    private final @Nullable GlobalReader globals;
    private final GlobalMemory globalRows;
    private final AtomicInteger living;
    private final CountDownLatch purging = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean stopping;

    private ProcessorApp(ProcessorConfig config, Topology topology) {
        this.config = config;
        joining = new CountDownLatch(config.threads());
        ending = new CountDownLatch(config.threads());
        living = new AtomicInteger(config.threads());
        Stages stages = Stages.of(topology, new InternalNames(config.applicationId()),
                config.onError().backOff().later());
        GlobalMemory rows = new GlobalMemory(stages.globals().keySet(), config.maxStateBytes());
        plan = Plan.of(topology, stages, rows);
        plan.stages().requireFit(config.delivery());
        Path state = plan.stages().isStateful() ? config.stateDirectory() : null;
        disk = state == null ? null : disk(state, config);
        String instance = config.instanceName() != null ? config.instanceName() : UUID.randomUUID().toString();
        globals = stages.globals().isEmpty() ? null : new GlobalReader(config, config.applicationId() + "-" + instance
                + "-global", stages.globals().keySet(), rows, this::failed);
        globalRows = rows;
        for (int number = 0; number < config.threads(); number++) {
            String name = config.applicationId() + "-" + instance + "-" + number;
            threads.add(thread(name));
        }
    }

    /// Returns at once; joins the group and goes on until it is closed or fails. [UsageException] when settings do
    /// not fit.
    public static ProcessorApp start(ProcessorConfig config, Topology topology) {
        ProcessorApp app = new ProcessorApp(config, topology);
        if (app.globals != null) {
            app.globals.start();
        }
        app.threads.forEach(ProcessorThread::start);
        app.purge();
        return app;
    }

    private static DiskStorage disk(Path folder, ProcessorConfig config) {
        try {
            return DiskStorage.open(folder, config.applicationId(), config.maxStateBytes() / 2);
        } catch (LinkageError e) {
            throw new UsageException("State on disk (stateDirectory) needs org.rocksdb:rocksdbjni on the class path,"
                    + " with its library for this machine: " + e);
        }
    }

    private void purge() {
        SortedSet<String> topics = plan.stages().ownInputs();
        if (!topics.isEmpty()) {
            String name = config.applicationId() + "-purge";
            Thread.ofVirtual().name(name).start(new RepartitionPurge(ClientSettings.changelog(config, name).client(),
                    config.applicationId(), topics, RepartitionPurge.INTERVAL_MS, purging));
        }
    }

    /// For people: the stages of its topology.
    public TopologyDescription describe() {
        return TopologyDescription.of(plan.stages());
    }

    /// What its stateful steps know at this instance.
    public StateQuery query() {
        return new StateQuery(plan.stages(), directory);
    }

    private ProcessorThread thread(String name) {
        try {
            return new ProcessorThread(name, config, plan, directory, disk, globals, new Ending());
        } catch (RuntimeException e) {
            if (disk != null) {
                disk.close();
            }
            threads.forEach(ProcessorThread::discard);
            throw e;
        }
    }

    public ProcessorState state() {
        if (failure.get() != null) {
            return ProcessorState.FAILED;
        }
        if (ending.getCount() == 0) {
            return ProcessorState.STOPPED;
        }
        return stopping ? ProcessorState.STOPPING
                : joining.getCount() == 0 ? ProcessorState.RUNNING : ProcessorState.STARTING;
    }

    public ProcessorStatus status() {
        StatusSum sum = new StatusSum();
        threads.forEach(thread -> {
            sum.add(thread.report());
            sum.lag(thread.lag());
            sum.standbys(thread.standbys(), thread.standbyLag());
        });
        sum.globals(globalRows.usedBytes());
        return sum.status(state(), config.delivery(), threads.size());
    }

    /// [#status] as Prometheus' text format has it, for an endpoint of the user's.
    public String metrics() {
        return new MetricsText(config.applicationId()).of(status());
    }

    /// True when every thread has become a member of the group within the time; [ProcessorException] when the
    /// application has failed.
    public boolean awaitRunning(Duration atMost) throws InterruptedException {
        boolean joined = joining.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
        throwFailure();
        return joined && !stopping;
    }

    /// Returns when the application has been closed; [ProcessorException] when it has failed.
    public void awaitStopped() throws InterruptedException {
        ending.await();
        throwFailure();
    }

    private void throwFailure() {
        Throwable cause = failure.get();
        if (cause instanceof ProcessorException known) {
            throw new ProcessorException(known.getMessage(), known.getCause());
        }
        if (cause instanceof ChaparException known) {
            throw new ProcessorException("The application stopped: " + StopReason.of(known, config), cause);
        }
        if (cause != null) {
            throw new ProcessorException("The application stopped: " + cause.getMessage(), cause);
        }
    }

    /// Finishes what was begun (or aborts it when the time is over), leaves the group, and returns when all threads
    /// have ended.
    @Override
    public void close() {
        stop();
        for (ProcessorThread thread : threads) {
            if (thread.isCurrent()) {
                throw new UsageException("An application cannot wait in its own function for its end");
            }
        }
        boolean interrupted = false;
        for (ProcessorThread thread : threads) {
            interrupted |= thread.join(config.closeTimeoutMs());
        }
        if (globals != null) {
            interrupted |= globals.join(config.closeTimeoutMs());
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void stop() {
        stopping = true;
        purging.countDown();
        if (globals != null) {
            globals.stop();
        }
        threads.forEach(ProcessorThread::stop);
    }

    private void failed(Throwable cause) {
        failure.compareAndSet(null, cause);
        stop();
        while (joining.getCount() > 0) {
            joining.countDown();
        }
    }

    private final class Ending implements ProcessorThread.Observer {
        @Override
        public void joined() {
            joining.countDown();
        }

        @Override
        public void ended(@Nullable Throwable cause) {
            if (cause != null) {
                failed(cause);
            }
            if (living.decrementAndGet() == 0 && disk != null) {
                disk.close();
            }
            ending.countDown();
        }
    }
}
