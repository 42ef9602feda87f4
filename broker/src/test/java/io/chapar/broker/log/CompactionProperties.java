package io.chapar.broker.log;

import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Compaction against all that was ever written: random transactions, tombstones, rolls, compactions with little
/// memory, reopenings, and the end of the process or the machine at any file operation of a compaction.
final class CompactionProperties {
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final UUID TOPIC_ID = new UUID(1, 2);

    @Property(tries = 40)
    void readersFindTheNewestOfEveryKey(@ForAll long seed, @ForAll @IntRange(min = 20, max = 160) int steps)
            throws IOException {
        Run run = new Run(seed);
        for (int i = 0; i < steps; i++) {
            run.step();
        }
        run.endTransactions();
        run.check();
        run.settle();
    }

    @Property(tries = 40)
    void aCrashAtAnyFileOperationLeavesAWholeLog(@ForAll long seed) throws IOException {
        Run run = new Run(seed);
        for (int i = 0; i < 60; i++) {
            run.append();
        }
        run.endTransactions();
        run.flush();
        Random random = new Random(seed);
        for (int crashes = 0; crashes < 6; crashes++) {
            run.crashInCompaction(random);
            run.append();
            run.flush();
        }
        run.settle();
    }

    @Property(tries = 5000)
    @Tag("nightly")
    void readersFindTheNewestOfEveryKeyAllNight(@ForAll long seed, @ForAll @IntRange(min = 20, max = 160) int steps)
            throws IOException {
        readersFindTheNewestOfEveryKey(seed, steps);
    }

    @Property(tries = 5000)
    @Tag("nightly")
    void aCrashAtAnyFileOperationLeavesAWholeLogAllNight(@ForAll long seed) throws IOException {
        aCrashAtAnyFileOperationLeavesAWholeLog(seed);
    }

    @Example
    void aCrashAtFileOperationsOfACompaction() throws IOException {
        crashAtFileOperations(3);
    }

    @Example
    @Tag("nightly")
    void aCrashAtEachFileOperationOfACompaction() throws IOException {
        crashAtFileOperations(1);
    }

    private static void crashAtFileOperations(int every) throws IOException {
        int losses = 0;
        for (Loss loss : Loss.values()) {
            // Others for each loss.
            int operation = -(losses++ % every);
            boolean stopped = true;
            while (stopped) {
                Run run = new Run(42);
                for (int i = 0; i < 40; i++) {
                    run.append();
                }
                run.endTransactions();
                run.flush();
                operation += every;
                stopped = run.crashAt(operation, loss);
                run.settle();
            }
            assertTrue(operation > 50, "there were " + operation);
        }
    }

    private static final class Run {
        private final Random random;
        private final MemoryDisk disk = new MemoryDisk();
        private final ManualLoop loop = new ManualLoop();
        private final LogConfig config;
        private final CompactionModel model = new CompactionModel();
        private final int[] epochs = new int[4];
        private final boolean[] open = new boolean[4];
        private PartitionLog log;
        private long nowMs = 1_000_000;

        Run(long seed) throws IOException {
            random = new Random(seed);
            config = LogConfig.builder()
                    .segmentBytes(400 + random.nextInt(1500))
                    .indexIntervalBytes(1 + random.nextInt(400))
                    .compact(true)
                    .delete(false)
                    .minCleanableDirtyRatio(0)
                    .deleteRetentionMs(random.nextInt(300))
                    .build();
            reopen();
        }

        private void reopen() throws IOException {
            log = PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(disk, 3));
            log.producers().highWatermarkAdvanced(log.logEnd());
        }

        private long stable() {
            log.producers().highWatermarkAdvanced(log.logEnd());
            return Math.min(log.logEnd(), Math.max(log.logStart(), log.producers().firstUnstableOffset()));
        }

        void flush() throws IOException {
            log.flushLater(loop, log.logEnd(), failure -> {
                throw new AssertionError(failure);
            });
            loop.runAll();
        }

        void step() throws IOException {
            nowMs += random.nextInt(40);
            int what = random.nextInt(33);
            if (what < 24) {
                append();
            } else if (what < 26) {
                flush();
            } else if (what < 28) {
                compact();
                check();
            } else if (what == 28) {
                log.close(log.logEnd());
                reopen();
                check();
            } else if (what < 31) {
                reopen();
                check();
            } else if (what == 31) {
                // Of what is synced alone: what is lost behind the start is the business of other tests.
                long most = Math.max(log.logStart(), log.recoveryPoint());
                Driven.advanceLogStart(log, loop,
                        log.logStart() + random.nextLong(most - log.logStart() + 1) / 2, log.logEnd());
                check();
            } else {
                loseUnsynced();
                check();
            }
        }

        /// What was not synced is gone: transactions may be open again, and be ended otherwise than before.
        private void loseUnsynced() throws IOException {
            Loss[] losses = Loss.values();
            disk.crash(losses[random.nextInt(losses.length)], random);
            reopen();
            model.truncate(log.logEnd());
            Arrays.fill(open, false);
            log.producers().describe((producerId, epoch, sequence, timestamp, coordinatorEpoch, txnStart) -> {
                open[(int) producerId] = txnStart >= 0;
                epochs[(int) producerId] = epoch;
            });
        }

        void append() throws IOException {
            int producer = random.nextInt(6);
            if (producer > 3) {
                write(builder(-1));
            } else if (producer == 3) {
                write(builder(3));
            } else if (open[producer] && random.nextInt(3) == 0) {
                end(producer);
            } else {
                open[producer] = true;
                write(builder(producer).transactional());
            }
        }

        /// Producers from 0 to 2 are transactional, 0 and 1 raise their epoch with every end; 3 is idempotent.
        private RecordBatchBuilder builder(int producer) {
            RecordBatchBuilder builder = new RecordBatchBuilder(Compression.ofId(random.nextInt(5)));
            builder.baseOffset(log.logEnd());
            if (producer >= 0) {
                builder.producer(producer, (short) epochs[producer], (int) (log.logEnd() % 100_000));
            }
            int records = 1 + random.nextInt(4);
            for (int i = 0; i < records; i++) {
                ByteBuffer value = random.nextInt(4) == 0 ? null : bytes("v" + random.nextInt(1000));
                builder.append(nowMs + i, bytes("k" + random.nextInt(12)), value);
            }
            return builder;
        }

        private static ByteBuffer bytes(String text) {
            return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        }

        private void end(int producer) throws IOException {
            open[producer] = false;
            epochs[producer] += producer < 2 ? 1 : 0;
            ByteBuffer marker = new EndTxnMarker(producer, (short) epochs[producer], 1, random.nextBoolean())
                    .build(log.logEnd(), 0, nowMs);
            write(RecordBatch.at(marker, 0));
        }

        private void write(RecordBatchBuilder builder) throws IOException {
            write(RecordBatch.at(builder.build(), 0));
        }

        private void write(RecordBatch batch) throws IOException {
            batch.stamp(log.logEnd(), 0);
            model.append(batch);
            log.append(batch);
        }

        void endTransactions() throws IOException {
            for (int producer = 0; producer < 3; producer++) {
                if (open[producer]) {
                    end(producer);
                }
            }
        }

        private Compaction begin() throws IOException {
            // Room for a few keys alone, now and then: the compaction goes as far as it can.
            return log.compact(nowMs, stable(), random.nextInt(3) == 0 ? 24 * (2 + random.nextInt(10)) : 1 << 16);
        }

        void compact() throws IOException {
            Compaction compaction = begin();
            if (compaction != null) {
                long before = log.cleanedUpTo();
                boolean dirty = log.cleanable(nowMs, stable()).dirtyBytes() > 0;
                compaction.runAll();
                assertEquals(null, compaction.failure());
                assertTrue(!dirty || log.cleanedUpTo() > before, "it gets on");
            }
        }

        /// False when the compaction takes fewer operations.
        boolean crashAt(int operation, Loss loss) throws IOException {
            disk.faults().stopAtOperation(disk.operations() + operation);
            boolean stopped = false;
            try {
                Compaction compaction = log.compact(nowMs, stable(), 1 << 16);
                compaction.runAll();
                stopped = compaction.failure() != null;
            } catch (IOException e) {
                stopped = true;
            }
            assertEquals(stopped, disk.isStopped());
            disk.crash(loss, random);
            reopen();
            check();
            return stopped;
        }

        void crashInCompaction(Random choice) throws IOException {
            long first = disk.operations();
            disk.faults().stopAtOperation(first + 1 + choice.nextInt(60));
            boolean stopped = false;
            try {
                Compaction compaction = begin();
                if (compaction != null) {
                    compaction.runAll();
                    stopped = compaction.failure() != null;
                }
            } catch (IOException e) {
                stopped = true;
            }
            Loss[] losses = Loss.values();
            if (stopped || choice.nextBoolean()) {
                disk.crash(losses[choice.nextInt(losses.length)], choice);
            } else {
                disk.faults().stopAtOperation(Long.MAX_VALUE);
                return;
            }
            reopen();
            for (String path : disk.paths()) {
                assertTrue(!path.endsWith(".cleaned") && !path.endsWith(".swap"), path);
            }
            model.truncate(log.logEnd());
            check();
        }

        void check() throws IOException {
            CompactionModel.checkSegments(log);
            model.checkProducers(log);
            long stable = stable();
            model.check(log, log.logStart(), stable);
            model.check(log, log.logStart() + random.nextLong(stable - log.logStart() + 1), stable);
        }

        /// With time enough nothing is left in the sealed segments that need not be there.
        void settle() throws IOException {
            flush();
            for (int quiet = 0; quiet < 3; quiet++) {
                nowMs += 1000;
                Compaction compaction = log.compact(nowMs, stable(), 1 << 16);
                if (compaction != null) {
                    long before = log.sizeInBytes();
                    compaction.runAll();
                    assertEquals(null, compaction.failure());
                    quiet = log.sizeInBytes() == before ? quiet : -1;
                }
            }
            check();
            assertEquals(0, log.cleanable(nowMs, stable()).dirtyBytes());
            model.checkSettled(log);
            reopen();
            check();
        }
    }
}
