package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.DiskFile;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.RecordBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

import static io.chapar.broker.partition.Isolation.READ_COMMITTED;
import static io.chapar.broker.partition.Isolation.READ_UNCOMMITTED;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Files of a partition go missing, or lose what is in them: nothing that is left is deleted, and a log that the
/// checkpoint knows to be longer does not pretend.
final class LostFilesScenarios {
    private static final String FOLDER = "orders-3";
    private static final String OFFSETS = FOLDER + "/offset-checkpoint";
    private static final int RECORDS = 12;

    private final MemoryDisk disk = new MemoryDisk();
    private final PartitionFixture f = new PartitionFixture(disk, LogConfig.builder().segmentBytes(300).build());

    /// Two records in each segment.
    private List<String> fill() {
        List<String> all = IntStream.range(0, RECORDS).mapToObj(i -> i + "x".repeat(60)).toList();
        all.forEach(f::append);
        f.loop.runAll();
        assertEquals(RECORDS / 2, logs().size());
        return all;
    }

    private List<String> logs() {
        return disk.paths().stream().filter(path -> path.startsWith(FOLDER) && path.endsWith(".log")).toList();
    }

    private static String log(long base) {
        return FOLDER + "/" + "%020d".formatted(base) + ".log";
    }

    private void kill() {
        disk.crash(Loss.NOTHING, new Random(1));
    }

    private void write(String path, byte[] content) throws IOException {
        disk.replace(path, ByteBuffer.wrap(content));
    }

    private void assertOffline(String... words) {
        String reason = f.partition.offlineReason();
        assertNotNull(reason, "it pretends that nothing is missing");
        for (String word : words) {
            assertTrue(reason.contains(word), reason);
        }
    }

    private void comesBack() {
        f.loop.advance(Reopening.LONGEST_PAUSE_MS);
        assertNull(f.partition.offlineReason());
    }

    /// What the disk has of the partition, without the names that an opening may tidy up.
    private Map<String, List<Byte>> records() {
        Map<String, List<Byte>> all = new TreeMap<>();
        for (String path : logs()) {
            List<Byte> bytes = new ArrayList<>();
            for (byte b : disk.content(path)) {
                bytes.add(b);
            }
            all.put(path, bytes);
        }
        return all;
    }

    // ---- without a checkpoint

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatLiesBehindAGapIsSetAside(boolean emptied) throws IOException {
        List<String> all = fill();
        f.partition.close();
        disk.delete(OFFSETS);
        byte[] behind = disk.content(log(6));
        if (emptied) {
            write(log(4), new byte[0]);
        } else {
            disk.delete(log(4));
        }
        f.open();
        assertEquals(all.subList(0, 4), f.values(0, READ_UNCOMMITTED));
        assertEquals(4, f.partition.logEndOffset());
        for (long base : new long[] {6, 8, 10}) {
            assertNotNull(disk.content(log(base) + ".unexplained"), "segment " + base + " is gone");
        }
        assertArrayEquals(behind, disk.content(log(6) + ".unexplained"));
        String why = new String(disk.content(FOLDER + "/unexplained.txt"), StandardCharsets.UTF_8);
        assertTrue(why.contains(log(6)) && why.contains("ends at offset 4"), why);

        f.append("goes on");
        f.reopen();
        assertEquals("goes on", f.values(4, READ_UNCOMMITTED).getFirst());
        assertArrayEquals(behind, disk.content(log(6) + ".unexplained"), "a later start leaves it alone");
    }

    @Test
    void whatIsSetAsideTwiceIsThereTwice() throws IOException {
        for (int i = 0; i < 2; i++) {
            fill();
            f.partition.close();
            disk.delete(OFFSETS);
            disk.delete(log(4));
            f.open();
            f.deleteRecords(4);
            f.partition.close();
            List.of(0, 2, 4).forEach(base -> delete(log(base)));
            delete(OFFSETS);
            f.open();
        }
        assertNotNull(disk.content(log(6) + ".unexplained"));
        assertNotNull(disk.content(log(6) + ".unexplained.2"));
    }

    private void delete(String path) {
        try {
            disk.delete(path);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatCanBeReadBehindASpoiltBatchIsKept() {
        for (int i = 0; i < 3; i++) {
            f.append("value " + i);
        }
        RecordBatch first = f.batches(0, 1 << 20, READ_UNCOMMITTED).getFirst();
        int size = first.sizeInBytes();
        byte[] whole = disk.content(log(0));
        kill();
        disk.flipBit(log(0), size + RecordBatch.HEADER_BYTES + 3, 0);
        f.open();
        assertEquals(List.of("value 0"), f.values(0, READ_UNCOMMITTED));
        byte[] kept = disk.content(log(0) + ".from-byte-" + size + ".unexplained");
        assertNotNull(kept, "the third batch is gone");
        assertEquals(whole.length - size, kept.length);
        assertEquals(List.of("value 0"), f.values(0, READ_UNCOMMITTED));
    }

    /// Each try makes a copy, and keeps one.
    @Test
    void anOpeningThatFailsAgainAndAgainKeepsOneCopy() {
        for (int i = 0; i < 3; i++) {
            f.append("value " + i);
        }
        int size = f.batches(0, 1 << 20, READ_UNCOMMITTED).getFirst().sizeInBytes();
        kill();
        disk.flipBit(log(0), size + RecordBatch.HEADER_BYTES + 3, 0);
        disk.faults().broken(path -> path.endsWith("truncation-under-way"));
        f.open();
        f.loop.advance(5 * Reopening.LONGEST_PAUSE_MS);
        assertOffline("truncation-under-way");
        disk.faults().broken(_ -> false);
        comesBack();
        assertEquals(1, disk.paths().stream().filter(path -> path.contains(".unexplained")).count());
    }

    @Test
    void aTornEndIsCutWithoutFurtherAdo() throws IOException {
        f.append("a");
        f.append("b".repeat(100));
        byte[] whole = disk.content(log(0));
        kill();
        try (DiskFile file = disk.open(log(0))) {
            file.truncate(whole.length - 20);
        }
        f.open();
        assertEquals(List.of("a"), f.values(0, READ_UNCOMMITTED));
        assertTrue(disk.paths().stream().noneMatch(path -> path.contains("unexplained")));
    }

    // ---- with a checkpoint

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 10})
    void aMissingSegmentIsSaidAndComesBackWithItsFile(int base) throws IOException {
        List<String> all = fill();
        f.partition.close();
        byte[] lost = disk.content(log(base));
        disk.delete(log(base));
        Map<String, List<Byte>> left = records();
        f.open();
        assertOffline(FOLDER, String.valueOf(base), "offset-checkpoint");
        f.loop.advance(3 * Reopening.LONGEST_PAUSE_MS);
        assertEquals(left, records(), "nothing that is left was touched");
        write(log(base), lost);
        comesBack();
        assertEquals(all, f.values(0, READ_UNCOMMITTED));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 10})
    void anEmptiedSegmentIsSaid(int base) throws IOException {
        fill();
        f.partition.close();
        write(log(base), new byte[0]);
        f.open();
        assertOffline(log(base));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 10})
    void aSegmentThatLostItsEndIsSaid(int base) throws IOException {
        fill();
        f.partition.close();
        byte[] whole = disk.content(log(base));
        for (int length : new int[] {whole.length - 1, whole.length / 2}) {
            write(log(base), Arrays.copyOf(whole, length));
            f.open();
            assertOffline(log(base));
        }
    }

    @Test
    void aSegmentLostBelowTheRecoveryPointIsNoticedAfterAKillToo() throws IOException {
        fill();
        kill();
        disk.delete(log(4));
        f.open();
        assertOffline(log(2));
    }

    @Test
    void anAbortedRecordIsNotShownBecauseTheIndexOfItIsLost() throws IOException {
        f.append("a");
        f.appendTxn(7, 0, 0, "aborted" + "x".repeat(200));
        f.append("b" + "x".repeat(200));
        f.marker(7, 1, false);
        f.append("c" + "x".repeat(200));
        f.append("d");
        f.partition.close();
        long marker = 3;
        String lost = logs().stream().filter(path -> path.compareTo(log(marker)) <= 0)
                .reduce((_, later) -> later).orElseThrow();
        disk.delete(lost);
        f.open();
        assertEquals(new ReadOutcome.ReadRejected(ErrorCode.KAFKA_STORAGE_ERROR),
                f.read(0, 1 << 20, READ_COMMITTED));
    }

    @Test
    void withoutTheCheckpointTheLogEndsAtTheGap() throws IOException {
        List<String> all = fill();
        f.partition.close();
        disk.delete(log(4));
        f.open();
        assertOffline("delete " + OFFSETS);
        disk.delete(OFFSETS);
        comesBack();
        assertEquals(all.subList(0, 4), f.values(0, READ_UNCOMMITTED));
        assertNotNull(disk.content(log(6) + ".unexplained"));
    }

    // ---- the folder

    @Test
    void aMissingFolderIsSaid() throws IOException {
        List<String> all = fill();
        f.partition.close();
        disk.rename(FOLDER, "elsewhere");
        f.open();
        assertOffline(FOLDER, "missing");
        disk.rename("elsewhere", FOLDER);
        comesBack();
        assertEquals(all, f.values(0, READ_UNCOMMITTED));
    }

    @Test
    void anEmptyFolderInPlaceOfAMissingOneIsABeginning() throws IOException {
        fill();
        f.partition.close();
        disk.delete(FOLDER);
        f.open();
        assertOffline("make an empty one");
        disk.createFolder(FOLDER);
        comesBack();
        f.append("anew");
        f.reopen();
        assertEquals(List.of("anew"), f.values(0, READ_UNCOMMITTED));
    }

    @Test
    void aPartitionThatNeverHadAFolderMissesNone() {
        f.reopen();
        assertNull(f.partition.offlineReason());
    }

    @Test
    void aTopicOfTheSameNameMissesNoFolder() {
        fill();
        f.partition.delete(() -> { });
        f.open(new UUID(5, 6));
        assertNull(f.partition.offlineReason());
        assertEquals(0, f.partition.logEndOffset());
    }

    @Test
    void aFolderThatAPowerCutTookBeforeItWasSyncedIsNotMissed() {
        f.append("a");
        disk.crash(Loss.ALL_UNSYNCED, new Random(1));
        f.open();
        assertNull(f.partition.offlineReason());
        assertEquals(0, f.partition.logEndOffset());
    }

    // ---- what is no loss

    @Test
    void anEmptiedPartitionHasLostNothing() {
        fill();
        f.deleteRecords(-1);
        f.reopen();
        assertNull(f.partition.offlineReason());
        assertEquals(RECORDS, f.partition.logStartOffset());
        kill();
        f.open();
        assertNull(f.partition.offlineReason());
        f.append("goes on");
        f.reopen();
        assertEquals(List.of("goes on"), f.values(RECORDS, READ_UNCOMMITTED));
    }

    @Test
    void whatRetentionDeletedIsNotMissed() {
        List<String> all = fill();
        f.deleteRecords(5);
        kill();
        f.open();
        assertNull(f.partition.offlineReason());
        f.reopen();
        assertEquals(all.subList(5, RECORDS), f.values(5, READ_UNCOMMITTED));
    }

    /// The checkpoint of a version that did not count the segments.
    @Test
    void afterAnOlderVersionTheSegmentsThemselvesAreAsked() throws IOException {
        List<String> all = fill();
        f.partition.close();
        forgetCount();
        f.open();
        assertEquals(all, f.values(0, READ_UNCOMMITTED));
        f.partition.close();
        assertTrue(new String(disk.content(OFFSETS), StandardCharsets.UTF_8).contains("sealed-segments 5"));
        forgetCount();
        disk.delete(log(4));
        f.open();
        assertOffline(log(2), "offsets 4 to 5");
    }

    private void forgetCount() throws IOException {
        List<String> lines = new String(disk.content(OFFSETS), StandardCharsets.UTF_8).lines().skip(2)
                .filter(line -> !line.startsWith("sealed-") && !line.startsWith("checksum")).toList();
        CRC32C crc = new CRC32C();
        lines.forEach(line -> crc.update((line + "\n").getBytes(StandardCharsets.UTF_8)));
        write(OFFSETS, ("0\n" + (lines.size() + 1) + "\n" + String.join("\n", lines) + "\nchecksum " + crc.getValue()
                + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
