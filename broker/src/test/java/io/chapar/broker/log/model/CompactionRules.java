package io.chapar.broker.log.model;

import io.chapar.protocol.record.Record;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What compaction may make of all that was ever written, whatever it did before, and whatever a loss of power undid.
///
/// - What is there was written like that: offsets, times, producer and epoch of the batch, and each record.
/// - A record is gone only if a newer committed one has its key, if its transaction was aborted, if it has no key, or
///   if it is a tombstone whose time is up. The newest of a key is there, or it was a tombstone, and then no older one
///   is.
/// - A marker is gone only when nothing is left of its transaction and its time is up too.
/// - A batch that tells of a live producer is there.
/// - Below the point that the compaction claims to have reached every key has one record, and no aborted one is left.
final class CompactionRules {
    private final LogModel model;
    private final long settled;
    private final long sinceMs;
    private final long nowMs;
    private final long deleteRetentionMs;
    private final NavigableMap<Long, Written> found = new TreeMap<>();
    private final Map<Long, LogModel.Fate> fates;
    /// Newest committed offset of each key, of all that could count and of all that is there.
    private final Map<ByteBuffer, Long> newest = new TreeMap<>();
    private final Map<ByteBuffer, Long> newestSettled = new TreeMap<>();

    /// @param settled compaction has looked no further
    /// @param sinceMs what compaction did before was looked at
    CompactionRules(LogModel model, long settled, long sinceMs, long nowMs, long deleteRetentionMs) {
        this.model = model;
        this.settled = settled;
        this.sinceMs = sinceMs;
        this.nowMs = nowMs;
        this.deleteRetentionMs = deleteRetentionMs;
        this.fates = model.fates();
    }

    /// @param inLog all batches from the log start on
    /// @param cleanedUpTo what the log says of its compaction
    /// @param unsure producers whose window is not known to the model
    void check(List<Written> inLog, long cleanedUpTo, Set<Long> unsure) {
        inLog.forEach(each -> found.put(each.base(), each));
        assertEquals(inLog.size(), found.size(), "each batch once");
        List<Written> expected = model.history.stream().filter(each -> each.last() >= model.start).toList();
        learnNewest(expected);
        Set<Long> known = new TreeSet<>();
        for (Written each : expected) {
            known.add(each.base());
            Written left = found.get(each.base());
            if (left != null && !left.bytes.equals(each.bytes)) {
                checkRewritten(each, left);
            } else if (left != null) {
                model.horizons.remove(each.base());
            }
        }
        assertTrue(known.containsAll(found.keySet()), () -> "from nowhere: " + inLog + " of " + expected);
        for (Written each : expected) {
            checkMissing(each, found.get(each.base()));
        }
        checkNothingIsBack(expected);
        checkLive(expected, unsure);
        checkCleaned(cleanedUpTo);
    }

    private void learnNewest(List<Written> expected) {
        for (Written each : expected) {
            if (fates.get(each.base()) != LogModel.Fate.COMMITTED) {
                continue;
            }
            for (Record record : each.records()) {
                if (record.key() != null) {
                    newest.put(record.key(), record.offset());
                    if (record.offset() < settled) {
                        newestSettled.put(record.key(), record.offset());
                    }
                }
            }
        }
    }

    // ---- what is there

    private void checkRewritten(Written original, Written left) {
        assertTrue(original.base() < settled, () -> "changed, and not to be compacted yet: " + original);
        assertTrue(left.batch.isCrcValid(), () -> "checksum of " + left);
        assertEquals(original.toString(), left.toString(), "a batch's header");
        assertEquals(original.batch.timestampType(), left.batch.timestampType(), () -> "kind of times in " + left);
        assertTrue(left.batch.maxTimestamp() <= original.batch.maxTimestamp(), () -> "largest time in " + left);
        assertEquals(left.batch.recordCount(), left.records().size(), () -> "number of records in " + left);
        Map<Long, Record> records = new TreeMap<>();
        original.records().forEach(record -> records.put(record.offset(), record));
        long before = -1;
        for (Record record : left.records()) {
            assertTrue(record.offset() > before, () -> "order in " + left);
            assertEquals(records.get(record.offset()), record, () -> "a record of " + left);
            before = record.offset();
        }
        checkHorizon(original, left);
    }

    private void checkHorizon(Written original, Written left) {
        Long before = model.horizons.get(original.base());
        if (!left.batch.hasDeleteHorizon()) {
            model.horizons.remove(original.base());
            return;
        }
        long horizonMs = left.batch.baseTimestamp();
        if (before == null) {
            assertTrue(horizonMs >= sinceMs + deleteRetentionMs && horizonMs <= nowMs + deleteRetentionMs,
                    () -> "delete horizon " + horizonMs + " of " + left + ", looked at " + sinceMs
                            + ", now " + nowMs);
            boolean tombstone = original.records().stream().anyMatch(record -> record.value() == null);
            assertTrue(left.batch.isControl() || tombstone, () -> "a delete horizon for nothing: " + left);
        } else {
            assertEquals(before, horizonMs, () -> "a delete horizon moves: " + left);
        }
        model.horizons.put(original.base(), horizonMs);
    }

    // ---- what is not

    private void checkMissing(Written original, Written left) {
        if (original.batch.isControl()) {
            assertTrue(left != null || markerMayGo(original), () -> "a marker is gone: " + original);
            return;
        }
        Set<Long> there = new TreeSet<>();
        if (left != null) {
            left.records().forEach(record -> there.add(record.offset()));
        }
        for (Record record : original.records()) {
            assertTrue(there.contains(record.offset()) || mayGo(original, record),
                    () -> "gone: the record at " + record.offset() + " of " + original + ", settled " + settled
                            + ", horizon " + model.horizons.get(original.base()) + ", now " + nowMs);
        }
    }

    private boolean mayGo(Written batch, Record record) {
        if (record.offset() >= settled) {
            return false;
        }
        return switch (fates.get(batch.base())) {
            case OPEN -> false;
            case ABORTED -> true;
            case COMMITTED -> record.key() == null
                    || newestSettled.get(record.key()) > record.offset()
                    || (record.value() == null && isTimeUp(batch));
        };
    }

    private boolean markerMayGo(Written marker) {
        return marker.base() < settled && isTimeUp(marker)
                && model.batchesOf(marker).stream().noneMatch(found::containsKey);
    }

    /// A batch may be stamped and gone between two looks at it.
    private boolean isTimeUp(Written batch) {
        return model.horizons.computeIfAbsent(batch.base(), _ -> sinceMs + deleteRetentionMs) <= nowMs;
    }

    private void checkNothingIsBack(List<Written> expected) {
        for (Written each : expected) {
            Written left = found.get(each.base());
            if (left == null || each.batch.isControl() || fates.get(each.base()) != LogModel.Fate.COMMITTED) {
                continue;
            }
            for (Record record : left.records()) {
                long last = record.key() == null ? record.offset() : newest.get(record.key());
                assertTrue(isThere(last), () -> "the record at " + record.offset() + " is there, and " + last
                        + ", which came after it, is not");
            }
        }
    }

    private boolean isThere(long offset) {
        Map.Entry<Long, Written> at = found.floorEntry(offset);
        return at != null && at.getValue().records().stream().anyMatch(record -> record.offset() == offset);
    }

    private void checkLive(List<Written> expected, Set<Long> unsure) {
        Map<Long, ModelProducer> producers = model.producers();
        Map<Long, Long> last = new TreeMap<>();
        expected.forEach(each -> last.put(each.batch.producerId(), each.base()));
        for (Written each : expected) {
            ModelProducer producer = producers.get(each.batch.producerId());
            if (producer == null || unsure.contains(each.batch.producerId())) {
                continue;
            }
            boolean needed = each.batch.isControl()
                    ? producer.window.isEmpty() && last.get(each.batch.producerId()) == each.base()
                    : producer.window.stream().anyMatch(batch -> batch.lastOffset() == each.last());
            assertTrue(!needed || found.containsKey(each.base()) || model.gone.contains(each.base()),
                    () -> "a live producer's batch is gone: " + each);
        }
        // What went while nobody needed it may be needed by the state that a cut goes back to; a snapshot has it.
        model.gone.clear();
        expected.forEach(each -> model.gone.add(each.base()));
        model.gone.removeAll(found.keySet());
    }

    private void checkCleaned(long cleanedUpTo) {
        Set<ByteBuffer> seen = new TreeSet<>();
        for (Written each : found.values()) {
            LogModel.Fate fate = fates.get(each.base());
            if (each.batch.isControl() || fate == LogModel.Fate.OPEN) {
                continue;
            }
            for (Record record : each.records()) {
                if (record.offset() >= model.start && record.offset() < cleanedUpTo) {
                    assertEquals(LogModel.Fate.COMMITTED, fate,
                            () -> "an aborted record below " + cleanedUpTo + ": " + record.offset());
                    assertNotNull(record.key(), () -> "a record without a key at " + record.offset());
                    assertTrue(seen.add(record.key()),
                            () -> "a second record of a key at " + record.offset() + ", below " + cleanedUpTo);
                }
            }
        }
    }
}
