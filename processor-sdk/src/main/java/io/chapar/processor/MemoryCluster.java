package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FencedException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

import static java.util.Objects.requireNonNull;

/// Logs, transactions and one group in memory, on virtual time, in one thread, where every call ends at once: what the
/// cycle's ports see of a cluster. Keeps the broker's promises (a marker ends a transaction in each of its partitions,
/// an older epoch is fenced, a commit of an older generation is refused), and breaks calls as its [Faults] say.
final class MemoryCluster {
    /// The calls that an application makes.
    enum Call { OPEN, BEGIN, SEND, FLUSH, STAGE, COMMIT, ABORT, POLL, COMMIT_POSITIONS, REWIND, RESTORE, CLAIM, ROWS }

    /// Decides about each call before it is made.
    interface Faults {
        Fault next(Call call, String instance);
    }

    /// Hears of each instance's transactions.
    interface Transactions {
        void committed(String instance);

        void aborted(String instance);
    }

    private enum Outcome { OPEN, COMMITTED, ABORTED }

    private static final class Transaction {
        private final long beganMs;
        /// Somebody else decides about it, however long that takes.
        private final boolean twoPhases;
        private final TreeSet<TopicPartition> written = new TreeSet<>();
        private final TreeMap<TopicPartition, OffsetAndMetadata> staged = new TreeMap<>();
        private Outcome outcome = Outcome.OPEN;

        private final long number;

        Transaction(long number, long beganMs, boolean twoPhases) {
            this.number = number;
            this.beganMs = beganMs;
            this.twoPhases = twoPhases;
        }

        /// Of all transactions of this id.
        String name(String id) {
            return id + "@" + number;
        }
    }

    /// `record` null: a marker.
    private record Entry(@Nullable SinkRecord record, @Nullable Transaction transaction) {
        /// Null for a marker, and for what no reader of committed records sees.
        @Nullable SinkRecord visible() {
            return transaction == null || transaction.outcome == Outcome.COMMITTED ? record : null;
        }

        boolean isOpen() {
            return transaction != null && transaction.outcome == Outcome.OPEN;
        }
    }

    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    private final int partitionsPerTopic;
    private final long transactionTimeoutMs;
    private final Faults faults;
    private final Transactions heard;
    private final TreeMap<TopicPartition, List<Entry>> logs = new TreeMap<>();
    private final TreeMap<TopicPartition, OffsetAndMetadata> committed = new TreeMap<>();
    private final TreeMap<String, Integer> epochs = new TreeMap<>();
    private final TreeMap<String, Transaction> open = new TreeMap<>();
    /// The present or last sink of each instance.
    private final TreeMap<String, Sink> writers = new TreeMap<>();
    private final MemoryGroup group;
    private MemoryRefusals refusing = MemoryRefusals.NONE;
    private final TreeSet<String> changelogs = new TreeSet<>();
    private long nowMs;
    private long transactions;

    MemoryCluster(int partitionsPerTopic, long transactionTimeoutMs, Stages stages, Faults faults,
            Transactions heard) {
        this.heard = heard;
        this.partitionsPerTopic = partitionsPerTopic;
        this.transactionTimeoutMs = transactionTimeoutMs;
        this.faults = faults;
        TreeSet<TopicPartition> inputs = new TreeSet<>();
        for (String topic : stages.topics()) {
            for (int partition = 0; partition < partitionsPerTopic; partition++) {
                inputs.add(new TopicPartition(topic, partition));
            }
        }
        stages.stepsByStage().values().forEach(steps ->
                steps.forEach(step -> changelogs.add(stages.names().changelog(step))));
        group = new MemoryGroup(inputs, stages::lead);
    }

    long nowMs() {
        return nowMs;
    }

    MemoryGroup group() {
        return group;
    }

    void refuse(MemoryRefusals rule) {
        refusing = rule;
    }

    /// Transactions that get too old are aborted, and their producers fenced.
    void advance(long ms) {
        nowMs += ms;
        for (String id : List.copyOf(open.keySet())) {
            if (!transaction(id).twoPhases && nowMs - transaction(id).beganMs >= transactionTimeoutMs) {
                fence(id);
            }
        }
    }

    /// The producer of this name has a newer epoch than it knows; its transaction is aborted.
    void fence(String id) {
        if (open.containsKey(id) && transaction(id).twoPhases) {
            epochs.merge(id, 1, Integer::sum);
            return;
        }
        end(id, Outcome.ABORTED);
        // Also what was made after an earlier end, of which the producer has not heard.
        heard.aborted(id);
        epochs.merge(id, 1, Integer::sum);
    }

    SourceRecord append(SinkRecord record) {
        return append(record, null);
    }

    private SourceRecord append(SinkRecord record, @Nullable Transaction transaction) {
        TopicPartition to = place(record);
        List<Entry> log = log(to);
        log.add(new Entry(record.at(nowMs), transaction));
        if (transaction != null) {
            transaction.written.add(to);
        }
        return new SourceRecord(to, log.size() - 1L, 0, record.at(nowMs).timestampMs(), record.key(), record.value(),
                record.headers());
    }

    private TopicPartition place(SinkRecord record) {
        return new TopicPartition(record.topic(), record.partition() != null ? record.partition()
                : Math.floorMod(Arrays.hashCode(record.key()), partitionsPerTopic));
    }

    private List<Entry> log(TopicPartition partition) {
        return logs.computeIfAbsent(partition, key -> new ArrayList<>());
    }

    private Transaction transaction(String id) {
        return requireNonNull(open.get(id), "a transaction is open");
    }

    private void end(String id, Outcome outcome) {
        Transaction transaction = open.remove(id);
        if (transaction == null) {
            return;
        }
        transaction.outcome = outcome;
        transaction.written.forEach(partition -> log(partition).add(new Entry(null, transaction)));
        if (outcome == Outcome.COMMITTED) {
            committed.putAll(transaction.staged);
            heard.committed(id);
        } else {
            heard.aborted(id);
        }
    }

    /// Everything that a reader of committed records sees, in the order of each partition; origin is the place in
    /// this log.
    List<SourceRecord> visible(String topic) {
        List<SourceRecord> all = new ArrayList<>();
        for (int partition = 0; partition < partitionsPerTopic; partition++) {
            TopicPartition from = new TopicPartition(topic, partition);
            read(from, 0, Integer.MAX_VALUE, all);
        }
        return all;
    }

    /// Returns where reading goes on.
    long read(TopicPartition from, long offset, int atMost, List<SourceRecord> into) {
        List<Entry> log = logs.getOrDefault(from, List.of());
        int at = Math.toIntExact(offset);
        int end = into.size() + Math.min(atMost, log.size());
        while (at < log.size() && !log.get(at).isOpen()) {
            SinkRecord record = log.get(at).visible();
            if (record != null && into.size() == end) {
                break;
            }
            if (record != null) {
                List<Header> headers = record.headers();
                into.add(new SourceRecord(from, at, 0, record.timestampMs(), record.key(), record.value(), headers));
            }
            at++;
        }
        return at;
    }

    /// Every readable record of the inputs lies before its group's committed position.
    boolean allCommitted() {
        return open.isEmpty() && uncommitted(1) == 0;
    }

    /// How many readable records of the inputs do not; of each partition so many are looked for.
    int uncommitted(int atMost) {
        List<SourceRecord> rest = new ArrayList<>();
        for (TopicPartition input : group.inputs()) {
            OffsetAndMetadata position = committed.get(input);
            read(input, position == null ? 0 : position.offset(), atMost, rest);
        }
        return rest.size();
    }

    /// Null when the group has committed nothing there.
    @Nullable OffsetAndMetadata committed(TopicPartition partition) {
        return committed.get(partition);
    }

    void commit(Map<TopicPartition, OffsetAndMetadata> positions) {
        committed.putAll(positions);
    }

    boolean isUnstable(TopicPartition partition) {
        return open.values().stream().anyMatch(transaction -> transaction.staged.containsKey(partition));
    }

    /// The outcome of a call that may go wrong.
    void call(Call call, String instance, Runnable effect) {
        Fault fault = faults.next(call, instance);
        // A client that polls keeps what has arrived; only a request can be lost.
        switch (call == Call.POLL && fault == Fault.LOST_AFTER ? Fault.LOST_BEFORE : fault) {
            case NONE -> effect.run();
            case CRASH_BEFORE -> throw new SimulatedCrash();
            case CRASH_BEFORE_BUT_WRITTEN -> crash(instance, to -> true);
            case CRASH_BEFORE_BUT_CHANGELOGS_WRITTEN -> crash(instance, to -> changelogs.contains(to.topic()));
            case CRASH_BEFORE_BUT_PARTLY_WRITTEN -> {
                int drawn = Long.hashCode(nowMs);
                crash(instance, to -> (to.hashCode() * 31 + drawn) * 0x9e3779b9 < 0);
            }
            case CRASH_AFTER -> {
                effect.run();
                throw new SimulatedCrash();
            }
            case REFUSED -> throw new RetriableException(ErrorCode.REQUEST_TIMED_OUT, call + " was refused");
            case LOST_BEFORE -> throw new UnknownOutcomeException("No answer to " + call);
            case LOST_AFTER -> {
                effect.run();
                throw new UnknownOutcomeException("No answer to " + call);
            }
            case FENCE -> {
                fence(instance);
                effect.run();
            }
            case EXPIRE -> {
                group.expire(instance);
                effect.run();
            }
            case REBALANCE -> {
                group.rebalance();
                effect.run();
            }
        }
    }

    private void crash(String instance, Predicate<TopicPartition> reached) {
        Sink writer = writers.get(instance);
        if (writer != null) {
            writer.unflushed.removeIf(sent -> !reached.test(place(sent.output())));
            writer.write();
        }
        throw new SimulatedCrash();
    }

    RecordSink.Factory sinks(String instance, boolean transactional) {
        return () -> {
            Sink[] sink = new Sink[1];
            call(Call.OPEN, instance, () -> {
                if (transactional) {
                    fence(instance);
                }
                sink[0] = new Sink(instance, transactional, epochs.getOrDefault(instance, 0));
                writers.put(instance, sink[0]);
            });
            return CompletableFuture.completedFuture(sink[0]);
        };
    }

    /// Sinks about whose transactions somebody else decides.
    Heirs heirs() {
        return id -> {
            Sink[] sink = new Sink[1];
            call(Call.OPEN, id, () -> {
                if (!open.containsKey(id)) {
                    heard.aborted(id);
                }
                epochs.merge(id, 1, Integer::sum);
                sink[0] = new Sink(id, true, epochs.getOrDefault(id, 0));
                sink[0].twoPhases = true;
                writers.put(id, sink[0]);
            });
            return CompletableFuture.completedFuture(new Heirs.Heir(sink[0],
                    open.containsKey(id) ? transaction(id).name(id) : null));
        };
    }

    private final class Sink implements RecordSink {
        private final String instance;
        private final boolean transactional;
        private final int epoch;
        private boolean twoPhases;
        private @Nullable Transaction begun;
        private final List<MemoryRefusals.Sent> unflushed = new ArrayList<>();
        private final List<Refusal> refusals = new ArrayList<>();
        private final TreeMap<TopicPartition, Written> written = new TreeMap<>();
        private final OutputLimits limits = new OutputLimits(OutputLimits.DEFAULT_BYTES);

        Sink(String instance, boolean transactional, int epoch) {
            this.instance = instance;
            this.transactional = transactional;
            this.epoch = epoch;
        }

        @Override
        public CompletableFuture<Void> begin() {
            call(Call.BEGIN, instance, () -> {
                requireEpoch();
                refusals.clear();
                written.clear();
                begun = new Transaction(++transactions, nowMs, twoPhases);
                open.put(instance, begun);
            });
            return DONE;
        }

        @Override
        public @Nullable ChaparException refusal(SinkRecord record) {
            return limits.refusal(record);
        }

        @Override
        public CompletableFuture<Void> send(SourceRecord input, List<SinkRecord> records) {
            records.forEach(record -> call(Call.SEND, instance, () ->
                    unflushed.add(new MemoryRefusals.Sent(input, record))));
            return DONE;
        }

        @Override
        public List<Refusal> takeRefusals() {
            List<Refusal> taken = List.copyOf(refusals);
            refusals.clear();
            return taken;
        }

        @Override
        public Map<TopicPartition, Written> takeWritten() {
            TreeMap<TopicPartition, Written> taken = new TreeMap<>(written);
            written.clear();
            return taken;
        }

        @Override
        public CompletableFuture<Void> flush() {
            try {
                call(Call.FLUSH, instance, () -> {
                    requireEpoch();
                    requireAccepted();
                    write();
                });
            } finally {
                unflushed.clear();
            }
            return DONE;
        }

        private void requireAccepted() {
            refusals.addAll(refusing.takeFrom(unflushed, MemoryCluster.this::place));
            if (!refusals.isEmpty()) {
                if (!transactional) {
                    write();
                }
                throw refusals.getFirst().cause();
            }
        }

        /// What a dead process had sent before it was fenced; nothing of an older epoch gets in.
        private void write() {
            if (transactional && (!isCurrent() || !open.containsKey(instance))) {
                return;
            }
            unflushed.forEach(sent -> {
                SourceRecord place = append(sent.output(), transactional ? open.get(instance) : null);
                written.merge(place.partition(), Written.at(place.offset()), Written::and);
            });
            unflushed.clear();
        }

        @Override
        public CompletableFuture<Void> stage(Map<TopicPartition, OffsetAndMetadata> positions,
                GroupMetadata member) {
            call(Call.STAGE, instance, () -> {
                requireEpoch();
                group.requireCurrent(member);
                transaction(instance).staged.putAll(positions);
            });
            return DONE;
        }

        @Override
        public CompletableFuture<String> prepare() {
            return CompletableFuture.completedFuture(
                    requireNonNull(begun, "a transaction was begun").name(instance));
        }

        @Override
        public CompletableFuture<Void> commit() {
            call(Call.COMMIT, instance, () -> {
                requireEpoch();
                end(instance, Outcome.COMMITTED);
            });
            return DONE;
        }

        @Override
        public CompletableFuture<Void> abort() {
            call(Call.ABORT, instance, () -> {
                requireEpoch();
                unflushed.clear();
                end(instance, Outcome.ABORTED);
            });
            return DONE;
        }

        @Override
        public CompletableFuture<Void> close() {
            drop();
            return DONE;
        }

        @Override
        public void drop() {
            unflushed.clear();
            if (transactional && !twoPhases && isCurrent()) {
                end(instance, Outcome.ABORTED);
            }
        }

        private boolean isCurrent() {
            return epochs.getOrDefault(instance, -1) == epoch;
        }

        private void requireEpoch() {
            if (transactional && !isCurrent()) {
                throw new FencedException(ErrorCode.PRODUCER_FENCED, instance + " has a newer epoch");
            }
        }
    }

    /// Behind everything that is written.
    long end(TopicPartition of) {
        return log(of).size();
    }

    /// False when something there is undecided.
    boolean readAll(TopicPartition from, List<SourceRecord> into) {
        return read(from, 0, Integer.MAX_VALUE, into) == log(from).size();
    }

    RecordSource source(String instance, int maxPollRecords) {
        return new MemorySource(this, instance, maxPollRecords);
    }
}
