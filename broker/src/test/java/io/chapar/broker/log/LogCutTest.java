package io.chapar.broker.log;

import io.chapar.broker.log.LogCut.Kept;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A cut of a log, on a real file system, opened as if it were the log.
final class LogCutTest {
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final UUID TOPIC_ID = new UUID(1, 2);
    private static final String INTO = "cut";
    private static final LogConfig CONFIG = LogConfig.builder().segmentBytes(400).build();

    private final ManualLoop loop = new ManualLoop();
    private final List<IOException> ended = new ArrayList<>();
    private List<Kept> files = List.of();
    @TempDir
    Path folder;
    private FileDisk disk;
    private PartitionLog log;

    @BeforeEach
    void open() throws IOException {
        disk = new FileDisk(Files.createDirectory(folder.resolve("data")));
        log = PartitionLog.open(ID, TOPIC_ID, CONFIG, new DataFolder(disk, 4));
    }

    @AfterEach
    void close() {
        disk.close();
    }

    private void append(PartitionLog to, int batches) throws IOException {
        for (int i = 0; i < batches; i++) {
            RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE)
                    .baseOffset(to.logEnd()).partitionLeaderEpoch(0).producer(7, (short) 0, (int) to.logEnd());
            builder.append(1_000, null, ByteBuffer.allocate(100));
            ByteBuffer bytes = builder.build();
            to.append(RecordBatch.at(bytes, bytes.position()));
            to.producers().highWatermarkAdvanced(to.logEnd());
        }
    }

    private void cut() {
        LogCut.now(log).link(INTO, loop, (kept, failure) -> {
            files = kept;
            ended.add(failure);
        });
    }

    private void untilEnded(int count) {
        while (ended.size() < count) {
            loop.awaitTask();
        }
    }

    /// What is cut, in a data folder of its own.
    private PartitionLog restored() throws IOException {
        assertFalse(files.isEmpty());
        Path restored = folder.resolve("restored");
        for (Kept file : files) {
            byte[] bytes = Files.readAllBytes(folder.resolve("data").resolve(INTO).resolve(file.path()));
            Path to = restored.resolve(file.path());
            Files.createDirectories(to.getParent());
            Files.write(to, file.size() == Kept.WHOLE ? bytes : Arrays.copyOf(bytes, (int) file.size()));
        }
        return PartitionLog.open(ID, TOPIC_ID, CONFIG, new DataFolder(new FileDisk(restored), 4));
    }

    @Test
    void whatIsAppendedAndRolledAfterwardsIsNotThere() throws IOException {
        append(log, 7);
        cut();
        append(log, 7);
        untilEnded(1);
        assertNull(ended.getFirst());
        append(log, 1);
        PartitionLog found = restored();
        assertEquals(7, found.logEnd());
        append(found, 1);
        assertEquals(15, log.logEnd());
    }

    /// The recovery point that is saved by then would lie behind the end.
    @Test
    void aCheckpointThatIsUnderWayIsWaitedForAndNoLaterOne() throws IOException {
        append(log, 5);
        assertTrue(log.flushLater(loop, log.logEnd(), ended::add));
        append(log, 1);
        cut();
        append(log, 7);
        assertFalse(log.flushLater(loop, log.logEnd(), ended::add));
        assertTrue(LogCut.isBeingMade(log));
        untilEnded(1);
        assertFalse(LogCut.isBeingMade(log));
        assertEquals(Arrays.asList((IOException) null), ended);
        PartitionLog found = restored();
        assertEquals(6, found.logEnd());
        assertEquals(5, found.recoveryPoint());
    }

    @Test
    void whatIsDeletedAfterwardsIsThere() throws IOException {
        append(log, 7);
        cut();
        log.advanceLogStart(6, log.logEnd(), loop, ended::add);
        untilEnded(2);
        assertEquals(Arrays.asList(null, null), ended);
        assertEquals(6, log.logStart());
        PartitionLog found = restored();
        assertEquals(0, found.logStart());
        assertEquals(7, found.logEnd());
    }

    @Test
    void syncsThatHadToWaitGoOn() throws IOException {
        List<String> told = new ArrayList<>();
        LogCut.afterwards(log, () -> told.add("resumed"));
        append(log, 1);
        cut();
        untilEnded(1);
        assertEquals(List.of("resumed"), told);
        assertTrue(log.flushLater(loop, log.logEnd(), ended::add));
    }

    @Test
    void aLogThatIsDeletedMeanwhileHasNone() throws IOException {
        append(log, 1);
        cut();
        log.delete();
        untilEnded(1);
        assertTrue(ended.getFirst() != null);
    }
}
