package io.chapar.broker.replica;

import io.chapar.broker.log.Compaction;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.MarkerAppend;
import io.chapar.broker.replica.FollowMessage.Batches;
import io.chapar.broker.replica.FollowMessage.Behind;
import io.chapar.broker.replica.FollowMessage.Credit;
import io.chapar.broker.replica.FollowMessage.Refused;
import io.chapar.broker.replica.FollowMessage.Subscribe;
import io.chapar.broker.replica.FollowMessage.ToFollower;
import io.chapar.broker.replica.FollowMessage.ToLeader;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

/// A follower that has the beginning of a transaction, while the leader compacts all of it away, with its marker.
class CompactedWhileAwayScenarios {
    private static final int HERE = LedHere.HERE;
    private static final List<Integer> BOTH = List.of(HERE, LedHere.FOLLOWER);
    private final LedHere led = new LedHere(
            LogConfig.builder().compact(true).delete(false).segmentBytes(1024).deleteRetentionMs(0).build(),
            new PartitionImage(HERE, 3, 7, BOTH, List.of(HERE), List.of()));
    private final List<ToFollower> told = new ArrayList<>();
    private final FollowStreams.Back back = new FollowStreams.Back() {
        @Override
        public void send(int leaderLoop, List<ToFollower> frame) {
            told.addAll(frame);
        }

        @Override
        public void end(String why) {
            throw new AssertionError(why);
        }
    };

    private void says(ToLeader... messages) {
        led.replicas.received(this, led.follower(), back, 0, List.of(messages));
        led.loop.runAll();
    }

    /// The follower has offset 0 and no more.
    private Subscribe subscribe(int slot, Long... open) {
        return new Subscribe(slot, LedHere.TOPIC, 0, led.partition().leaderEpoch(), 1, 3, List.of(open));
    }

    private static RecordBatchBuilder record(String key, int bytes) {
        return new RecordBatchBuilder(Compression.NONE)
                .append(1, ByteBuffer.wrap(key.getBytes(StandardCharsets.UTF_8)), ByteBuffer.allocate(bytes));
    }

    private void put(String key, int bytes) {
        assertInstanceOf(AppendOutcome.Appended.class, led.partition().appendFromClient(
                record(key, bytes).build(), new ClientAppend((short) 12, (short) 1, null), 1));
    }

    private void aborted(int epoch) {
        var guard = led.partition().verificationGuard(7, (short) epoch, 0, true);
        assertInstanceOf(AppendOutcome.Appended.class, led.partition().appendFromClient(
                record("k", 10).producer(7, (short) epoch, 0).transactional().build(),
                new ClientAppend((short) 12, (short) 1, guard), 1));
        assertInstanceOf(AppendOutcome.Appended.class, led.partition().appendMarker(
                new MarkerAppend(7, (short) (epoch + 1), 0, false, (short) 2), 1));
    }

    private void write() {
        led.loop.runAll();
        aborted(0);
        aborted(1);
        put("filler", 900);
        put("filler", 10);
        led.partition().flush();
        led.loop.runAll();
    }

    private void compact(long nowMs) {
        led.partition().onLog(log -> {
            Compaction compaction = requireNonNull(
                    log.compact(nowMs, led.partition().lastStableOffset(), 1 << 14), "there is something");
            compaction.runAll();
            assertNull(compaction.failure());
            return true;
        });
        led.loop.runAll();
    }

    @Test
    void whoComesBackWithItBeginsAnew() {
        write();
        compact(10);
        compact(20);
        says(new Credit(1 << 20), subscribe(0, 0L));
        assertEquals(List.of(new Behind(0, 0)), told);
    }

    @Test
    void whoseTransactionIsThereStillGoesOn() {
        write();
        says(new Credit(1 << 20), subscribe(0, 0L));
        assertInstanceOf(Batches.class, told.getFirst());
    }

    @Test
    void whoHasNoneOpenGoesOnWhateverWasCompacted() {
        write();
        compact(10);
        compact(20);
        says(new Credit(1 << 20), subscribe(0));
        assertInstanceOf(Batches.class, told.getFirst());
    }

    @Test
    void whoIsBehindWhileItIsCompactedIsLookedAtAnew() {
        write();
        says(subscribe(0, 0L));
        compact(10);
        compact(20);
        says(new Credit(1 << 20));
        assertEquals(List.of(new Refused(0, ErrorCode.OFFSET_NOT_AVAILABLE)), told);
        says(subscribe(1, 0L));
        assertEquals(new Behind(1, 0), told.getLast());
    }
}
