package io.chapar.broker.log;

import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.broker.producer.ProducerTable;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Everything that was ever appended to a log, and what of it a reader must still find whatever compaction did.
final class CompactionModel {
    /// As appended.
    private final List<ByteBuffer> batches = new ArrayList<>();

    void append(RecordBatch batch) {
        batches.add(ByteBuffer.allocate(batch.sizeInBytes()).put(batch.bytes()).flip());
    }

    void truncate(long logEnd) {
        while (!batches.isEmpty() && batch(batches.size() - 1).nextOffset() > logEnd) {
            batches.removeLast();
        }
    }

    private RecordBatch batch(int i) {
        return RecordBatch.at(batches.get(i), 0);
    }

    private enum Fate { COMMITTED, ABORTED, OPEN }

    private record Written(Record record, Fate fate) {}

    private NavigableMap<Long, Written> written() {
        Map<Long, List<Record>> open = new LinkedHashMap<>();
        NavigableMap<Long, Written> all = new TreeMap<>();
        for (int i = 0; i < batches.size(); i++) {
            RecordBatch batch = batch(i);
            EndTxnMarker marker = EndTxnMarker.of(batch);
            if (marker != null) {
                List<Record> records = open.remove(batch.producerId());
                for (Record record : records == null ? List.<Record>of() : records) {
                    all.put(record.offset(), new Written(record, marker.commit() ? Fate.COMMITTED : Fate.ABORTED));
                }
                continue;
            }
            for (Record record : batch.records()) {
                all.put(record.offset(), new Written(record, batch.isTransactional() ? Fate.OPEN : Fate.COMMITTED));
                if (batch.isTransactional()) {
                    open.computeIfAbsent(batch.producerId(), _ -> new ArrayList<>()).add(record);
                }
            }
        }
        return all;
    }

    static String text(ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    /// @param from a reader of committed records begins here
    void check(PartitionLog log, long from, long stable) throws IOException {
        NavigableMap<Long, Written> all = written();
        Map<Long, Record> read = readCommitted(log, from, stable);
        Map<String, Long> newest = new TreeMap<>();
        all.headMap(stable).forEach((offset, w) -> {
            if (w.fate() == Fate.COMMITTED) {
                newest.put(text(w.record().key()), offset);
            }
        });
        for (var entry : read.entrySet()) {
            Written w = all.get(entry.getKey());
            assertNotNull(w, "a record that was never written: " + entry.getKey());
            assertEquals(Fate.COMMITTED, w.fate(), "offset " + entry.getKey());
            assertEquals(w.record(), entry.getValue());
        }
        all.subMap(from, stable).forEach((offset, w) -> {
            if (w.fate() != Fate.COMMITTED || read.containsKey(offset)) {
                return;
            }
            assertTrue(offset < log.cleanedUpTo() || offset < log.segments.lastKey(), "gone above: " + offset);
            boolean superseded = newest.get(text(w.record().key())) > offset;
            assertTrue(superseded || w.record().value() == null, "the newest of its key is gone: " + offset);
        });
        checkOnePerKey(read, log.cleanedUpTo(), from);
    }

    private static void checkOnePerKey(Map<Long, Record> read, long below, long from) {
        SequencedSet<String> seen = new LinkedHashSet<>();
        read.forEach((offset, record) -> {
            if (offset >= from && offset < below) {
                assertTrue(seen.add(text(record.key())), "two records of " + text(record.key()) + " below " + below);
            }
        });
    }

    /// As a client does it: by batches and the list of aborted transactions.
    private static Map<Long, Record> readCommitted(PartitionLog log, long from, long stable) throws IOException {
        Map<Long, Record> read = new LinkedHashMap<>();
        SequencedSet<Long> aborted = new LinkedHashSet<>();
        List<AbortedTxnIndex.Entry> index = new ArrayList<>(log.aborted(from, stable));
        long next = from;
        while (next < stable) {
            PartitionLog.Slice slice = log.slice(next, stable, 700, true);
            assertNotNull(slice, "nothing at " + next + " below " + stable);
            ByteBuffer bytes = slice.records().load();
            slice.records().release();
            for (RecordBatch batch : RecordBatches.of(bytes)) {
                assertTrue(batch.isCrcValid());
                assertNull(batch.fault());
                assertTrue(batch.baseOffset() >= next || batch.lastOffset() >= next, "in order");
                next = batch.nextOffset();
                while (!index.isEmpty() && index.getFirst().firstOffset() <= batch.lastOffset()) {
                    aborted.add(index.removeFirst().producerId());
                }
                EndTxnMarker marker = EndTxnMarker.of(batch);
                if (marker != null) {
                    if (!marker.commit()) {
                        aborted.remove(batch.producerId());
                    }
                } else if (!batch.isControl() && !(batch.isTransactional() && aborted.contains(batch.producerId()))) {
                    for (Record record : batch.records()) {
                        if (record.offset() >= from) {
                            read.put(record.offset(), record);
                        }
                    }
                }
            }
            assertTrue(slice.endOffset() >= next);
        }
        return read;
    }

    /// Below the clean point there is neither a tombstone nor an aborted record, and a marker only where its
    /// transaction has a batch left, a producer is known by it, or a segment ends with it.
    void checkSettled(PartitionLog log) throws IOException {
        NavigableMap<Long, Written> all = written();
        SequencedSet<Long> hasData = new LinkedHashSet<>();
        Long behind = log.segments.floorKey(log.cleanedUpTo());
        for (Segment segment : log.segments.headMap(behind == null ? 0 : behind, false).values()) {
            try (Segment.Reader reader = segment.reader(0, BatchScan.FAR, true)) {
                for (RecordBatch b = reader.scan().advance(); b != null; b = reader.scan().advance()) {
                    boolean last = reader.scan().position() + b.sizeInBytes() == segment.size();
                    if (b.isControl()) {
                        boolean data = hasData.remove(b.producerId());
                        assertTrue(data || last || log.producers().live().needs(b), "a marker stayed: " + b);
                    } else if (b.isTransactional()) {
                        hasData.add(b.producerId());
                    }
                    for (Record record : b.isControl() ? List.<Record>of() : b.records()) {
                        assertNotNull(record.value(), "a tombstone stayed at " + record.offset());
                        assertEquals(Fate.COMMITTED, all.get(record.offset()).fate());
                    }
                }
            }
        }
    }

    /// Every segment ends where the next one begins.
    static void checkSegments(PartitionLog log) throws IOException {
        long end = -1;
        for (Segment segment : log.segments.values()) {
            assertTrue(end < 0 || end == segment.baseOffset(), "a hole before " + segment.baseOffset());
            end = segment.baseOffset();
            if (segment.size() == 0) {
                continue;
            }
            try (Segment.Reader reader = segment.reader(0, BatchScan.FAR, true)) {
                for (RecordBatch b = reader.scan().advance(); b != null; b = reader.scan().advance()) {
                    assertTrue(b.baseOffset() >= end, "offsets ascend");
                    end = b.nextOffset();
                }
                reader.requireWhole();
            }
        }
        assertEquals(log.logEnd(), end);
    }

    /// Of the last marker, its time and its coordinator's epoch may be forgotten with it, where everything is replayed.
    void checkProducers(PartitionLog log) {
        ProducerTable folded = new ProducerTable();
        for (int i = 0; i < batches.size(); i++) {
            folded.fold(batch(i));
        }
        assertEquals(described(folded), described(log.producers()));
    }

    private static SequencedMap<Long, String> described(ProducerTable table) {
        SequencedMap<Long, String> all = new TreeMap<>();
        table.describe((producerId, epoch, sequence, timestamp, coordinatorEpoch, txnStart) -> all.put(producerId,
                "epoch " + epoch + ", sequence " + sequence + ", open from " + txnStart));
        return all;
    }
}
