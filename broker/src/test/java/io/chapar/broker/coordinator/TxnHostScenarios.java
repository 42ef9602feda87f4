package io.chapar.broker.coordinator;

import io.chapar.broker.coordinator.CoordinatorLog.Appending;
import io.chapar.broker.coordinator.CoordinatorLog.KeyValue;
import io.chapar.broker.coordinator.CoordinatorLog.Marker;
import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.partition.ReadRequest;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import static io.chapar.broker.coordinator.TxnBroker.A;
import static io.chapar.broker.coordinator.TxnBroker.B;
import static io.chapar.broker.coordinator.TxnBroker.OFFSETS;
import static io.chapar.broker.coordinator.TxnBroker.TIMEOUT_MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Transactions from the first request to the last marker, over real partitions.
class TxnHostScenarios {
    @TempDir
    Path folder;

    private Disk disk;
    private TxnBroker broker;
    private int lives = 0;

    @BeforeEach
    void start() {
        disk = new FileDisk(folder);
        crashAndRestart();
    }

    private void crashAndRestart() {
        long nowMs = broker == null ? 1_700_000_000_000L : broker.loop.nowMs();
        broker = new TxnBroker(disk, nowMs, lives, 1_000L * (lives + 1));
        lives++;
    }

    @Test
    void aCommitReachesEveryPartition() {
        TxnReply.Granted pair = broker.init("t");
        written(broker.write("t", pair, A, "one"));
        written(broker.write("t", pair, B, "two"));
        assertEquals(0, broker.partitions.get(A).lastStableOffset());

        TxnReply.Granted next = broker.granted(broker.end("t", pair, Outcome.COMMIT));
        assertEquals(new TxnReply.Granted(pair.producerId(), (short) (pair.producerEpoch() + 1)), next);
        assertEquals(Outcome.COMMIT, completed("t").outcome());
        for (TopicPartition id : List.of(A, B)) {
            assertEquals(2, broker.partitions.get(id).lastStableOffset());
            assertEquals(List.of(), slice(id).aborted());
        }
    }

    /// Three transactions of one coordinator end at once: a write each for what is decided, for the markers, and for
    /// what is done.
    @Test
    void transactionsThatEndAtOnceAreWrittenTogether() {
        MemoryDisk counting = new MemoryDisk();
        disk = counting;
        crashAndRestart();
        Map<String, TxnReply.Granted> pairs = new LinkedHashMap<>();
        for (String id : List.of("a", "d", "g")) {
            assertEquals(1, CoordinatorKeys.partitionOf(id, TxnBroker.STATE_PARTITIONS));
            pairs.put(id, broker.init(id));
            written(broker.write(id, pairs.get(id), A, "by " + id));
            broker.newEpoch();
        }
        long before = counting.operations();
        pairs.forEach((id, pair) -> broker.end(id, pair, id.equals("d") ? Outcome.ABORT : Outcome.COMMIT));
        broker.loop.runAll();
        assertEquals(3, counting.operations() - before);
        assertEquals(Outcome.ABORT, completed("d").outcome());
        assertEquals(Outcome.COMMIT, completed("g").outcome());
        assertEquals(6, broker.partitions.get(A).lastStableOffset());
        assertEquals(
                List.of(new ReadOutcome.AbortedTxn(pairs.get("d").producerId(), 1)),
                slice(A).aborted());
    }

    @Test
    void anAbortIsKnownToReaders() {
        TxnReply.Granted pair = broker.init("t");
        written(broker.write("t", pair, A, "one"));
        broker.granted(broker.end("t", pair, Outcome.ABORT));
        assertEquals(2, broker.partitions.get(A).lastStableOffset());
        assertEquals(
                List.of(new ReadOutcome.AbortedTxn(pair.producerId(), 0)),
                slice(A).aborted());
    }

    @Test
    void manyTransactionsInARowNeverMeetARefusal() {
        TxnReply.Granted pair = broker.init("t");
        for (int i = 0; i < 50; i++) {
            AtomicReference<ErrorCode> first = broker.write("t", pair, A, "a" + i);
            AtomicReference<ErrorCode> second = broker.write("t", pair, B, "b" + i);
            written(first);
            written(second);
            AtomicReference<TxnReply> end = broker.end("t", pair, i % 3 == 0 ? Outcome.ABORT : Outcome.COMMIT);
            while (end.get() == null) {
                broker.loop.runAll();
            }
            pair = broker.granted(end);
            broker.newEpoch();
        }
        assertEquals(100, broker.partitions.get(A).lastStableOffset());
        assertEquals(100, broker.partitions.get(B).lastStableOffset());
    }

    @Test
    void aFirstWriteThatOvertakesTheMarkersWaitsForThem() {
        TxnReply.Granted pair = broker.init("t");
        List<Runnable> held = holdMaterialisation();
        written(broker.write("t", pair, A, "one"));
        addOffsets(pair);
        TxnReply.Granted next = broker.granted(broker.end("t", pair, Outcome.COMMIT));
        broker.newEpoch();
        assertInstanceOf(TxnState.Preparing.class, broker.state("t"));
        AtomicReference<ErrorCode> early = broker.write("t", next, A, "two");
        broker.loop.runAll();
        assertNull(early.get());
        assertEquals(1, held.size());
        assertEquals(List.of(OFFSETS), unfinished("t"));
        held.removeFirst().run();
        written(early);
        assertEquals(List.of(A), unfinished("t"));
    }

    /// Nobody asks how that went: it is in the transaction when that ends.
    private void addOffsets(TxnReply.Granted pair) {
        broker.add("t", pair, OFFSETS, TxnBroker.FOREVER_MS, _ -> { });
    }

    private List<TopicPartition> unfinished(String id) {
        AtomicReference<List<TopicPartition>> found = new AtomicReference<>();
        broker.coordinators.describe(id, broker.caller(0), described -> found.set(List.copyOf(described.unfinished())));
        broker.loop.runAll();
        return found.get();
    }

    @Test
    void whoWaitsTooLongIsRefused() {
        TxnReply.Granted pair = broker.init("t");
        holdMaterialisation();
        addOffsets(pair);
        TxnReply.Granted next = broker.granted(broker.end("t", pair, Outcome.COMMIT));
        AtomicReference<ErrorCode> early = broker.write("t", next, A, "two");
        broker.loop.advance(4_999);
        assertNull(early.get());
        broker.loop.advance(1);
        assertEquals(ErrorCode.CONCURRENT_TRANSACTIONS, early.get());
    }

    @Test
    void aCrashAfterTheDecisionFinishesIt() {
        TxnReply.Granted pair = broker.init("t");
        List<Runnable> held = holdMaterialisation();
        written(broker.write("t", pair, A, "one"));
        addOffsets(pair);
        TxnReply.Granted next = broker.granted(broker.end("t", pair, Outcome.COMMIT));
        assertEquals(1, held.size());

        crashAndRestart();
        assertEquals(next, broker.granted(broker.end("t", pair, Outcome.COMMIT)));
        assertEquals(Outcome.COMMIT, completed("t").outcome());
        Partition a = broker.partitions.get(A);
        assertEquals(a.highWatermark(), a.lastStableOffset());
        written(broker.write("t", next, A, "two"));
    }

    @Test
    void whatADeadProducerLeftOpenIsAbortedInTimeWithNobodyAsking() {
        TxnReply.Granted pair = broker.init("t");
        written(broker.write("t", pair, A, "one"));
        broker.loop.advance(TIMEOUT_MS / 2);
        crashAndRestart();
        broker.loop.advance(TIMEOUT_MS / 2 - 1);
        assertEquals(0, broker.partitions.get(A).lastStableOffset());
        broker.loop.advance(1);
        assertEquals(2, broker.partitions.get(A).lastStableOffset());
        assertEquals(
                List.of(new ReadOutcome.AbortedTxn(pair.producerId(), 0)),
                slice(A).aborted());
    }

    @Test
    void aNewInstanceEndsWhatTheOldLeftAndShutsItOut() {
        TxnReply.Granted old = broker.init("t");
        written(broker.write("t", old, A, "one"));
        TxnReply.Granted fresh = broker.init("t");
        assertEquals(old.producerEpoch() + 2, fresh.producerEpoch());
        AtomicReference<ErrorCode> late = broker.write("t", old, A, "late");
        broker.loop.runAll();
        assertTrue(
                List.of(ErrorCode.INVALID_PRODUCER_EPOCH, ErrorCode.PRODUCER_FENCED).contains(late.get()),
                "answered " + late.get());
        assertEquals(2, broker.partitions.get(A).logEndOffset());
    }

    @Test
    void aDeletedTopicKeepsNothingFromEnding() {
        TxnReply.Granted pair = broker.init("t");
        broker.add("t", pair, new TopicPartition("gone", 0), TxnBroker.FOREVER_MS, _ -> { });
        broker.granted(broker.end("t", pair, Outcome.COMMIT));
        completed("t");
    }

    @Test
    void oneTurnIsOneBatch() {
        List<AtomicReference<TxnReply>> answers = new ArrayList<>();
        broker.init("warm");
        Partition log = broker.partitions.get(new TopicPartition(
                CoordinatorKeys.TRANSACTION_STATE, CoordinatorKeys.partitionOf("t0", TxnBroker.STATE_PARTITIONS)));
        int[] batches = {0};
        int[] records = {0};
        log.addAppendListener(batch -> {
            batches[0]++;
            records[0] += batch.recordCount();
        });
        for (int i = 0; i < 90; i++) {
            answers.add(broker.later(new TxnCommand.InitProducer("t" + i, TIMEOUT_MS, -1, (short) -1)));
        }
        answers.forEach(broker::granted);
        assertEquals(1, batches[0]);
        assertTrue(records[0] > 10, "records " + records[0]);
    }

    @Test
    void theListShowsEveryIdAndItsState() {
        TxnReply.Granted pair = broker.init("b");
        broker.init("a");
        written(broker.write("b", pair, A, "one"));
        AtomicReference<TxnCoordinators.Listed> listed = new AtomicReference<>();
        broker.coordinators.list(broker.caller(0), listed::set);
        broker.loop.runAll();
        assertEquals(ErrorCode.NONE, listed.get().error());
        assertEquals(List.of("a", "b"), List.copyOf(listed.get().states().keySet()));
        assertInstanceOf(TxnState.Ongoing.class, listed.get().states().get("b"));
    }

    @Test
    void producersWithoutAnIdGetFreshOnes() {
        List<Long> ids = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            ask("10.0.0.1", reply -> ids.add(((TxnReply.Granted) reply).producerId()));
        }
        broker.loop.runAll();
        assertEquals(250, ids.stream().distinct().count());
    }

    /// The fixture gives 300 in an hour.
    @Test
    void oneAddressIsGivenSoManyProducerIdsAndNoMore() {
        List<TxnReply> refused = new ArrayList<>();
        int[] granted = {0};
        Consumer<TxnReply> count = reply -> {
            if (reply instanceof TxnReply.Granted) {
                granted[0]++;
            } else {
                refused.add(reply);
            }
        };
        for (int i = 0; i < 302; i++) {
            ask("10.0.0.1", count);
        }
        broker.loop.runAll();
        assertEquals(300, granted[0]);
        TxnReply.Refused last = (TxnReply.Refused) refused.getLast();
        assertEquals(ErrorCode.POLICY_VIOLATION, last.error());
        assertTrue(last.reason().contains("10.0.0.1 was given 300"), last.reason());
        ask("10.0.0.2", count);
        broker.loop.advance(3_600_000);
        ask("10.0.0.1", count);
        broker.loop.runAll();
        assertEquals(302, granted[0]);
    }

    private void ask(String host, Consumer<TxnReply> answer) {
        broker.coordinators.newProducerId(
                new Caller(broker.loop, new TxnOrigin("test", host), Caller.BROKER, Long.MAX_VALUE), answer);
    }

    @Test
    void aClientOfVersionOneAddsThenWritesThenEndsOnOneEpoch() {
        TxnReply.Granted pair = broker.init("t");
        for (int i = 0; i < 3; i++) {
            AtomicReference<TxnReply> add = broker.later(new TxnCommand.AddPartitions(
                    "t", pair.producerId(), pair.producerEpoch(), List.of(A), AddMode.ADD, TxnVersion.V1));
            assertEquals(ErrorCode.NONE, broker.error(add));
            written(broker.write("t", pair, A, "v" + i));
            AtomicReference<TxnReply> end = broker.later(new TxnCommand.End(
                    "t", pair.producerId(), pair.producerEpoch(), Outcome.COMMIT, TxnVersion.V1));
            assertEquals(ErrorCode.NONE, broker.error(end));
        }
        assertEquals(6, broker.partitions.get(A).lastStableOffset());
    }

    // ---- the log itself, as the group coordinator uses it

    @Test
    void recordsOfATransactionAreStampedAndTheMarkerIsSeen() {
        TxnReply.Granted pair = broker.init("t");
        CoordinatorLog log = broker.logs().open(OFFSETS);
        List<Marker> markers = new ArrayList<>();
        log.onMarker((marker, materialised) -> {
            markers.add(marker);
            materialised.run();
        });
        log.load(new Recorder(), () -> {});
        broker.loop.runAll();

        ProducerStamp stamp = log.stamp(pair.producerId(), pair.producerEpoch(), true);
        assertNotNull(stamp);
        add(pair, OFFSETS);
        AtomicReference<Appending> done = new AtomicReference<>();
        log.append(List.of(pairOf("k", "v")), stamp, done::set);
        assertNull(done.get());
        broker.loop.runAll();
        assertEquals(new Appending.Committed(0), done.get());

        TxnReply.Granted next = broker.granted(broker.end("t", pair, Outcome.COMMIT));
        assertEquals(
                List.of(new Marker(1, pair.producerId(), next.producerEpoch(), log.coordinatorEpoch(), true)), markers);
        completed("t");
    }

    @Test
    void aStampFromBeforeTheEndIsWorthless() {
        TxnReply.Granted pair = broker.init("t");
        CoordinatorLog log = broker.logs().open(OFFSETS);
        log.load(new Recorder(), () -> {});
        broker.loop.runAll();
        ProducerStamp stamp = log.stamp(pair.producerId(), pair.producerEpoch(), true);
        add(pair, OFFSETS);
        broker.granted(broker.end("t", pair, Outcome.ABORT));
        AtomicReference<Appending> done = new AtomicReference<>();
        log.append(List.of(pairOf("k", "v")), stamp, done::set);
        broker.loop.runAll();
        assertInstanceOf(Appending.Failed.class, done.get());
        Partition offsets = broker.partitions.get(OFFSETS);
        assertEquals(offsets.highWatermark(), offsets.lastStableOffset());
    }

    @Test
    void aLogIsReplayedInOrder() {
        CoordinatorLog log = broker.logs().open(OFFSETS);
        log.load(new Recorder(), () -> {});
        broker.loop.runAll();
        log.append(List.of(pairOf("a", "1"), pairOf("b", "2")), null, _ -> {});
        log.append(List.of(new KeyValue(bytes("a"), null)), null, _ -> {});
        broker.loop.runAll();
        TxnReply.Granted pair = broker.init("t");
        ProducerStamp stamp = log.stamp(pair.producerId(), pair.producerEpoch(), true);
        add(pair, OFFSETS);
        log.append(List.of(pairOf("c", "3")), stamp, _ -> {});
        broker.granted(broker.end("t", pair, Outcome.ABORT));

        crashAndRestart();
        Recorder recorder = new Recorder();
        boolean[] loaded = {false};
        broker.logs().open(OFFSETS).load(recorder, () -> loaded[0] = true);
        broker.loop.runAll();
        assertTrue(loaded[0]);
        long pid = pair.producerId();
        assertEquals(
                List.of(
                        "0 a=1 -1",
                        "1 b=2 -1",
                        "2 a=null -1",
                        "3 c=3 " + pid,
                        "4 abort " + pid),
                recorder.seen);
    }

    // ---- pieces

    private void add(TxnReply.Granted pair, TopicPartition partition) {
        AtomicReference<ErrorCode> added = new AtomicReference<>();
        broker.add("t", pair, partition, TxnBroker.FOREVER_MS, errors -> added.set(errors.get(partition)));
        written(added);
    }

    private List<Runnable> holdMaterialisation() {
        List<Runnable> held = new ArrayList<>();
        CoordinatorLog log = broker.logs().open(OFFSETS);
        log.onMarker((_, materialised) -> held.add(materialised));
        log.load(new Recorder(), () -> {});
        broker.loop.runAll();
        return held;
    }

    private void written(AtomicReference<ErrorCode> done) {
        broker.loop.runAll();
        assertEquals(ErrorCode.NONE, done.get());
    }

    private TxnState.Completed completed(String id) {
        return assertInstanceOf(TxnState.Completed.class, broker.state(id));
    }

    private ReadOutcome.Slice slice(TopicPartition id) {
        ReadOutcome read = broker.partitions
                .get(id)
                .read(new ReadRequest(0, 1 << 20, Isolation.READ_COMMITTED, -1, -1, true));
        return assertInstanceOf(ReadOutcome.Slice.class, read);
    }

    private static KeyValue pairOf(String key, String value) {
        return new KeyValue(bytes(key), bytes(value));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(ByteBuffer bytes) {
        return bytes == null ? "null" : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    private static final class Recorder implements CoordinatorLog.Replay {
        final List<String> seen = new ArrayList<>();

        @Override
        public void record(long offset, ByteBuffer key, ByteBuffer value, long producerId) {
            seen.add(offset + " " + text(key) + "=" + text(value) + " " + producerId);
        }

        @Override
        public void marker(Marker marker) {
            seen.add(marker.offset() + (marker.commit() ? " commit " : " abort ") + marker.producerId());
        }
    }
}
