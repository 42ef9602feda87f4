package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Header;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/// Does what a [Cycle] asks for, step by step, on the thread that calls [#step]: against a cluster, or against a
/// [MemoryCluster] in tests.
final class CycleRunner {
    private static final int MAX_ERROR_TEXT = 1_000;

    private final Cycle cycle;
    private final RecordSource source;
    private final RecordSink.Factory sinks;
    private final Plan plan;
    private final ErrorPolicy onError;
    private final LongSupplier clockMs;
    private final LongConsumer waitUntilMs;
    private final RecordSource.Rebalance rebalance = new GiveUpInOrder();
    private RecordSink sink;
    private volatile boolean interrupting;

    /// `waitUntilMs` may return early.
    CycleRunner(Cycle cycle, RecordSource source, RecordSink.Factory sinks, Plan plan, ErrorPolicy onError,
            LongSupplier clockMs, LongConsumer waitUntilMs) {
        this.cycle = cycle;
        this.source = source;
        this.sinks = sinks;
        this.plan = plan;
        this.onError = onError;
        this.clockMs = clockMs;
        this.waitUntilMs = waitUntilMs;
    }

    /// From now on what user code throws is put down to an interrupt. From any thread.
    void interrupting() {
        interrupting = true;
    }

    /// Closes without finishing anything: after a fault of this program.
    void giveUp() {
        try {
            closeSink();
        } finally {
            source.close(NOBODY);
        }
    }

    /// False when the cycle has closed, and nothing follows.
    boolean step() {
        if (cycle.state() instanceof CycleState.Closed) {
            return false;
        }
        perform(cycle.next(clockMs.getAsLong()));
        return true;
    }

    private void perform(CycleStep step) {
        try {
            attempt(step);
        } catch (ChaparException e) {
            cycle.failed(step, e, clockMs.getAsLong());
        }
    }

    private void attempt(CycleStep step) {
        switch (step) {
            case CycleStep.Open() -> {
                sink = sinks.open();
                cycle.opened();
            }
            case CycleStep.Poll(long maxWaitMs) -> cycle.polled(source.poll(maxWaitMs, rebalance));
            case CycleStep.Begin() -> {
                sink.begin();
                cycle.begun(clockMs.getAsLong());
            }
            case CycleStep.Handle(SourceRecord record) -> process(record);
            case CycleStep.Flush() -> {
                sink.flush();
                cycle.flushed();
            }
            case CycleStep.CommitPositions(var positions) -> {
                source.commit(positions);
                cycle.committed(clockMs.getAsLong());
            }
            case CycleStep.CommitTransaction(var positions) -> {
                sink.stage(positions, source.group());
                sink.commit();
                cycle.committed(clockMs.getAsLong());
            }
            case CycleStep.Abort() -> {
                sink.abort();
                cycle.aborted();
            }
            case CycleStep.Reopen() -> {
                closeSink();
                sink = sinks.open();
                cycle.reopened();
            }
            case CycleStep.Rewind() -> cycle.rewound(source.rewind(), clockMs.getAsLong());
            case CycleStep.Wait(long untilMs) -> waitUntilMs.accept(untilMs);
            case CycleStep.Close() -> {
                closeSink();
                source.close(rebalance);
                cycle.closed();
            }
        }
    }

    private void closeSink() {
        if (sink != null) {
            sink.close();
            sink = null;
        }
    }

    private void process(SourceRecord record) {
        int attemptsLeft = switch (onError) {
            case ErrorPolicy.Stop() -> 0;
            case ErrorPolicy.Skip(int retries) -> retries;
            case ErrorPolicy.DeadLetter(String topic, int retries) -> retries;
        };
        while (true) {
            List<SinkRecord> outputs;
            try {
                outputs = plan.process(record);
            } catch (RuntimeException e) {
                if (interrupting) {
                    // Heard; what is left to do shall not be cut off by it as well.
                    Thread.interrupted();
                    cycle.processingInterrupted(clockMs.getAsLong());
                    return;
                }
                if (attemptsLeft-- > 0) {
                    continue;
                }
                giveUp(record, e);
                return;
            }
            send(outputs, false);
            return;
        }
    }

    private void send(List<SinkRecord> outputs, boolean skipped) {
        for (SinkRecord output : outputs) {
            sink.send(output);
        }
        cycle.processed(outputs.size(), skipped);
    }

    private void giveUp(SourceRecord record, RuntimeException cause) {
        switch (onError) {
            case ErrorPolicy.Stop() -> cycle.processingFailed(new ProcessorException("Processing failed at offset "
                    + record.offset() + " of " + record.partition() + ": " + cause, cause));
            case ErrorPolicy.Skip(int retries) -> send(List.of(), true);
            case ErrorPolicy.DeadLetter(String topic, int retries) ->
                send(List.of(deadLetter(topic, record, cause)), true);
        }
    }

    private static SinkRecord deadLetter(String topic, SourceRecord record, RuntimeException cause) {
        List<Header> headers = new ArrayList<>(record.headers());
        headers.add(header("topic", record.partition().topic()));
        headers.add(header("partition", Integer.toString(record.partition().partition())));
        headers.add(header("offset", Long.toString(record.offset())));
        String error = cause.toString();
        headers.add(header("error", error.substring(0, Math.min(error.length(), MAX_ERROR_TEXT))));
        return new SinkRecord(topic, record.timestampMs(), record.key(), record.value(), headers);
    }

    private static Header header(String name, String value) {
        return new Header(ErrorPolicy.HEADER_PREFIX + name, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
    }

    private static final RecordSource.Rebalance NOBODY = new RecordSource.Rebalance() {
        @Override
        public void assigned(SortedSet<TopicPartition> partitions) {
        }

        @Override
        public void revoked(SortedSet<TopicPartition> partitions) {
        }

        @Override
        public void lost(SortedSet<TopicPartition> partitions) {
        }
    };

    /// Before partitions go, the cycle ends what it began with them; its steps are done here, within the poll.
    private final class GiveUpInOrder implements RecordSource.Rebalance {
        @Override
        public void assigned(SortedSet<TopicPartition> partitions) {
            cycle.assigned(partitions);
        }

        @Override
        public void revoked(SortedSet<TopicPartition> partitions) {
            cycle.revoke();
            while (!cycle.mayRelease()) {
                perform(cycle.next(clockMs.getAsLong()));
            }
            cycle.released(partitions);
        }

        @Override
        public void lost(SortedSet<TopicPartition> partitions) {
            cycle.lost(partitions);
        }
    }
}
