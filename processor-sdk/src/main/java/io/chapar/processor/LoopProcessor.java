package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.ConsumerRecords;
import io.chapar.client.consumer.LoopConsumer;
import io.chapar.client.producer.LoopProducer;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.transport.ClientLoop;
import io.chapar.client.transport.ClientRuntime;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// One thread of an application without the thread: the same [Cycle] over the client's cores, for a caller that lives
/// on a loop. Nothing blocks. User code runs on the loop.
///
/// What [CycleRunner], [GroupSource] and [LogSink] do with calls that wait, this does with calls that end later; the
/// cycle decides in both.
public final class LoopProcessor {
    private final ProcessorConfig config;
    private final Plan plan;
    private final String memberName;
    private final ClientLoop loop;
    private final Supplier<ClientRuntime> runtimes;
    private final Consumer<Throwable> ended;
    private final Cycle cycle;
    private final LoopConsumer consumer;
    private final SortedSet<TopicPartition> owned = new TreeSet<>();
    /// Where reading began in partitions that had no committed position, so that a rewind goes back there.
    private final TreeMap<TopicPartition, Long> began = new TreeMap<>();
    private LoopProducer sink;
    private Throwable firstFailure;

    /// @param runtimes a runtime on `loop` for each client that is opened
    /// @param ended told once, with the cause or null
    public LoopProcessor(ProcessorConfig config, Topology topology, String memberName, ClientLoop loop,
            Supplier<ClientRuntime> runtimes, Consumer<Throwable> ended) {
        this.config = config;
        plan = Plan.of(topology);
        this.memberName = memberName;
        this.loop = loop;
        this.runtimes = runtimes;
        this.ended = ended;
        cycle = new Cycle(Cycle.Settings.of(config));
        consumer = new LoopConsumer(ClientSettings.consumer(config, memberName), runtimes.get());
        consumer.subscribe(plan.topics(), new GiveUpInOrder());
        loop.execute(this::advance);
    }

    /// Finish what was begun, and close.
    public void stop() {
        cycle.stop(loop.nowMs() + config.closeTimeoutMs());
        consumer.wakeup();
    }

    public long recordsIn() {
        return cycle.report().recordsIn();
    }

    public long commits() {
        return cycle.report().commits();
    }

    private void advance() {
        if (cycle.state() instanceof CycleState.Closed(Throwable cause)) {
            ended.accept(cause);
            return;
        }
        perform(cycle.next(loop.nowMs()), () -> loop.execute(this::advance));
    }

    private void perform(CycleStep step, Runnable then) {
        CompletableFuture<Void> done;
        try {
            done = attempt(step);
        } catch (ChaparException e) {
            done = CompletableFuture.failedFuture(e);
        }
        var _ = done.whenComplete((nothing, failure) -> loop.execute(() -> {
            if (failure != null) {
                cycle.failed(step, known(failure), loop.nowMs());
            }
            then.run();
        }));
    }

    private static ChaparException known(Throwable failure) {
        Throwable cause = failure instanceof java.util.concurrent.CompletionException && failure.getCause() != null
                ? failure.getCause() : failure;
        if (cause instanceof ChaparException chapar) {
            return chapar;
        }
        throw new IllegalStateException("a step failed", cause);
    }

    private CompletableFuture<Void> attempt(CycleStep step) {
        return switch (step) {
            case CycleStep.Open() -> openSink().thenRun(cycle::opened);
            case CycleStep.Poll(long maxWaitMs) -> consumer.poll(maxWaitMs).thenAccept(this::polled);
            case CycleStep.Begin() -> {
                firstFailure = null;
                yield sink.beginTransaction().thenRun(() -> cycle.begun(loop.nowMs()));
            }
            case CycleStep.Handle(SourceRecord record) -> {
                process(record);
                yield CompletableFuture.completedFuture(null);
            }
            case CycleStep.Flush() -> sink.flush().thenRun(() -> {
                throwFirstFailure();
                cycle.flushed();
            });
            case CycleStep.CommitPositions(var positions) -> (positions.isEmpty()
                    ? CompletableFuture.<Void>completedFuture(null) : consumer.commit(positions))
                    .thenRun(() -> cycle.committed(loop.nowMs()));
            case CycleStep.CommitTransaction(var positions) -> (positions.isEmpty()
                    ? CompletableFuture.<Void>completedFuture(null)
                    : sink.sendOffsets(positions, consumer.groupMetadata()))
                    .thenCompose(nothing -> sink.commitTransaction())
                    .thenRun(() -> cycle.committed(loop.nowMs()));
            case CycleStep.Abort() -> sink.abortTransaction().thenRun(cycle::aborted);
            case CycleStep.Reopen() -> {
                closeSink();
                yield openSink().thenRun(cycle::reopened);
            }
            case CycleStep.Rewind() -> rewind().thenAccept(committed -> cycle.rewound(committed, loop.nowMs()));
            case CycleStep.Wait(long untilMs) -> {
                CompletableFuture<Void> later = new CompletableFuture<>();
                loop.schedule(Math.max(1, untilMs - loop.nowMs()), () -> later.complete(null));
                yield later;
            }
            case CycleStep.Close() -> {
                closeSink();
                CompletableFuture<Void> left = new CompletableFuture<>();
                consumer.close(() -> left.complete(null));
                yield left.thenRun(cycle::closed);
            }
        };
    }

    private CompletableFuture<Void> openSink() {
        LoopProducer fresh = new LoopProducer(ClientSettings.producer(config, memberName), runtimes.get());
        CompletableFuture<Void> ready = config.delivery() == Delivery.EXACTLY_ONCE
                ? fresh.initTransactions() : CompletableFuture.completedFuture(null);
        return ready.whenComplete((nothing, failure) -> {
            if (failure == null) {
                sink = fresh;
            } else {
                fresh.close();
            }
        });
    }

    private void closeSink() {
        if (sink != null) {
            sink.close();
            sink = null;
        }
    }

    private void polled(ConsumerRecords<byte[], byte[]> polled) {
        List<SourceRecord> records = new ArrayList<>(polled.count());
        for (ConsumerRecord<byte[], byte[]> record : polled) {
            TopicPartition partition = record.topicPartition();
            began.putIfAbsent(partition, record.offset());
            records.add(new SourceRecord(partition, record.offset(), record.leaderEpoch(), record.timestamp(),
                    record.key(), record.value(), record.headers()));
        }
        cycle.polled(new RecordSource.Polled(records, polled.nextOffsets()));
    }

    private CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> rewind() {
        if (owned.isEmpty()) {
            return CompletableFuture.completedFuture(Map.of());
        }
        return consumer.committed(new TreeSet<>(owned)).thenApply(committed -> {
            for (TopicPartition partition : owned) {
                OffsetAndMetadata position = committed.get(partition);
                if (position != null) {
                    consumer.seek(partition, position);
                } else if (began.containsKey(partition)) {
                    consumer.seek(partition, new OffsetAndMetadata(began.get(partition)));
                }
            }
            return committed;
        });
    }

    private void process(SourceRecord record) {
        List<SinkRecord> outputs;
        try {
            outputs = plan.process(record);
        } catch (RuntimeException e) {
            cycle.processingFailed(new ProcessorException("Processing failed at offset " + record.offset() + " of "
                    + record.partition() + ": " + e, e));
            return;
        }
        for (SinkRecord output : outputs) {
            var _ = sink.send(new ProducerRecord<>(output.topic(), null, Math.max(0, output.timestampMs()),
                    output.key(), output.value(), output.headers())).whenComplete((written, failure) -> {
                        if (failure != null && firstFailure == null) {
                            firstFailure = failure;
                        }
                    });
        }
        cycle.processed(outputs.size(), false);
    }

    private void throwFirstFailure() {
        Throwable failure = firstFailure;
        firstFailure = null;
        if (failure != null) {
            throw failure instanceof ChaparException chapar ? chapar
                    : new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR, "Writing failed", failure);
        }
    }

    /// Before partitions go, the cycle ends what it began with them, within the poll.
    private final class GiveUpInOrder implements LoopConsumer.Rebalance {
        @Override
        public void assigned(SortedSet<TopicPartition> partitions) {
            owned.addAll(partitions);
            cycle.assigned(partitions);
        }

        @Override
        public void revoked(SortedSet<TopicPartition> partitions, Runnable done) {
            cycle.revoke();
            giveUp(partitions, done);
        }

        private void giveUp(SortedSet<TopicPartition> partitions, Runnable done) {
            if (cycle.mayRelease()) {
                cycle.released(partitions);
                forget(partitions);
                done.run();
            } else {
                perform(cycle.next(loop.nowMs()), () -> giveUp(partitions, done));
            }
        }

        @Override
        public void lost(SortedSet<TopicPartition> partitions) {
            cycle.lost(partitions);
            forget(partitions);
        }

        private void forget(SortedSet<TopicPartition> partitions) {
            owned.removeAll(partitions);
            partitions.forEach(began::remove);
        }
    }
}
