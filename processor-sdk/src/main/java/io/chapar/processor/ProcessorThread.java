package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.ClientConfig;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.client.admin.Admin;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.processor.jdbc.JdbcLedger;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import javax.sql.DataSource;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// One thread of an application: a member of its group with its own sink and its own cycle. User code runs on it.
///
/// A stop ends a wait and a poll at once, user code when it returns; from the deadline on the thread is interrupted.
final class ProcessorThread {
    /// How long after its deadline a thread may still take to give everything up.
    private static final long GRACE_MS = 5_000;
    private static final long PREPARE_AGAIN_MS = 1_000;
    private static final long GLOBALS_AGAIN_MS = 10;
    private static final Logger LOG = LoggerFactory.getLogger(ProcessorThread.class);

    /// Called on this thread.
    interface Observer {
        void joined();

        /// `cause` null: stopped as asked.
        void ended(@Nullable Throwable cause);
    }

    private final ProcessorConfig config;
    private final Observer observer;
    private final Cycle cycle;
    private final States states;
    /// Null: there is no state.
    private final @Nullable StandbyCopies copies;
    private final @Nullable StandbyReader standby;
    private final PlanWork work;
    /// Null: functions run on this thread.
    private final @Nullable ParallelWork parallel;
    private final ThreadLoop loop = new ThreadLoop(this::interrupted);
    private final PollPace pace;
    /// Null: no rows are written.
    private final @Nullable Ledger ledger;
    private final GroupSource inputs;
    /// Null: there are no global tables.
    private final @Nullable GlobalReader globals;
    private final CycleRunner runner;
    private final Thread thread;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final AtomicBoolean stopRequested = new AtomicBoolean();
    private volatile long stopDeadlineMs = Long.MAX_VALUE;
    private volatile CycleReport report;
    private @Nullable Throwable endCause;
    private boolean joined;
    /// On the consumer's loop: the beginning of the record that was told of last.
    private long toldStuckMs = -1;
    private boolean stopTold;
    private volatile boolean ended;

    ProcessorThread(String name, ProcessorConfig config, Plan plan, StoreDirectory directory,
            @Nullable DiskStorage disk, @Nullable GlobalReader globals, Observer observer) {
        this.config = config;
        this.globals = globals;
        this.observer = observer;
        States owned = States.of(config, plan, directory, disk);
        copies = plan.stages().isStateful() ? new StandbyCopies(config, owned, name) : null;
        states = copies == null ? owned : owned.with(copies);
        cycle = new Cycle(CycleSettings.of(config, plan.stages().hasTwoPhases(config.onError())), states);
        report = cycle.report();
        work = new PlanWork(plan, config.onError(), PlanWork.Pause::sleep, loop::wallClockMs);
        parallel = config.parallel() == 1 ? null : new ParallelWork(work, name, config.parallel());
        ConsumerConfig consumer = ClientSettings.consumer(config, plan.stages(), name);
        pace = new PollPace(consumer.maxPollIntervalMs(), loop.nowMs());
        requirePolls(consumer.maxPollIntervalMs());
        ClientRuntime polling = runtime(consumer.client(), "chapar-consumer");
        inputs = new GroupSource(config, plan.stages(), name, polling, loop, copies);
        standby = copies == null ? null : new StandbyReader(config, name, copies,
                () -> inputs.rejoin("copies of state have caught up"));
        RecordSource source = new DelayedSource(inputs, plan.stages().retries(), loop::wallClockMs);
        DataSource database = plan.stages().database();
        boolean transactional = config.delivery() == Delivery.EXACTLY_ONCE;
        boolean twoPhases = transactional && plan.stages().hasTwoPhases(config.onError());
        ledger = database == null ? null : new DatabaseLedger(new JdbcLedger(database, config.applicationId(),
                transactional, twoPhases ? name : null, config.databaseTimeoutMs()), plan.stages().statements(), loop,
                name);
        ProducerConfig producer = ClientSettings.producer(config, name, ledger == null && transactional);
        Changelogs changelogs = new ChangelogReader(config, name, loop);
        Ports topics = new Ports(source, () -> LogSink.open(producer, states.changelogs(), producing(producer),
                loop), globals == null ? changelogs : new GlobalsFirst(globals, changelogs, loop::execute));
        Ports written = ledger == null ? topics
                : topics.with(new Ports.Rows(ledger, name, twoPhases ? this::inherit : null), config.delivery(),
                        plan.stages());
        Ports ports = ChangesLast.of(written, plan.stages(), config.delivery());
        runner = new CycleRunner(cycle, ports.source(), ports.sinks(), ports.changelogs(),
                parallel == null ? work : parallel, loop, pace);
        polling.loop().execute(() -> {
            watchPace(polling.loop(), -1);
            watchSteps(polling.loop(), null);
        });
        thread = Thread.ofPlatform().name(name).unstarted(this::run);
    }

    /// While a record waits for another attempt nothing is polled, unless records are worked on in parallel.
    private void requirePolls(long maxPollIntervalMs) {
        long longestMs = config.onError().backOff().totalMs(config.onError().retries());
        if (parallel == null && longestMs >= maxPollIntervalMs) {
            throw new UsageException("A record that fails waits for " + longestMs + " ms in all before its last"
                    + " attempt, and without parallel(...) no poll is made meanwhile: that has to be less than "
                    + KafkaConfigNames.MAX_POLL_INTERVAL_MS + " (" + maxPollIntervalMs + ")");
        }
    }

    private CompletableFuture<Heirs.Heir> inherit(String transactionalId) {
        ProducerConfig settings = ClientSettings.heir(config, transactionalId);
        return LogSink.inherit(settings, states.changelogs(), producing(settings), loop);
    }

    private static ClientRuntime producing(ProducerConfig settings) {
        return runtime(settings.client(), "chapar-producer");
    }

    private static ClientRuntime runtime(ClientConfig config, String threadName) {
        return ClientRuntime.open(config.connections(), threadName);
    }

    void start() {
        thread.start();
    }

    /// Instead of [#start].
    void discard() {
        runner.giveUp();
        dropLedger();
    }

    private void dropLedger() {
        if (ledger != null) {
            ledger.drop();
        }
    }

    boolean isCurrent() {
        return loop.inLoop() || (parallel != null && parallel.isCurrent());
    }

    /// Of how many partitions copies of others' state are kept.
    int standbys() {
        return copies == null ? 0 : copies.count();
    }

    long standbyLag() {
        return copies == null ? 0 : copies.lag();
    }

    /// How many offsets are not read yet.
    long lag() {
        return thread.isAlive() ? inputs.lag() : 0;
    }

    CycleReport report() {
        CycleReport last = report;
        boolean working = thread.isAlive() && !(last.state() instanceof CycleState.Closed);
        ProcessorException late = working && last.joined() ? pace.late(loop.nowMs(), last.lastError()) : null;
        PollPace.InHand stuck = working && late == null ? pace.stuck(loop.nowMs()) : null;
        StepWatch.Waiting waiting = working && late == null ? runner.steps().tooLong(loop.nowMs()) : null;
        return late != null ? last.withLastError(late)
                : stuck != null ? last.withLastError(PollPace.tell(stuck, loop.nowMs(), last.lastError()))
                : waiting == null ? last
                : last.withLastError(StepWatch.tell(waiting, loop.nowMs(), last.lastError()));
    }

    /// As [#watchPace]. One line for each step that takes long.
    private void watchSteps(ClientLoop watcher, StepWatch.@Nullable Waiting told) {
        StepWatch.Waiting waiting = runner.steps().tooLong(loop.nowMs());
        if (waiting != null && !waiting.equals(told)) {
            LOG.warn("{}: {}", thread.getName(),
                    StepWatch.tell(waiting, loop.nowMs(), report.lastError()).getMessage());
        }
        if (!ended) {
            var _ = watcher.schedule(StepWatch.LONG_MS / 2, () -> watchSteps(watcher, waiting));
        }
    }

    /// On the consumer's loop, since this thread may be held up by user code. One line for each poll that is late.
    private void watchPace(ClientLoop watcher, long toldMs) {
        long polledMs = pace.polledMs();
        ProcessorException late = report.joined() && polledMs != toldMs ? pace.late(loop.nowMs(), null) : null;
        if (late != null) {
            LOG.warn("{}: {}", thread.getName(), late.getMessage());
        }
        PollPace.InHand stuck = late == null ? pace.stuck(loop.nowMs()) : null;
        if (stuck != null && stuck.sinceMs() != toldStuckMs) {
            toldStuckMs = stuck.sinceMs();
            LOG.warn("{}: {}", thread.getName(), PollPace.tell(stuck, loop.nowMs(), null).getMessage());
        }
        long told = late != null ? polledMs : toldMs;
        if (!ended) {
            long leftMs = polledMs + pace.maxPollIntervalMs() - loop.nowMs();
            var _ = watcher.schedule(leftMs > 0 ? leftMs : pace.maxPollIntervalMs(), () -> watchPace(watcher, told));
        }
    }

    /// From any thread; the first call sets the deadline.
    void stop() {
        if (stopRequested.compareAndSet(false, true)) {
            stopping.countDown();
            stopDeadlineMs = loop.nowMs() + config.closeTimeoutMs();
            try {
                loop.execute(this::observe);
            } catch (RejectedExecutionException e) {
                LOG.debug("{} had ended before it was stopped", thread.getName());
            }
        }
    }

    /// Waits for the end, and interrupts the thread when its time is over. True if the caller was interrupted
    /// meanwhile.
    boolean join(long timeoutMs) {
        boolean interrupted = false;
        long deadlineMs = loop.nowMs() + timeoutMs;
        boolean pressed = false;
        while (thread.isAlive()) {
            long leftMs = deadlineMs - loop.nowMs();
            if (leftMs <= 0 && pressed) {
                LOG.warn("{} does not end; it is left behind", thread.getName());
                break;
            }
            if (leftMs <= 0 || (interrupted && !pressed)) {
                work.interrupting();
                if (parallel != null) {
                    parallel.interrupt();
                }
                thread.interrupt();
                pressed = true;
                deadlineMs = loop.nowMs() + GRACE_MS;
                continue;
            }
            try {
                thread.join(leftMs);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        return interrupted;
    }

    private void run() {
        try {
            prepareTopics();
            awaitGlobals();
            if (standby != null) {
                standby.start();
            }
            loop.execute(() -> runner.run(this::observe, this::closed));
            loop.run();
            if (endCause instanceof ChaparException known) {
                LOG.error("{} stopped: {}", thread.getName(), StopReason.of(known, config));
            } else if (endCause != null) {
                LOG.error("{} stopped: {}", thread.getName(), endCause.getMessage(), endCause);
            }
        } catch (Throwable e) {
            endCause = e;
            cycle.broken(e);
            LOG.error("{} failed", thread.getName(), e);
            loop.end();
            runner.giveUp();
        } finally {
            if (parallel != null) {
                work.interrupting();
                parallel.interrupt();
            }
            closeStandby();
            cycle.closeStores();
            ended = true;
            dropLedger();
            report = cycle.report();
            observer.ended(endCause);
        }
    }

    private void closeStandby() {
        if (standby != null) {
            try {
                standby.close(GRACE_MS);
            } catch (InterruptedException e) {
                LOG.debug("{} was interrupted at its end", thread.getName());
            }
        }
    }

    /// For as long as it takes to reach the cluster, or until this thread is to stop.
    private void prepareTopics() {
        if (!states.stages().hasInternalTopics()) {
            return;
        }
        do {
            ConsumerConfig reading = ClientSettings.changelog(config, thread.getName());
            try (Admin admin = Admin.open(reading.client())) {
                InternalTopics topics = new InternalTopics(admin, states.stages(), reading,
                        ClientSettings.layouts(config, thread.getName()));
                topics.prepare();
                tellLeftOver(topics.leftOver());
                return;
            } catch (RetriableException | UnknownOutcomeException e) {
                report = cycle.report().withLastError(e);
                LOG.warn("{}: topics cannot be prepared yet: {}", thread.getName(), e.getMessage());
            }
        } while (!isStoppingWithin(PREPARE_AGAIN_MS));
    }

    /// Partitions are others' until global tables can be read; see [GlobalsFirst], too.
    private void awaitGlobals() {
        while (globals != null && !globals.isDecidedRead() && !isStoppingWithin(GLOBALS_AGAIN_MS)) {
            LOG.debug("{} waits for global tables", thread.getName());
        }
    }

    private void tellLeftOver(SortedMap<String, Long> waiting) {
        if (!waiting.isEmpty()) {
            ProcessorException left = new ProcessorException("Records wait in topics of delays that this application"
                    + " does not have any more, and are not read (about, of each): " + waiting
                    + ". Give retryAfter(...) as many delays as before until they have been tried", null);
            LOG.warn("{}: {}", thread.getName(), left.getMessage());
            cycle.explained(left);
        }
    }

    private boolean isStoppingWithin(long ms) {
        try {
            return stopping.await(ms, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // Sent by whoever waits for the end.
            return true;
        }
    }

    private void closed(Throwable cause) {
        endCause = cause;
        loop.end();
    }

    private void observe() {
        report = cycle.report();
        if (!joined && report.joined()) {
            joined = true;
            observer.joined();
        }
        if (stopRequested.get() && !stopTold) {
            stopTold = true;
            runner.stop(stopDeadlineMs);
        }
        if (Thread.interrupted()) {
            interrupted();
        }
    }

    private void interrupted() {
        if (stopRequested.get()) {
            runner.stop(loop.nowMs());
        } else {
            LOG.warn("{}: a function left an interrupt behind, which is ignored", thread.getName());
        }
    }
}
