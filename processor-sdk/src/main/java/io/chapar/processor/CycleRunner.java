package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.protocol.TopicPartition;

import java.util.List;
import java.util.SortedSet;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/// Does what a [Cycle] asks for, step by step, on the thread that calls [#step]: against a cluster, or against a
/// [MemoryCluster] in tests.
final class CycleRunner {
    private final Cycle cycle;
    private final RecordSource source;
    private final RecordSink.Factory sinks;
    private final Work work;
    private final LongSupplier clockMs;
    private final LongConsumer waitUntilMs;
    private final RecordSource.Rebalance rebalance = new GiveUpInOrder();
    private RecordSink sink;

    /// `waitUntilMs` may return early.
    CycleRunner(Cycle cycle, RecordSource source, RecordSink.Factory sinks, Work work, LongSupplier clockMs,
            LongConsumer waitUntilMs) {
        this.cycle = cycle;
        this.source = source;
        this.sinks = sinks;
        this.work = work;
        this.clockMs = clockMs;
        this.waitUntilMs = waitUntilMs;
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
        switch (work.on(record)) {
            case Effect.Outputs(List<SinkRecord> outputs, boolean skipped) -> {
                for (SinkRecord output : outputs) {
                    sink.send(output);
                }
                cycle.processed(outputs.size(), skipped);
            }
            case Effect.Failed(ProcessorException cause) -> cycle.processingFailed(cause);
            case Effect.Interrupted() -> cycle.processingInterrupted(clockMs.getAsLong());
        }
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
