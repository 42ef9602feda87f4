package io.chapar.broker.partition;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.List;
import java.util.Random;
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

    /// A loss of power may take the id in the folder and leave some of the records, and undo the deletion.
    @ParameterizedTest
    @EnumSource(value = Loss.class, names = {"TAILS", "SECTORS"})
    void whatALossOfPowerLeavesOfAnOlderTopicIsNotTakenForTheNewOnes(Loss loss) {
        for (int seed = 0; seed < 100; seed++) {
            MemoryDisk torn = new MemoryDisk();
            PartitionFixture old = new PartitionFixture(torn, LogConfig.defaults());
            old.append("old");
            torn.crash(loss, new Random(seed));
            old.open(NEW_ID);
            assertEquals(0, old.partition.logEndOffset(), "seed " + seed);
        }
    }

    @Test
    void whatALossOfPowerLeavesOfATopicIsStillItsOwn() {
        f.append("a");
        f.partition.flush();
        f.loop.runAll();
        f.append("b");
        disk.crash(Loss.TAILS, new Random(1));
        f.open();
        assertEquals("a", f.values(0, READ_UNCOMMITTED).getFirst());
    }

    @Test
    void aSyncOfTheOldLogVouchesForNothingInTheNewOne() {
        f.append("x".repeat(40));
        f.partition.flush();
        f.partition.delete(() -> { });
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
        f.partition.delete(() -> { });
        f.open(NEW_ID);
        f.append("a");
        disk.runDeletions();
        f.open(NEW_ID);
        assertEquals(List.of("a"), f.values(0, READ_UNCOMMITTED));
    }

    private final DataFolder folder = new DataFolder(disk, 8);

    /// With the files that are open already.
    private void use(UUID topicId) {
        f.partition = Partition.open(
                new PartitionSetup(PartitionFixture.ID, topicId, 0, LogConfig.defaults(), folder, f.loop));
    }

    /// An offline partition whose log is about to be opened again by workers that are busy.
    private void offlineAndAboutToReturn() {
        f.partition.abandon();
        use(PartitionFixture.TOPIC_ID);
        f.append("old");
        disk.faults().failWriteAfter(0);
        f.append("lost");
        disk.holdWork();
        f.loop.advance(Reopening.FIRST_PAUSE_MS);
    }

    private void onlyTheNewTopicIsThere() {
        assertEquals(List.of("new"), f.values(0, READ_UNCOMMITTED));
        f.append("newer");
        f.open(NEW_ID);
        assertEquals(List.of("new", "newer"), f.values(0, READ_UNCOMMITTED));
    }

    @Test
    void aLogThatWasToBeOpenedAgainIsNotAfterItsTopicWasDeleted() {
        offlineAndAboutToReturn();
        f.partition.delete(() -> { });
        use(NEW_ID);
        f.append("new");
        disk.doHeldWork().run();
        f.loop.runAll();
        onlyTheNewTopicIsThere();
    }

    @Test
    void theFilesOfALogThatWasOpenedForADeletedTopicAreNotWrittenTo() {
        offlineAndAboutToReturn();
        Runnable answers = disk.doHeldWork();
        f.partition.delete(() -> { });
        use(NEW_ID);
        f.append("new");
        answers.run();
        f.loop.runAll();
        onlyTheNewTopicIsThere();
    }

    /// Its files go when nobody works on them any more.
    @Test
    void aPartitionThatIsDeletedWhileItIsOpenedLeavesNothing() {
        offlineAndAboutToReturn();
        f.partition.delete(() -> { });
        disk.doHeldWork().run();
        f.loop.runAll();
        assertEquals(List.of(), disk.paths().stream().filter(path -> path.startsWith("orders-3/")).toList());
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
