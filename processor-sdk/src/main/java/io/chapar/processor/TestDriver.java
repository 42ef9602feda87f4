package io.chapar.processor;

import io.chapar.client.Disposition;
import io.chapar.client.UsageException;
import io.chapar.client.serde.Serde;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.VirtualLoop;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// Runs a topology without a broker, in the calling thread, on virtual time; in any delivery mode, and through crashes.
///
/// ```
/// try (TestDriver driver = TestDriver.of(topology, Delivery.EXACTLY_ONCE)) {
///     driver.pipe("orders", Serdes.string(), Serdes.int64(), "key", 100L);
///     driver.crashAfter(5).run();
///     assertEquals(1, driver.read("payments", Serdes.string(), Serdes.int64()).size());
///     driver.assertExactlyOnce();
/// }
/// ```
/// It is the application itself that runs: the same order of reads, writes and commits as against a cluster. A
/// crashed instance starts again, when the group has noticed its death, with what is in the log and nothing else.
///
/// **State that functions keep for themselves is the exception**: the objects of the topology are those of the test, so
/// a map or a counter in one of them survives aborts, as in an application, and crashes besides, and counts records
/// twice that are processed twice. [#assertExactlyOnce] fails when it sees that.
public final class TestDriver implements AutoCloseable {
    private static final int MAX_ROUNDS = 200_000;
    private static final long CLOSE_MS = 10_000;
    /// The application id, of which the changelogs have their names.
    private static final String APPLICATION = "test";

    private final Plan plan;
    private final Settings settings;
    private final Pace pace;
    private final MemoryCluster cluster;
    private final List<Instance> instances = new ArrayList<>();
    private final List<SourceRecord> inputs = new ArrayList<>();
    private final MemoryDatabase database;
    private final UnaryOperator<Ledger> ledgers;
    private final Observations observations;
    private final PlanWork work;
    private final GlobalHistory globals;
    private final StoreDirectory directory = new StoreDirectory();
    private final FaultPlan faults = new FaultPlan();
    private boolean closed;

    /// `partitions` is the number for every topic. One record in each poll makes the most of every step. `parallel` is
    /// as in [ProcessorConfig.Builder#parallel]: records finish in another order than they began in.
    public record Settings(Delivery delivery, int instances, int partitions, int parallel, int maxPollRecords,
            int commitRecords, Duration commitInterval, Duration transactionTimeout, Duration waitForOthers,
            ErrorPolicy onError) {
        public Settings {
            if (instances < 1 || partitions < 1 || parallel < 1 || maxPollRecords < 1 || commitRecords < 1) {
                throw new UsageException("Instances, partitions and records are counted from 1");
            }
        }

        public static Settings of(Delivery delivery) {
            return new Settings(delivery, 1, 1, 1, 10, 1_000, Duration.ofMillis(100), Duration.ofSeconds(10),
                    Duration.ZERO, ErrorPolicy.stop());
        }

        public Settings withInstances(int count, int partitionCount) {
            return new Settings(delivery, count, partitionCount, parallel, maxPollRecords, commitRecords,
                    commitInterval, transactionTimeout, waitForOthers, onError);
        }

        public Settings withParallel(int records) {
            return new Settings(delivery, instances, partitions, records, maxPollRecords, commitRecords,
                    commitInterval, transactionTimeout, waitForOthers, onError);
        }

        public Settings withCommitRecords(int maxPoll, int records) {
            return new Settings(delivery, instances, partitions, parallel, maxPoll, records, commitInterval,
                    transactionTimeout, waitForOthers, onError);
        }

        /// As [ProcessorConfig.Builder#waitForOthersMs].
        public Settings withWaitForOthers(Duration atMost) {
            return new Settings(delivery, instances, partitions, parallel, maxPollRecords, commitRecords,
                    commitInterval, transactionTimeout, atMost, onError);
        }

        public Settings withOnError(ErrorPolicy policy) {
            return new Settings(delivery, instances, partitions, parallel, maxPollRecords, commitRecords,
                    commitInterval, transactionTimeout, waitForOthers, policy);
        }
    }

    /// What came out, compared with what each input caused when it was last processed: its outputs, or, given up under
    /// the error policy, its dead letter or nothing. An input that was never processed counts as one lost.
    public record Verdict(int inputs, int outputs, int lost, int duplicated) {
    }

    private TestDriver(Topology topology, Settings settings, MemoryCluster.Faults more, Pace pace,
            UnaryOperator<Ledger> ledgers) {
        this.ledgers = ledgers;
        this.settings = settings;
        this.pace = pace;
        Stages stages = Stages.of(topology, new InternalNames(APPLICATION), settings.onError().backOff().later());
        globals = new GlobalHistory(stages.globals().keySet(), settings.partitions());
        plan = Plan.of(topology, stages, globals);
        plan.stages().requireFit(settings.delivery());
        observations = new Observations(plan, globals, settings.delivery() == Delivery.EXACTLY_ONCE);
        cluster = new MemoryCluster(settings.partitions(), settings.transactionTimeout().toMillis(), plan.stages(),
                (call, instance) -> {
                    Fault planned = faults.next(call);
                    return planned != Fault.NONE ? planned : more.next(call, instance);
                }, observations);
        database = new MemoryDatabase(cluster);
        work = new PlanWork(plan, settings.onError(), PlanWork.Pause.NONE, cluster::nowMs);
        for (int number = 0; number < settings.instances(); number++) {
            instances.add(new Instance("instance-" + number));
        }
    }

    public static TestDriver of(Topology topology, Delivery delivery) {
        return of(topology, Settings.of(delivery));
    }

    public static TestDriver of(Topology topology, Settings settings) {
        return of(topology, settings, (call, instance) -> Fault.NONE);
    }

    static TestDriver of(Topology topology, Settings settings, MemoryCluster.Faults faults) {
        return of(topology, settings, faults, Pace.of(settings));
    }

    static TestDriver of(Topology topology, Settings settings, MemoryCluster.Faults faults, Pace pace) {
        return new TestDriver(topology, settings, faults, pace, UnaryOperator.identity());
    }

    /// `ledgers`: what stands before the database.
    static TestDriver of(Topology topology, Settings settings, MemoryCluster.Faults faults,
            UnaryOperator<Ledger> ledgers) {
        return new TestDriver(topology, settings, faults, Pace.of(settings), ledgers);
    }

    /// Appends a record to an input topic; nothing is processed before [#run].
    public <K, V> TestDriver pipe(String topic, Serde<K> keySerde, Serde<V> valueSerde, K key, V value) {
        return pipe(topic, keySerde, valueSerde, key, value, cluster.nowMs());
    }

    /// As the other one, with a time of its own, which may be earlier than those before.
    public <K, V> TestDriver pipe(String topic, Serde<K> keySerde, Serde<V> valueSerde, K key, V value,
            long timestampMs) {
        SinkRecord record = new SinkRecord(topic, timestampMs, keySerde.serialize(topic, key),
                valueSerde.serialize(topic, value), List.of());
        SourceRecord place = cluster.append(record);
        if (plan.stages().topics().contains(topic) || !plan.stages().globals().containsKey(topic)) {
            inputs.add(place);
        }
        return this;
    }

    /// Until every input is processed and committed. [ProcessorException] when an instance fails.
    public TestDriver run() {
        for (int round = 0; round < MAX_ROUNDS; round++) {
            if (isQuiet()) {
                return this;
            }
            round();
        }
        throw new IllegalStateException("Not quiet after " + MAX_ROUNDS + " rounds; " + status());
    }

    /// Lets this much time pass, in which the instances do what they do.
    public TestDriver advance(Duration time) {
        long endMs = cluster.nowMs() + time.toMillis();
        while (cluster.nowMs() < endMs) {
            round(endMs - cluster.nowMs());
        }
        return this;
    }

    private void round() {
        round(Cycle.MAX_POLL_MS);
    }

    /// A step takes a millisecond; when all wait, time goes on to the first that has waited enough.
    private void round(long atMostMs) {
        globals.catchUp(cluster);
        long waitMs = atMostMs;
        for (Instance instance : instances) {
            waitMs = Math.min(waitMs, instance.step());
        }
        cluster.advance(Math.max(1, waitMs));
    }

    private boolean isQuiet() {
        return cluster.group().isStable() && instances.stream().allMatch(Instance::isIdle) && cluster.allCommitted();
    }

    /// An instance dies, as with `kill -9`, just before the n-th call from now that it makes to the cluster: 1 is the
    /// next one.
    public TestDriver crashAfter(int calls) {
        faults.at(calls, Fault.CRASH_BEFORE);
        return this;
    }

    /// As [#crashAfter], but what had been sent reaches the log, although nobody waited for it.
    public TestDriver crashAfterWritten(int calls) {
        faults.at(calls, Fault.CRASH_BEFORE_BUT_WRITTEN);
        return this;
    }

    /// From now on the cluster does not take outputs (dead letters too) for which this gives a reason. With
    /// `INVALID_RECORD` all that was sent together to one partition is refused together.
    public TestDriver refuse(Function<SinkRecord, @Nullable ErrorCode> rule) {
        cluster.refuse(new MemoryRefusals(output -> {
            ErrorCode reason = rule.apply(output);
            return reason == null ? null : Disposition.exception(reason, "Records to " + output.topic(), "refused");
        }));
        return this;
    }

    /// From now on the database does not take rows with such values.
    public TestDriver refuseRows(Predicate<List<@Nullable Object>> rule) {
        database.refuse(row -> rule.test(row.values()));
        return this;
    }

    /// At the next write or commit the broker fences the producer, as it does when a transaction is open for too long.
    public TestDriver fence() {
        faults.when(call -> call == MemoryCluster.Call.FLUSH || call == MemoryCluster.Call.COMMIT, Fault.FENCE);
        return this;
    }

    /// The answer to the next commit is lost; the commit itself takes effect or not.
    public TestDriver loseCommitAnswer(boolean takesEffect) {
        faults.when(call -> call == MemoryCluster.Call.COMMIT || call == MemoryCluster.Call.COMMIT_POSITIONS
                || call == MemoryCluster.Call.ROWS,
                takesEffect ? Fault.LOST_AFTER : Fault.LOST_BEFORE);
        return this;
    }

    /// Partitions move between the instances, in good order.
    public TestDriver rebalance() {
        cluster.group().rebalance();
        return this;
    }

    /// The group gives the partitions of the first instance to others, while that one still works on them.
    public TestDriver expireMember() {
        cluster.group().expire(instances.getFirst().name);
        return this;
    }

    /// What a reader of committed records sees, each partition in its order; `origin` is the place in the output.
    public <K, V> List<StreamRecord<K, V>> read(String topic, Serde<K> keySerde, Serde<V> valueSerde) {
        return cluster.visible(topic).stream()
                .map(record -> new StreamRecord<>(keySerde.deserialize(topic, record.key()),
                        valueSerde.deserialize(topic, record.value()), record.timestampMs(), record.headers(),
                        new StreamRecord.Origin(topic, record.partition().partition(), record.offset())))
                .toList();
    }

    /// The values of the rows that were written by this statement of `toJdbc`, in the order of their commits.
    public List<List<@Nullable Object>> rows(String sql) {
        return database.rows(sql);
    }

    /// What the stateful steps of all instances know.
    public StateQuery query() {
        return new StateQuery(plan.stages(), directory);
    }

    /// Of a topology without state, what each input caused when it was last processed: no function is run. With
    /// stateful steps, what all inputs come to when each is processed once, in the order of its partition: the
    /// functions are run for it. Either way only for those that give the same whenever they get the same.
    public Verdict verdict() {
        Map<String, Integer> counts = new TreeMap<>();
        Set<String> topics = new TreeSet<>();
        long unprocessed = inputs.stream().filter(input -> !observations.hasSeen(input)).count();
        for (SinkRecord output : observations.expected()) {
            counts.merge(Observations.fingerprint(output.topic(), output.key(), output.value()), -1, Integer::sum);
            topics.add(output.topic());
        }
        observations.effects().forEach(outputs -> outputs.forEach(output -> topics.add(output.topic())));
        int outputs = 0;
        for (String topic : topics) {
            if (inputs.stream().anyMatch(input -> input.partition().topic().equals(topic))) {
                throw new UsageException("Topic " + topic + " is input and output: what came out cannot be told apart");
            }
            for (SourceRecord actual : cluster.visible(topic)) {
                counts.merge(Observations.fingerprint(topic, actual.key(), actual.value()), 1, Integer::sum);
                outputs++;
            }
        }
        int lost = Math.toIntExact(unprocessed)
                + counts.values().stream().filter(count -> count < 0).mapToInt(count -> -count).sum();
        int duplicated = counts.values().stream().filter(count -> count > 0).mapToInt(count -> count).sum();
        return new Verdict(inputs.size(), outputs, lost, duplicated);
    }

    /// Fails unless every input had its effect, and had it once, in outputs and in the state that the changelogs hold.
    /// Fails also when an input gave other outputs on being processed again, because then functions keep state of their
    /// own. What the effect of each input is cannot be told then: the map of a function survives an abort, and here a
    /// crash too, while outputs and positions do not.
    public void assertExactlyOnce() {
        String unsteady = observations.unsteadyInput();
        if (unsteady != null) {
            throw new AssertionError("Not exactly once: the record at " + unsteady + " gave other outputs when it was"
                    + " processed again. A function keeps state of its own (a map, a counter), or goes by the time or"
                    + " by chance; neither an abort nor a crash takes that back, so it has counted records whose"
                    + " effects were undone. Keep such state in a step: groupByKey, then count, reduce or aggregate");
        }
        Verdict verdict = verdict();
        if (verdict.lost() != 0 || verdict.duplicated() != 0) {
            throw new AssertionError("Not exactly once: " + verdict);
        }
        if (observations.isStateful()) {
            observations.recomputed().state().forEach(this::assertChangelog);
        }
    }

    private void assertChangelog(TopicPartition changelog, Map<byte[], byte[]> expected) {
        List<String> held = Observations.fingerprints(
                MemoryChangelogs.compacted(cluster, changelog));
        List<String> wanted = Observations.fingerprints(expected);
        if (!held.equals(wanted)) {
            throw new AssertionError("Not exactly once: the state in " + changelog + " is " + held + ", not " + wanted);
        }
    }

    private CompletableFuture<Effect> process(String instance, SourceRecord record, @Nullable Refused refused,
            TaskState state, VirtualLoop loop) {
        long ms = pace.workMs().applyAsLong(record);
        if (ms == 0) {
            return CompletableFuture.completedFuture(effect(instance, record, refused, state));
        }
        CompletableFuture<Effect> later = new CompletableFuture<>();
        var _ = loop.schedule(ms, () -> {
            // Called in meanwhile.
            if (!later.isDone()) {
                later.complete(effect(instance, record, refused, state));
            }
        });
        return later;
    }

    private Effect effect(String instance, SourceRecord record, @Nullable Refused refused, TaskState state) {
        Effect effect = work.effect(record, refused, state);
        observations.observe(instance, record, effect);
        return effect;
    }

    /// Summed over all instances and lives.
    public ProcessorStatus status() {
        StatusSum sum = new StatusSum();
        instances.forEach(instance -> {
            instance.past.forEach(sum::add);
            sum.add(instance.cycle.report());
        });
        sum.lag(cluster.uncommitted(Integer.MAX_VALUE));
        return sum.status(closed ? ProcessorState.STOPPED : ProcessorState.RUNNING, settings.delivery(),
                instances.size());
    }

    /// How often an instance died.
    public int crashes() {
        return instances.stream().mapToInt(instance -> instance.past.size()).sum();
    }

    /// Stops in good order: what was begun is committed.
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            instances.forEach(Instance::stop);
        }
    }

    /// A process: one member with one sink, born again after each death.
    private final class Instance {
        private final String name;
        private final List<CycleReport> past = new ArrayList<>();
        private Cycle cycle;
        private CycleRunner runner;
        private VirtualLoop loop;
        private CompletableFuture<Void> step;
        private long wantedWaitMs;
        private boolean progress;

        Instance(String name) {
            this.name = name;
            start();
        }

        private void start() {
            cycle = new Cycle(new CycleSettings(settings.delivery(), settings.commitInterval().toMillis(),
                    settings.commitRecords(), Long.MAX_VALUE, settings.transactionTimeout().toMillis(), false,
                    pace.schedule(), settings.waitForOthers().toMillis()),
                    pace.states(name, plan.stages(), directory));
            DelayedSource source = new DelayedSource(cluster.source(name, settings.maxPollRecords()),
                    plan.stages().retries(), cluster::nowMs);
            boolean rows = plan.stages().database() != null;
            Ports topics = new Ports(source, cluster.sinks(name, !rows
                    && settings.delivery() == Delivery.EXACTLY_ONCE), new MemoryChangelogs(cluster, name));
            Ports written = !rows ? topics : topics.with(new Ports.Rows(ledgers.apply(database.ledger(name)), name,
                    plan.stages().hasTwoPhases(settings.onError()) ? cluster.heirs() : null), settings.delivery(),
                    plan.stages());
            Ports ports = ChangesLast.of(written, plan.stages(), settings.delivery());
            loop = new VirtualLoop(cluster.nowMs());
            runner = new CycleRunner(cycle, new IdleWatch(ports.source(), cluster.group()::isStable, maxWaitMs ->
                    idleFor(Math.min(Math.min(maxWaitMs, source.untilDueMs()),
                            loop.nextDueMs() - cluster.nowMs()))), ports.sinks(),
                    ports.changelogs(),
                    (record, refused, state) -> process(name, record, refused, state, loop), loop,
                    new PollPace(Long.MAX_VALUE, loop.nowMs()), cluster::nowMs);
            step = CompletableFuture.completedFuture(null);
        }

        private void idleFor(long ms) {
            wantedWaitMs = ms;
            progress = false;
        }

        /// For how long nothing more happens here unless something changes.
        long step() {
            progress = true;
            try {
                go();
            } catch (SimulatedCrash crash) {
                past.add(cycle.report());
                // Only what is on disk is left.
                cycle.closeStores();
                cluster.group().expire(name);
                start();
            }
            if (cycle.state() instanceof CycleState.Closed(Throwable cause) && cause != null) {
                throw cause instanceof ProcessorException known ? known
                        : new ProcessorException(name + " stopped: " + cause.getMessage(), cause);
            }
            return progress ? 0 : Math.max(1, wantedWaitMs);
        }

        /// The next step, if the last one has ended.
        private void go() {
            loop.advance(cluster.nowMs() - loop.nowMs());
            if (step.isDone()) {
                step = runner.step();
            }
            if (!step.isDone()) {
                idleFor(loop.nextDueMs() - cluster.nowMs());
            }
        }

        boolean isIdle() {
            return cycle.isAtRest();
        }

        void stop() {
            try {
                runner.stop(cluster.nowMs() + CLOSE_MS);
                while (!(cycle.state() instanceof CycleState.Closed)) {
                    go();
                    cluster.advance(1);
                }
            } catch (SimulatedCrash crash) {
                past.add(cycle.report());
                cluster.group().expire(name);
            }
        }
    }
}
