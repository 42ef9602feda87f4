package io.chapar.broker.coordinator;

import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A step that has very many effects, such as the answers to all members of a large group, gives its loop back.
final class ManyEffectsTest {
    private static final int MANY = 5_000;

    private final ManualLoop loop = new ManualLoop();
    private final List<Integer> performed = new ArrayList<>();
    private final Numbers coordinator = new Numbers(loop, performed);

    private static final class Numbers extends PartitionCoordinator<Integer> {
        private final List<Integer> performed;

        Numbers(Loop loop, List<Integer> performed) {
            super(loop, new EmptyLog());
            this.performed = performed;
        }

        void emit(int from, int to) {
            step((_, out) -> IntStream.range(from, to).forEach(out::accept));
        }

        @Override
        protected void start(long nowMs, Consumer<Integer> out) {}

        @Override
        protected long nextDeadlineMs() {
            return Long.MAX_VALUE;
        }

        @Override
        protected void tick(long nowMs, Consumer<Integer> out) {}

        @Override
        protected void perform(Integer effect) {
            performed.add(effect);
        }

        @Override
        protected void refuseAll(ErrorCode error) {}

        @Override
        public void record(long offset, ByteBuffer key, ByteBuffer value, long producerId) {}

        @Override
        public void marker(CoordinatorLog.Marker marker) {}
    }

    private static final class EmptyLog implements CoordinatorLog {
        @Override
        public TopicPartition id() {
            return new TopicPartition("log", 0);
        }

        @Override
        public int coordinatorEpoch() {
            return 0;
        }

        @Override
        public void load(Replay into, Runnable loaded) {
            loaded.run();
        }

        @Override
        public void append(List<KeyValue> records, ProducerStamp txnOrNull, Consumer<Appending> done) {}

        @Override
        public ProducerStamp stamp(long producerId, short producerEpoch, boolean addsPartition) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void onMarker(MarkerListener listener) {}

        @Override
        public void onEnd(Runnable then) {}
    }

    @Test
    void fewArePerformedAtOnce() {
        coordinator.elected();
        coordinator.emit(0, 100);
        assertEquals(100, performed.size());
        assertEquals(0, loop.runAll());
    }

    @Test
    void manyArePerformedInTheirOrderInManyTurns() {
        coordinator.elected();
        coordinator.emit(0, MANY);
        assertTrue(performed.size() <= MANY / 5, "in the first turn " + performed.size());
        coordinator.emit(MANY, MANY + 1);
        assertTrue(loop.runAll() >= 4);
        assertEquals(IntStream.rangeClosed(0, MANY).boxed().toList(), performed);
    }

    @Test
    void whoResignsPerformsNoMore() {
        coordinator.elected();
        coordinator.emit(0, MANY);
        int before = performed.size();
        coordinator.resigned();
        loop.runAll();
        assertEquals(before, performed.size());
    }
}
