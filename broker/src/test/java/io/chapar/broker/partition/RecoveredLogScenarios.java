package io.chapar.broker.partition;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A broker that is killed again and again starts as fast each time.
final class RecoveredLogScenarios {
    private static final int RECORD_BYTES = 300_000;

    private final MemoryDisk disk = new MemoryDisk();
    private final PartitionFixture f = new PartitionFixture(disk, LogConfig.builder().build());

    private void kill() {
        disk.crash(Loss.NOTHING, new Random(1));
    }

    /// How much of the log an opening has to read.
    private long readAnew() throws IOException {
        return PartitionLog.open(
                PartitionFixture.ID, PartitionFixture.TOPIC_ID, f.config, new DataFolder(disk, 8)).scannedBytes();
    }

    @Test
    void whatARecoveryHadToReadIsNotReadByTheNext() throws IOException {
        for (int i = 0; i < 4; i++) {
            f.append("x".repeat(RECORD_BYTES));
        }
        kill();
        assertTrue(readAnew() > 4 * RECORD_BYTES, "no checkpoint was due yet");
        f.open();
        f.loop.runAll();
        f.append("y");
        kill();
        assertTrue(readAnew() < 1000, "only what came since");
    }

    @Test
    void whatWasReadAnewCountsTowardsTheNextCheckpoint() throws IOException {
        int lives = 0;
        while (lives < 10 && f.partition.logEndOffset() == lives) {
            f.append("x".repeat(RECORD_BYTES));
            kill();
            f.open();
            f.loop.runAll();
            lives++;
        }
        assertEquals(10, lives);
        assertTrue(readAnew() <= FlushPlan.RECOVERED_BYTES, "not all that ten lives have left");
    }
}
