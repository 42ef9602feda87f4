package io.chapar.broker.coordinator;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.metrics.TxnMeters;
import io.chapar.broker.partition.LeadershipProof;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnLimits;
import io.chapar.txn.TxnReply;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A step that has very many effects, such as the answers to all members of a large group, gives its loop back.
final class ManyEffectsTest {
    private static final int MANY = 5_000;

    private static final int STARTS = 3;

    private final ManualLoop loop = new ManualLoop();
    private final List<Integer> performed = new ArrayList<>();
    private final Numbers coordinator = new Numbers(loop, performed);

    private static final class Numbers extends PartitionCoordinator<Integer> {
        private final List<Integer> performed;
        private int starts = STARTS - 1;

        Numbers(Loop loop, List<Integer> performed) {
            super(loop, new EmptyLog());
            this.performed = performed;
        }

        void emit(int from, int to) {
            step((_, out) -> IntStream.range(from, to).forEach(out::accept));
        }

        @Override
        protected boolean start(long nowMs, Consumer<Integer> out) {
            starts++;
            out.accept(-starts);
            return starts < STARTS;
        }

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
        public void proveLeadership(LeadershipProof.Answer done) {
            done.known(true);
        }

        @Override
        public void deleteBefore(long offset) {}

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
        assertEquals(101, performed.size());
        assertEquals(0, loop.runAll());
    }

    @Test
    void manyArePerformedInTheirOrderInManyTurns() {
        coordinator.elected();
        coordinator.emit(0, MANY);
        assertTrue(performed.size() <= MANY / 5, "in the first turn " + performed.size());
        coordinator.emit(MANY, MANY + 1);
        assertTrue(loop.runAll() >= 4);
        assertEquals(IntStream.rangeClosed(0, MANY).boxed().toList(), performed.subList(1, performed.size()));
    }

    /// As a coordinator that finds thousands of groups or transactions in its log has.
    @Test
    void aLongStartTakesTurnsAndWhoAsksMeanwhileWaitsForItsEnd() {
        coordinator.starts = 0;
        coordinator.whenReady(() -> performed.add(1), error -> performed.add(-100));
        coordinator.elected();
        assertEquals(List.of(-1), performed);
        assertEquals(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, coordinator.availability());
        coordinator.whenReady(() -> performed.add(2), error -> performed.add(-100));
        coordinator.emit(10, 11);
        loop.runAll();
        assertEquals(List.of(-1, 10, -2, -3, 1, 2), performed);
        assertEquals(ErrorCode.NONE, coordinator.availability());
    }

    @Test
    void whoWaitedForTheStartIsLetInSomeATurnAndInOrder() {
        for (int i = 0; i < MANY; i++) {
            int number = i;
            coordinator.whenReady(() -> performed.add(number), error -> performed.add(-100));
        }
        coordinator.elected();
        assertTrue(performed.size() <= MANY / 5, "in the first turn " + performed.size());
        coordinator.whenReady(() -> performed.add(MANY), error -> performed.add(-100));
        loop.runAll();
        assertEquals(IntStream.rangeClosed(0, MANY).boxed().toList(), performed.subList(1, performed.size()));
    }

    @Test
    void whoResignsInTheMiddleOfItsStartGoesOnWithNothing() {
        coordinator.starts = 0;
        coordinator.whenReady(() -> performed.add(1), error -> performed.add(-100));
        coordinator.elected();
        coordinator.resigned();
        loop.runAll();
        assertEquals(List.of(-1, -100), performed);
    }

    /// Its loop's other coordinators wait for the ids that it was to fetch.
    @Test
    void whoResignsBeforeItFetchesProducerIdsHasThemFetchedForTheOthers() {
        Deque<Consumer<ProducerIdBlocks.Block>> asked = new ArrayDeque<>();
        ProducerIdPool ids = new ProducerIdPool(loop, (_, done) -> asked.addLast(done), 300);
        TxnMeters meters = new TxnMeters();
        TxnPartitionCoordinator first = new TxnPartitionCoordinator(loop, new EmptyLog(), ids, TxnLimits.DEFAULTS,
                new MarkerSender(loop, (_, _, _) -> { }, meters), meters, Budget.unbounded().share());
        ids.onArrival(first::producerIdsArrived);
        first.elected();
        for (int i = 0; i <= MANY; i++) {
            first.submit(new TxnCommand.InitProducer("id" + i, 10_000, -1, (short) -1), Long.MAX_VALUE, _ -> { });
        }
        assertEquals(1, asked.size());
        asked.removeFirst().accept(new ProducerIdBlocks.Block(0, MANY));
        assertEquals(0, asked.size(), "the next block is asked for behind what the first one lets go on");
        first.resigned();
        List<TxnReply> answers = new ArrayList<>();
        ids.take("host", Long.MAX_VALUE, answers::add);
        loop.runAll();
        assertEquals(1, asked.size());
        asked.removeFirst().accept(new ProducerIdBlocks.Block(MANY, MANY));
        assertEquals(1, answers.size());
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
