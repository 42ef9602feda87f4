package io.chapar.broker.log.compact;

import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.broker.producer.LiveProducers;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The rules one by one: batches in, batches out.
final class BatchCleanerTest {
    private static final long NOW = 10_000;
    private static final long RETENTION = 500;

    private final List<RecordBatch> log = new ArrayList<>();
    private final List<AbortedTxnIndex.Entry> aborted = new ArrayList<>();
    private final LiveProducers live = new LiveProducers();
    private BatchCleaner cleaner;
    private TxnTrail trail;
    private long from;
    private long nowMs = NOW;

    private static ByteBuffer bytes(String text) {
        return text == null ? null : ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private long end() {
        return log.isEmpty() ? 0 : log.getLast().nextOffset();
    }

    /// `key=value`, `key` for a tombstone, `=value` without a key.
    private RecordBatchBuilder builder(Compression compression, String... records) {
        RecordBatchBuilder builder = new RecordBatchBuilder(compression).baseOffset(end());
        for (String record : records) {
            int equals = record.indexOf('=');
            String key = equals == 0 ? null : equals < 0 ? record : record.substring(0, equals);
            builder.append(
                    1000 + builder.nextOffset(), bytes(key), equals < 0 ? null : bytes(record.substring(equals + 1)));
        }
        return builder;
    }

    private void add(String... records) {
        log.add(RecordBatch.at(builder(Compression.NONE, records).build(), 0));
    }

    private void transactional(long producerId, String... records) {
        log.add(RecordBatch.at(
                builder(Compression.LZ4, records).producer(producerId, (short) 0, 0).transactional().build(), 0));
    }

    private void marker(long producerId, boolean commit) {
        long first = log.stream().filter(b -> b.producerId() == producerId && !b.isControl())
                .mapToLong(RecordBatch::baseOffset).max().orElse(-1);
        if (!commit && first >= 0) {
            aborted.add(new AbortedTxnIndex.Entry(producerId, first, end(), end() + 1));
        }
        log.add(RecordBatch.at(new EndTxnMarker(producerId, (short) 1, 0, commit).build(end(), 0, 2000), 0));
    }

    /// Both walks; afterwards the log is what was left, null for nothing.
    private List<RecordBatch> clean() {
        KeyOffsets keys = new KeyOffsets(1 << 16, 1000, from);
        DirtyKeys dirty = new DirtyKeys(keys, new TxnTrail(aborted), from);
        log.forEach(batch -> assertTrue(dirty.take(batch)));
        trail = new TxnTrail(aborted);
        cleaner = new BatchCleaner(keys, trail, live, nowMs, RETENTION);
        List<RecordBatch> left = new ArrayList<>();
        for (RecordBatch batch : log) {
            ByteBuffer bytes = cleaner.clean(batch, false);
            left.add(bytes == null ? null : RecordBatch.at(bytes, bytes.position()));
        }
        from = end();
        log.clear();
        left.stream().filter(batch -> batch != null).forEach(log::add);
        aborted.clear();
        aborted.addAll(trail.takeLeft());
        return left;
    }

    private static List<String> keys(RecordBatch batch) {
        List<String> all = new ArrayList<>();
        for (Record record : batch.records()) {
            all.add(StandardCharsets.UTF_8.decode(record.key()) + "@" + record.offset());
        }
        return all;
    }

    @Test
    void theNewestOfAKeyStaysWhereItWas() {
        add("a=1", "b=1");
        add("a=2");
        List<RecordBatch> left = clean();
        assertEquals(List.of("b@1"), keys(left.get(0)));
        assertEquals(0, left.get(0).baseOffset());
        assertEquals(1, left.get(0).lastOffset());
        assertTrue(left.get(0).isCrcValid());
        assertEquals(1001, left.get(0).maxTimestamp());
        assertEquals(List.of("a@2"), keys(left.get(1)));
    }

    @Test
    void aRecordWithoutAKeyGoes() {
        add("=x");
        assertNull(clean().getFirst());
    }

    @Test
    void aTombstoneIsStampedThenGoes() {
        add("a=1", "b=1");
        add("a");
        RecordBatch tombstone = clean().get(1);
        assertTrue(tombstone.hasDeleteHorizon());
        assertEquals(NOW + RETENTION, tombstone.baseTimestamp());
        assertEquals(NOW + RETENTION, cleaner.nextHorizonMs());
        assertEquals(1002, tombstone.records().iterator().next().timestamp());
        nowMs = NOW + RETENTION - 1;
        assertEquals(NOW + RETENTION, clean().get(1).baseTimestamp(), "not stamped again");
        nowMs++;
        assertNull(clean().get(1));
        assertEquals(Long.MAX_VALUE, cleaner.nextHorizonMs());
    }

    @Test
    void aTombstoneThatIsSupersededIsJustARecord() {
        add("a=1");
        add("a");
        add("a=2");
        List<RecordBatch> left = clean();
        assertNull(left.get(0));
        assertNull(left.get(1));
        assertFalse(left.get(2).hasDeleteHorizon());
    }

    @Test
    void anAbortedRecordGoesAndSupersedesNothing() {
        add("a=1");
        transactional(5, "a=2");
        marker(5, false);
        List<RecordBatch> left = clean();
        assertEquals(List.of("a@0"), keys(left.get(0)));
        assertNull(left.get(1));
        assertEquals(NOW + RETENTION, left.get(2).baseTimestamp());
        assertEquals(List.of(), aborted);
        nowMs = NOW + RETENTION;
        assertEquals(1, clean().stream().filter(batch -> batch != null).count(), "the marker has gone too");
    }

    @Test
    void aMarkerStaysWhileItsTransactionHasABatchLeft() {
        transactional(5, "a=1");
        marker(5, true);
        RecordBatch before = log.get(1);
        List<RecordBatch> left = clean();
        assertEquals(before.bytes(), left.get(1).bytes());
        add("a=2");
        left = clean();
        assertNull(left.get(0));
        assertTrue(left.get(1).hasDeleteHorizon());
    }

    @Test
    void aLiveProducersAbortedBatchStaysAsAHeaderAndSoDoesTheIndexEntry() {
        transactional(5, "a=1");
        marker(5, false);
        live.add(5, (short) 0, List.of(0L));
        List<RecordBatch> left = clean();
        assertEquals(0, left.get(0).recordCount());
        assertEquals(0, left.get(0).lastSequence());
        assertEquals(RecordBatch.HEADER_BYTES, left.get(0).sizeInBytes());
        assertFalse(left.get(1).hasDeleteHorizon());
        assertEquals(1, aborted.size());
    }

    @Test
    void theMarkerThatGaveALiveProducerItsEpochStays() {
        transactional(5, "a=1");
        marker(5, false);
        live.add(5, (short) 1, List.of());
        clean();
        nowMs = NOW + RETENTION;
        RecordBatch marker = clean().getLast();
        assertNotNull(EndTxnMarker.of(marker));
        assertEquals(Long.MAX_VALUE, cleaner.nextHorizonMs(), "no reason to come back for it");
    }

    @Test
    void theLastBatchOfASegmentStaysAsAHeader() {
        add("a=1");
        add("a=2");
        clean();
        add("a=3");
        KeyOffsets keys = new KeyOffsets(1 << 16, 1000, 0);
        DirtyKeys dirty = new DirtyKeys(keys, new TxnTrail(List.of()), 0);
        log.forEach(dirty::take);
        ByteBuffer left = new BatchCleaner(keys, new TxnTrail(List.of()), live, NOW, RETENTION).clean(log.get(0), true);
        RecordBatch header = RecordBatch.at(left, left.position());
        assertEquals(0, header.recordCount());
        assertEquals(1, header.lastOffset());
        assertTrue(header.isCrcValid());
    }

    @Test
    void whatWasNotLookedAtStays() {
        add("a=1");
        add("b");
        add("a=2");
        KeyOffsets keys = new KeyOffsets(1, 1000, 0);
        DirtyKeys dirty = new DirtyKeys(keys, new TxnTrail(List.of()), 0);
        assertTrue(dirty.take(log.get(0)));
        assertFalse(dirty.take(log.get(1)), "no room");
        assertEquals(0, keys.latest());
        BatchCleaner partial = new BatchCleaner(keys, new TxnTrail(List.of()), live, NOW, RETENTION);
        for (RecordBatch batch : log) {
            ByteBuffer left = partial.clean(batch, false);
            assertEquals(batch.bytes(), left);
            assertFalse(RecordBatch.at(left, left.position()).hasDeleteHorizon());
        }
    }

    @Test
    void nothingToDropIsNotRewritten() {
        add("a=1", "b=1");
        RecordBatch before = log.getFirst();
        assertSame(before.bytes().array(), clean().getFirst().bytes().array());
    }
}
