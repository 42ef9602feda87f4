package io.chapar.broker.coordinator;

import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import io.chapar.txn.Outcome;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnState;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.ByteBuffer;

import static io.chapar.broker.coordinator.TxnBroker.A;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A bit of a coordinator's log has turned around on the disk, long after it was synced.
final class SpoiltLogScenarios {
    private static final long LONG_ENOUGH_MS = 70_000;

    private final MemoryDisk disk = new MemoryDisk();
    private long nowMs = 1_700_000_000_000L;

    private TxnBroker start() {
        nowMs += 1_000;
        return new TxnBroker(disk, nowMs, 1, 2_000);
    }

    private String stateFile() {
        return disk.paths().stream()
                .filter(p -> p.startsWith(CoordinatorKeys.TRANSACTION_STATE) && p.endsWith(".log"))
                .findFirst().orElseThrow();
    }

    private TxnState committed(TxnBroker broker) {
        TxnReply.Granted pair = broker.init("t");
        broker.write("t", pair, A, "one");
        broker.loop.runAll();
        broker.granted(broker.end("t", pair, Outcome.COMMIT));
        return broker.state("t");
    }

    /// Of the transactional id `t`, up to 200 ms after the start.
    private static TxnState stateOf(TxnBroker broker) {
        broker.loop.advance(200);
        return broker.state("t");
    }

    private static Partition stateLog(TxnBroker broker, String path) {
        String name = path.substring(0, path.indexOf('/'));
        return broker.partitions.get(new TopicPartition(CoordinatorKeys.TRANSACTION_STATE,
                Integer.parseInt(name.substring(name.lastIndexOf('-') + 1))));
    }

    @Test
    void noBitIsBelieved() {
        TxnBroker broker = start();
        TxnState before = committed(broker);
        broker.partitions.values().forEach(Partition::close);
        String path = stateFile();
        int size = disk.content(path).length;
        int noticed = 0;
        for (int at = 0; at < size; at++) {
            for (int bit = 0; bit < 8; bit += 3) {
                disk.flipBit(path, at, bit);
                TxnBroker next = start();
                TxnState seen = stateOf(next);
                if (stateLog(next, path).offlineReason() == null) {
                    assertEquals(before, seen, "byte " + at + ", bit " + bit);
                } else {
                    noticed++;
                }
                disk.flipBit(path, at, bit);
            }
        }
        assertTrue(noticed > size * 2, () -> "only some of " + size + " bytes are looked at");
    }

    @Test
    void theReasonIsToldAndTheCoordinatorIsBackOnceTheFileIs() {
        TxnBroker broker = start();
        TxnState before = committed(broker);
        broker.partitions.values().forEach(Partition::close);
        String path = stateFile();
        disk.flipBit(path, 100, 0);
        TxnBroker next = start();
        next.loop.advance(200);
        String reason = stateLog(next, path).offlineReason();
        assertNotNull(reason);
        assertTrue(reason.contains("wrong checksum"), reason);

        disk.flipBit(path, 100, 0);
        next.loop.advance(LONG_ENOUGH_MS);
        assertEquals(before, next.state("t"));
    }

    /// Whoever has no copy lets the log end before the damage.
    @Test
    void withoutItsCheckpointTheLogEndsBeforeTheDamage() throws IOException {
        TxnBroker broker = start();
        committed(broker);
        broker.partitions.values().forEach(Partition::close);
        String path = stateFile();
        disk.flipBit(path, 100, 0);
        TxnBroker next = start();
        next.loop.advance(200);
        disk.delete(path.substring(0, path.indexOf('/')) + "/offset-checkpoint");
        next.loop.advance(LONG_ENOUGH_MS);
        assertNull(stateLog(next, path).offlineReason());
        assertNull(next.state("t"));
        next.init("t");
    }

    /// Of no transactional id, so that none is wronged by passing it over.
    @Test
    void aRecordWithoutAKeyIsPassedOver() {
        TxnBroker broker = start();
        TxnState before = committed(broker);
        String path = stateFile();
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .append(broker.loop.nowMs(), null, ByteBuffer.wrap(new byte[] {1})).build();
        assertInstanceOf(AppendOutcome.Appended.class, stateLog(broker, path)
                .appendFromClient(batch, new ClientAppend((short) 12, (short) -1, null), broker.loop.nowMs()));
        broker.loop.runAll();
        broker.partitions.values().forEach(Partition::close);
        TxnBroker next = start();
        assertEquals(before, stateOf(next));
        assertNull(stateLog(next, path).offlineReason());
        next.init("t");
    }
}
