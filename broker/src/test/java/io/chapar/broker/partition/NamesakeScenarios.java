package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.UUID;

import static io.chapar.broker.partition.Isolation.READ_UNCOMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

/// A topic is deleted and another one of its name is created: neither meets the other's files.
final class NamesakeScenarios {
    private static final UUID NEW_ID = new UUID(5, 6);
    private static final String OFFSETS = "orders-3/offset-checkpoint";

    private final MemoryDisk disk = new MemoryDisk();
    private final PartitionFixture f = new PartitionFixture(disk, LogConfig.builder().segmentBytes(300).build());

    @Test
    void aFolderOfAnOlderTopicIsNotOpened() {
        f.append("old");
        f.partition.close();
        f.open(NEW_ID);
        assertEquals(0, f.partition.logEndOffset());
        f.append("new");
        f.open(NEW_ID);
        assertEquals(List.of("new"), f.values(0, READ_UNCOMMITTED));
    }

    @Test
    void aSyncOfTheOldLogVouchesForNothingInTheNewOne() {
        f.append("x".repeat(40));
        f.partition.flush();
        f.partition.delete();
        f.open(NEW_ID);
        f.append("a");
        f.loop.runAll();
        assertNull(disk.content(OFFSETS));
        f.append("b");
        f.append("c");
        f.open(NEW_ID);
        assertEquals(List.of("a", "b", "c"), f.values(0, READ_UNCOMMITTED));
    }

    @Test
    void aDeletionOfOldSegmentsSparesNewOnesOfTheirNames() {
        for (int i = 0; i < 5; i++) {
            f.append("x".repeat(150));
        }
        disk.holdDeletions();
        f.deleteRecords(3);
        f.partition.delete();
        f.open(NEW_ID);
        f.append("a");
        disk.runDeletions();
        f.open(NEW_ID);
        assertEquals(List.of("a"), f.values(0, READ_UNCOMMITTED));
    }

    @Test
    void aDeletionThatACrashCutShortIsMadeUpFor() {
        for (int i = 0; i < 5; i++) {
            f.append("x".repeat(150));
        }
        disk.holdDeletions();
        f.deleteRecords(3);
        f.open();
        assertEquals(3, f.partition.logStartOffset());
        assertEquals(List.of(), disk.paths().stream().filter(path -> path.endsWith(".deleted")).toList());
    }
}
