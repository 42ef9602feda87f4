package io.chapar.broker.coordinator;

import io.chapar.broker.hanging.HangingTxnCore;
import io.chapar.broker.hanging.HangingTxnHost;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import io.chapar.txn.AddMode;
import io.chapar.txn.Outcome;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnState;
import io.chapar.txn.TxnVersion;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

import static io.chapar.broker.coordinator.TxnBroker.A;
import static io.chapar.broker.coordinator.TxnBroker.B;
import static io.chapar.broker.coordinator.TxnBroker.OFFSETS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

/// Transactions that nobody would ever end, and those that only look so, over real partitions and coordinators.
class HangingTxnScenarios {
    private static final long EVERY = 1_000;
    private static final long GRACE = 5_000;
    private static final long MAX_TIMEOUT = 900_000;

    @TempDir
    Path folder;

    private TxnBroker broker;
    private HangingTxnHost host;

    @BeforeEach
    void start() {
        broker = new TxnBroker(new FileDisk(folder), 1_700_000_000_000L, 0, 1_000);
        HangingTxnCore core = new HangingTxnCore(GRACE, MAX_TIMEOUT);
        host = new HangingTxnHost(
                broker.loop, () -> List.copyOf(broker.partitions.values()), broker.partitions::get,
                broker.coordinators, core, EVERY);
        host.start();
    }

    /// A batch of version 1 that reaches the partition after its transaction was ended, and past every check.
    private void lateWrite(TxnReply.Granted pair, TopicPartition to, int sequence) {
        Partition partition = broker.partitions.get(to);
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .producer(pair.producerId(), pair.producerEpoch(), sequence)
                .transactional()
                .append(broker.loop.nowMs(), null, ByteBuffer.wrap(new byte[] {1}))
                .build();
        ClientAppend how = new ClientAppend((short) 11, (short) -1,
                partition.verificationGuard(pair.producerId(), pair.producerEpoch(), sequence, false));
        assertInstanceOf(AppendOutcome.Appended.class, partition.appendFromClient(batch, how, broker.loop.nowMs()));
    }

    private void addV1(TxnReply.Granted pair, TopicPartition to) {
        AtomicReference<TxnReply> added = broker.later(new TxnCommand.AddPartitions(
                "t", pair.producerId(), pair.producerEpoch(), List.of(to), AddMode.ADD, TxnVersion.V1));
        broker.loop.runAll();
        assertEquals(ErrorCode.NONE, broker.error(added));
    }

    private void endV1(TxnReply.Granted pair, Outcome outcome) {
        assertEquals(ErrorCode.NONE, broker.error(broker.later(
                new TxnCommand.End("t", pair.producerId(), pair.producerEpoch(), outcome, TxnVersion.V1))));
    }

    private TxnReply.Granted hangingAtA() {
        TxnReply.Granted pair = broker.init("t");
        addV1(pair, A);
        lateWrite(pair, A, 0);
        endV1(pair, Outcome.COMMIT);
        lateWrite(pair, A, 1);
        return pair;
    }

    private boolean isStable(TopicPartition id) {
        Partition partition = broker.partitions.get(id);
        return partition.lastStableOffset() == partition.highWatermark();
    }

    @Test
    void aLateWriteOfVersionOneIsEnded() {
        hangingAtA();
        broker.loop.advance(GRACE - 1);
        assertEquals(2, broker.partitions.get(A).lastStableOffset(), "held up at the late write");
        broker.loop.advance(2 * EVERY);
        assertEquals(4, broker.partitions.get(A).lastStableOffset());
        assertEquals(1, host.ended());
        assertEquals(List.of(), broker.partitions.get(A).openTxns());
    }

    @Test
    void itsProducerGoesOnUnharmed() {
        TxnReply.Granted pair = hangingAtA();
        broker.loop.advance(GRACE + EVERY);
        addV1(pair, A);
        lateWrite(pair, A, 2);
        endV1(pair, Outcome.COMMIT);
        assertEquals(6, broker.partitions.get(A).lastStableOffset());
        broker.loop.advance(3 * GRACE);
        assertEquals(1, host.ended());
    }

    @Test
    void aTransactionThatItsCoordinatorHasOpenIsNeverEnded() {
        TxnReply.Granted pair = broker.granted(broker.later(
                new TxnCommand.InitProducer("t", (int) MAX_TIMEOUT, -1, (short) -1)));
        AtomicReference<ErrorCode> written = broker.write("t", pair, A, "one");
        broker.loop.runAll();
        assertEquals(ErrorCode.NONE, written.get());
        broker.loop.advance(MAX_TIMEOUT - 1);
        assertEquals(0, broker.partitions.get(A).lastStableOffset());
        assertEquals(0, host.ended());
        broker.granted(broker.end("t", pair, Outcome.COMMIT));
        assertEquals(2, broker.partitions.get(A).lastStableOffset());
        assertEquals(List.of(), broker.partitions.get(A).openTxns());
    }

    @Test
    void oneWhoseMarkersAreOnTheirWayIsNeverEnded() {
        TxnReply.Granted pair = broker.init("t");
        List<Runnable> held = new ArrayList<>();
        CoordinatorLog log = broker.logs().open(OFFSETS);
        log.onMarker((_, materialised) -> held.add(materialised));
        log.load(new Silent(), () -> {});
        broker.loop.runAll();
        addV1(pair, OFFSETS);
        addV1(pair, A);
        lateWrite(pair, A, 0);
        endV1Undone(pair);
        // The marker at A is written, the transaction still Preparing, and the producer's late batch opens it again.
        lateWrite(pair, A, 1);
        broker.loop.advance(10 * GRACE);
        assertEquals(0, host.ended());
        held.forEach(Runnable::run);
        broker.loop.advance(GRACE);
        assertInstanceOf(TxnState.Completed.class, broker.state("t"));
        assertEquals(1, host.ended(), "and now nobody will");
        assertEquals(4, broker.partitions.get(A).lastStableOffset());
    }

    private void endV1Undone(TxnReply.Granted pair) {
        broker.later(new TxnCommand.End(
                "t", pair.producerId(), pair.producerEpoch(), Outcome.COMMIT, TxnVersion.V1));
        broker.loop.runAll();
        assertInstanceOf(TxnState.Preparing.class, broker.state("t"));
    }

    @Test
    void whatNobodyKnowsWaitsForTheLongestTimeout() {
        lateWrite(new TxnReply.Granted(77, (short) 0), B, 0);
        broker.loop.advance(MAX_TIMEOUT);
        assertEquals(0, host.ended());
        broker.loop.advance(GRACE + 2 * EVERY);
        assertEquals(1, host.ended());
        assertEquals(2, broker.partitions.get(B).lastStableOffset());
    }

    @Test
    void nothingIsEndedOnAnAnswerThatMayBeIncomplete() {
        lateWrite(new TxnReply.Granted(77, (short) 0), B, 0);
        AtomicReference<Map<Long, TxnCoordinators.Owner>> answer = new AtomicReference<>(Map.of());
        TxnBroker early = new TxnBroker(new FileDisk(folder.resolve("other")), broker.loop.nowMs(), 0, 5_000);
        early.coordinators.ownersOf(Set.of(77L), early.caller(0), answer::set);
        early.loop.runAll();
        assertNull(answer.get(), "its coordinators were still loading");
        early.coordinators.ownersOf(Set.of(77L), early.caller(0), answer::set);
        early.loop.runAll();
        assertEquals(Map.of(), answer.get());
    }

    /// Between the question and the deed the producer begins again, at the same epoch and in the same place.
    @Test
    void aWriteInBetweenSparesTheTransaction() {
        TxnReply.Granted pair = hangingAtA();
        var seen = broker.partitions.get(A).openTxns().getFirst();
        lateWrite(pair, A, 2);
        assertEquals(false, broker.partitions.get(A).abortUnchanged(seen, broker.loop.nowMs()));
        broker.loop.runAll();
        assertEquals(false, isStable(A));
        assertEquals(true, broker.partitions.get(A).abortUnchanged(
                broker.partitions.get(A).openTxns().getFirst(), broker.loop.nowMs()));
        broker.loop.runAll();
        assertEquals(true, isStable(A));
    }

    private static final class Silent implements CoordinatorLog.Replay {
        @Override
        public void record(long offset, ByteBuffer key, ByteBuffer value, long producerId) {}

        @Override
        public void marker(CoordinatorLog.Marker marker) {}
    }
}
