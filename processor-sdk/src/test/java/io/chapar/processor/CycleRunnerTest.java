package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.VirtualLoop;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

/// Steps that do not end by themselves.
class CycleRunnerTest {
    private static final Topology TOPOLOGY = Topology.from("in", Serdes.bytes(), Serdes.bytes()).forEach(record -> { });
    private final MemoryCluster cluster = new MemoryCluster(1, 60_000, Plan.of(TOPOLOGY, "test").stages(),
            (call, instance) -> Fault.NONE, new Observations(Plan.of(TOPOLOGY, "test"), new GlobalHistory(Set.of(), 1),
                    true));
    private final VirtualLoop loop = new VirtualLoop();
    private final Cycle cycle = new Cycle(new CycleSettings(Delivery.EXACTLY_ONCE, 100, 1, 1_000_000, 60_000, false,
            Schedule.Choice.IN_ORDER));
    private final List<CycleState> ends = new ArrayList<>();

    private CycleRunner running(Work work) {
        cluster.append(new SinkRecord("in", 0, new byte[1], new byte[1], List.of()));
        CycleRunner runner = new CycleRunner(cycle, cluster.source("a", 10),
                () -> cluster.sinks("a", true).open().thenApply(Unanswered::new), work, loop);
        runner.run(() -> { }, cause -> ends.add(new CycleState.Closed(cause)));
        return runner;
    }

    @Test
    void aFlushWithoutAnAnswerIsGivenUpWhenTheTimeToStopIsOver() {
        CycleRunner runner = running((record, refused, state) ->
                CompletableFuture.completedFuture(new Effect.Outputs(List.of(), false)));
        assertInstanceOf(CycleState.Flushing.class, cycle.state());
        assertNull(runner.steps().tooLong(loop.nowMs() + StepWatch.LONG_MS - 1));
        StepWatch.Waiting waiting = runner.steps().tooLong(loop.nowMs() + StepWatch.LONG_MS);
        assertInstanceOf(CycleStep.Flush.class, requireNonNull(waiting).step());
        runner.stop(loop.nowMs() + 1_000);
        loop.advance(999);
        assertInstanceOf(CycleState.Flushing.class, cycle.state());
        loop.advance(1);
        assertEquals(List.of(new CycleState.Closed(null)), ends);
        assertNull(runner.steps().tooLong(Long.MAX_VALUE));
    }

    @Test
    void aRecordWithoutAnEndIsGivenUpWhenTheTimeToStopIsOver() {
        CompletableFuture<Effect> late = new CompletableFuture<>();
        CycleRunner runner = running((record, refused, state) -> late);
        runner.stop(loop.nowMs() + 1_000);
        loop.advance(1_000);
        assertEquals(List.of(new CycleState.Closed(null)), ends);
        SinkRecord output = new SinkRecord("out", 0, new byte[1], new byte[1], List.of());
        late.complete(new Effect.Outputs(List.of(output), false));
        loop.advance(1);
        assertEquals(0, cycle.report().recordsOut());
    }

    /// A sink whose flush is never answered.
    private record Unanswered(RecordSink sink) implements RecordSink {
        @Override
        public CompletableFuture<Void> begin() {
            return sink.begin();
        }

        @Override
        public @Nullable ChaparException refusal(SinkRecord record) {
            return sink.refusal(record);
        }

        @Override
        public CompletableFuture<Void> send(SourceRecord input, List<SinkRecord> outputs) {
            return sink.send(input, outputs);
        }

        @Override
        public List<Refusal> takeRefusals() {
            return sink.takeRefusals();
        }

        @Override
        public CompletableFuture<Void> flush() {
            return new CompletableFuture<>();
        }

        @Override
        public Map<TopicPartition, Written> takeWritten() {
            return sink.takeWritten();
        }

        @Override
        public CompletableFuture<Void> stage(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group) {
            return sink.stage(positions, group);
        }

        @Override
        public CompletableFuture<Void> commit() {
            return sink.commit();
        }

        @Override
        public CompletableFuture<Void> abort() {
            return sink.abort();
        }

        @Override
        public CompletableFuture<Void> close() {
            return sink.close();
        }

        @Override
        public void drop() {
            sink.drop();
        }
    }
}
