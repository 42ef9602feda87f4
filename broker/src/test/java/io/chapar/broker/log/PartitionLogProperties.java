package io.chapar.broker.log;

import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.broker.producer.ProducerSnapshot;
import io.chapar.broker.producer.ProducerTable;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.RecordBatches;
import io.chapar.protocol.record.compress.Compression;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The log against a list of batches: appends, rolls, flushes, clean stops, kills, losses of power, truncations. Live
/// state is the fold of the log, and so is rebuilt state.
final class PartitionLogProperties {
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final UUID TOPIC_ID = new UUID(1, 2);

    @Property(tries = 1500)
    void theLogIsThePrefixThatItMustBe(@ForAll long seed, @ForAll @IntRange(min = 1, max = 80) int steps)
            throws IOException {
        Run run = new Run(seed);
        for (int i = 0; i < steps; i++) {
            run.step();
            run.check();
        }
    }

    private static final class Run {
        private final Random random;
        private final MemoryDisk disk = new MemoryDisk();
        private final ManualLoop loop = new ManualLoop();
        private final LogConfig config;
        private final List<ByteBuffer> model = new ArrayList<>();
        private PartitionLog log;
        private long synced;
        private int epoch;
        private long clock = 1000;

        Run(long seed) throws IOException {
            random = new Random(seed);
            config = LogConfig.builder()
                    .segmentBytes(300 + random.nextInt(1500))
                    .indexIntervalBytes(1 + random.nextInt(400))
                    .build();
            open();
        }

        private void open() throws IOException {
            log = PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(disk, 3));
        }

        void step() throws IOException {
            int what = random.nextInt(24);
            if (what < 16) {
                append();
            } else if (what < 18) {
                log.flushLater(loop, log.logEnd(), failure -> {
                    throw new AssertionError(failure);
                });
                loop.runAll();
                synced = log.recoveryPoint();
                assertEquals(log.logEnd(), synced);
            } else if (what == 18) {
                log.close(log.logEnd());
                synced = log.logEnd();
                open();
            } else if (what == 19) {
                open();
                assertEquals(end(), log.logEnd(), "a kill loses nothing");
            } else if (what == 20) {
                log.close(log.logEnd());
                synced = log.logEnd();
                disk.crash(random.nextBoolean() ? Loss.TAILS : Loss.SECTORS, random);
                open();
                assertEquals(end(), log.logEnd(), "what was closed is all there");
            } else if (what == 21) {
                disk.crash(random.nextBoolean() ? Loss.TAILS : Loss.SECTORS, random);
                open();
                assertTrue(log.logEnd() >= synced, "nothing below the recovery point is lost");
                cutModel(log.logEnd());
                synced = Math.min(synced, log.recoveryPoint());
            } else if (what == 22) {
                epoch++;
                log.beginEpoch(epoch);
            } else if (!model.isEmpty()) {
                long to = batch(random.nextInt(model.size())).baseOffset();
                log.truncateTo(to);
                cutModel(to);
                synced = Math.min(synced, to);
            }
        }

        private void append() throws IOException {
            ByteBuffer bytes;
            short producerEpoch = (short) (random.nextInt(4) == 0 ? 1 : 0);
            int producer = random.nextInt(4) - 1;
            clock += random.nextInt(5) - 1;
            if (producer >= 0 && random.nextInt(3) == 0) {
                bytes = new EndTxnMarker(producer, producerEpoch, random.nextInt(3), random.nextBoolean())
                        .build(log.logEnd(), epoch, clock);
            } else {
                RecordBatchBuilder builder = new RecordBatchBuilder(
                        Compression.ofId(random.nextInt(5)));
                builder.baseOffset(log.logEnd()).partitionLeaderEpoch(epoch);
                int records = 1 + random.nextInt(4);
                for (int i = 0; i < records; i++) {
                    byte[] value = new byte[random.nextInt(80)];
                    random.nextBytes(value);
                    builder.append(clock + random.nextInt(10), null, ByteBuffer.wrap(value));
                }
                if (producer >= 0) {
                    builder.producer(producer, producerEpoch, random.nextInt(100));
                    if (random.nextBoolean()) {
                        builder.transactional();
                    }
                }
                bytes = builder.build();
            }
            model.add(bytes.duplicate());
            log.append(RecordBatch.at(bytes, bytes.position()));
        }

        private RecordBatch batch(int i) {
            return RecordBatch.at(model.get(i), model.get(i).position());
        }

        private long end() {
            return model.isEmpty() ? 0 : batch(model.size() - 1).nextOffset();
        }

        private void cutModel(long to) {
            while (!model.isEmpty() && end() > to) {
                model.removeLast();
            }
            assertEquals(to, end(), "cut at a batch");
        }

        // ---- what must hold

        void check() throws IOException {
            assertEquals(end(), log.logEnd());
            checkState();
            checkBytes();
            checkAborted();
            checkTimes();
        }

        private void checkState() {
            ProducerTable folded = new ProducerTable();
            List<LeaderEpochs.Entry> epochs = new ArrayList<>();
            for (int i = 0; i < model.size(); i++) {
                folded.fold(batch(i));
                int e = batch(i).partitionLeaderEpoch();
                if (epochs.isEmpty() || epochs.getLast().epoch() != e) {
                    epochs.add(new LeaderEpochs.Entry(e, batch(i).baseOffset()));
                }
            }
            assertEquals(ProducerSnapshot.write(folded), ProducerSnapshot.write(log.producers()));
            List<LeaderEpochs.Entry> known = new ArrayList<>(log.epochs.entries());
            if (!known.isEmpty() && known.getLast().startOffset() == log.logEnd()) {
                known.removeLast();
            }
            assertEquals(epochs, known);
        }

        private void checkBytes() throws IOException {
            if (model.isEmpty()) {
                return;
            }
            int first = random.nextInt(model.size());
            int i = first;
            RecordBatch b = batch(first);
            long next = b.baseOffset() + random.nextInt(b.lastOffsetDelta() + 1);
            long upper = batch(first + random.nextInt(model.size() - first)).nextOffset();
            while (next < upper) {
                PartitionLog.Slice slice = log.slice(next, upper, random.nextInt(2000), true);
                ByteBuffer bytes = slice.records().load();
                slice.records().release();
                for (RecordBatch batch : RecordBatches.of(bytes)) {
                    assertEquals(model.get(i).duplicate(), batch.bytes());
                    next = batch.nextOffset();
                    i++;
                }
                assertEquals(slice.endOffset(), next, "whole batches");
            }
            assertEquals(upper, next, "not beyond the bound");
        }

        /// The index against the log itself, entry by entry.
        private void checkAborted() throws IOException {
            Map<Long, Long> open = new LinkedHashMap<>();
            List<AbortedTxnIndex.Entry> all = new ArrayList<>();
            for (int i = 0; i < model.size(); i++) {
                RecordBatch b = batch(i);
                EndTxnMarker marker = EndTxnMarker.of(b);
                if (marker != null) {
                    Long begun = open.remove(b.producerId());
                    if (begun != null && !marker.commit()) {
                        all.add(new AbortedTxnIndex.Entry(b.producerId(), begun, b.baseOffset(), 0));
                    }
                } else if (b.isTransactional()) {
                    open.putIfAbsent(b.producerId(), b.baseOffset());
                }
            }
            long from = random.nextLong(end() + 1);
            long upper = from + random.nextLong(end() - from + 1);
            List<String> expected = all.stream()
                    .filter(e -> e.lastOffset() >= from && e.firstOffset() < upper)
                    .sorted(Comparator.comparingLong(AbortedTxnIndex.Entry::firstOffset))
                    .map(e -> e.producerId() + "@" + e.firstOffset() + ".." + e.lastOffset())
                    .toList();
            List<String> found = log.aborted(from, upper).stream()
                    .map(e -> e.producerId() + "@" + e.firstOffset() + ".." + e.lastOffset())
                    .toList();
            assertEquals(expected, found, "aborted in [" + from + ", " + upper + ")");
        }

        private void checkTimes() throws IOException {
            long wanted = clock - random.nextInt(40);
            TimeSearch.Hit hit = log.timeSearch().firstAtOrAfter(wanted);
            long expected = -1;
            for (int i = 0; i < model.size() && expected < 0; i++) {
                for (var record : batch(i).records()) {
                    if (expected < 0 && record.timestamp() >= wanted) {
                        expected = record.offset();
                    }
                }
            }
            assertEquals(expected, hit == null ? -1 : hit.offset());
        }
    }
}
