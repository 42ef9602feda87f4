package io.chapar.broker.log.model;

import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/// What a partition must hold: the list of its batches, and everything else computed from it.
final class LogModel {
    /// All batches since the beginning as they were written, those below the log start too.
    final List<Written> history = new ArrayList<>();
    /// What is left of it: the same, until compaction takes some of it.
    private List<Written> held = new ArrayList<>();
    /// Batches that were seen with a delete horizon, by base offset.
    final Map<Long, Long> horizons = new TreeMap<>();
    /// Base offsets of batches that compaction had removed when this was last looked at.
    final SortedSet<Long> gone = new TreeSet<>();
    long start;
    long end;
    /// Where the fold of a forgotten producer begins anew, as index into the history.
    private final Map<Long, Integer> since = new TreeMap<>();
    /// Where it may begin after the producers were read from the disk: what was forgotten may be back.
    private final Map<Long, SortedSet<Integer>> forgotten = new TreeMap<>();

    void add(Written batch) {
        history.add(batch);
        held.add(batch);
        end = batch.next();
    }

    /// This is what compaction has left behind the log start.
    void hold(List<Written> left) {
        held.removeIf(batch -> batch.last() >= start);
        held.addAll(left);
    }

    /// Drops what lies at or behind the offset.
    void cut(long to) {
        drop(batch -> batch.base() >= to);
        end = to;
        start = Math.min(start, end);
        since.replaceAll((_, index) -> Math.min(index, history.size()));
    }

    /// As if they had never been written.
    void drop(Predicate<Written> lost) {
        history.removeIf(lost);
        held.removeIf(lost);
    }

    /// Where the batches wholly below the offset end.
    long endBefore(long offset) {
        long before = 0;
        for (Written each : held) {
            if (each.next() <= offset) {
                before = each.next();
            }
        }
        return before;
    }

    boolean isBoundary(long offset) {
        return history.stream().noneMatch(each -> each.base() < offset && each.last() >= offset);
    }

    List<Written> from(long offset) {
        return held.stream().filter(batch -> batch.last() >= offset).toList();
    }

    // ---- producers

    Collection<Long> producerIds() {
        SortedSet<Long> ids = new TreeSet<>();
        for (Written each : history) {
            if (each.batch.hasProducerId()) {
                ids.add(each.batch.producerId());
            }
        }
        return ids;
    }

    ModelProducer producer(long id) {
        return ModelProducer.of(id, history, since.getOrDefault(id, 0));
    }

    NavigableMap<Long, ModelProducer> producers() {
        NavigableMap<Long, ModelProducer> all = new TreeMap<>();
        for (long id : producerIds()) {
            ModelProducer producer = producer(id);
            if (producer != null) {
                all.put(id, producer);
            }
        }
        return all;
    }

    void forget(long id) {
        since.put(id, history.size());
        forgotten.computeIfAbsent(id, _ -> new TreeSet<>()).add(history.size());
    }

    /// The states that may be found for a producer that is read from the disk; null among them is none at all.
    List<ModelProducer> candidates(long id) {
        List<ModelProducer> all = new ArrayList<>();
        all.add(ModelProducer.of(id, history, 0));
        for (int index : forgotten.getOrDefault(id, new TreeSet<>())) {
            all.add(ModelProducer.of(id, history, index));
        }
        return all;
    }

    void choose(long id, int candidate) {
        since.put(id, candidate == 0
                ? Integer.valueOf(0)
                : List.copyOf(forgotten.get(id)).get(candidate - 1));
    }

    // ---- transactions

    /// The first record below the high watermark whose transaction has no marker there, or the high watermark.
    long lastStable(long highWatermark) {
        List<Written> replicated = history.stream().filter(each -> each.base() < highWatermark).toList();
        long stable = highWatermark;
        for (long id : producerIds()) {
            ModelProducer each = ModelProducer.of(id, replicated, since.getOrDefault(id, 0));
            if (each != null && each.txnFirstOffset >= 0) {
                stable = Math.min(stable, each.txnFirstOffset);
            }
        }
        return Math.max(stable, start);
    }

    enum Fate { COMMITTED, ABORTED, OPEN }

    /// What became of each batch of data, by base offset; without a transaction it is committed.
    Map<Long, Fate> fates() {
        Map<Long, Fate> all = new TreeMap<>();
        Map<Long, List<Long>> open = new TreeMap<>();
        for (Written each : history) {
            EndTxnMarker marker = each.marker();
            List<Long> ended = marker == null ? null : open.remove(marker.producerId());
            if (ended != null) {
                ended.forEach(base -> all.put(base, marker.commit() ? Fate.COMMITTED : Fate.ABORTED));
            } else if (marker == null && each.batch.isTransactional()) {
                all.put(each.base(), Fate.OPEN);
                open.computeIfAbsent(each.batch.producerId(), _ -> new ArrayList<>()).add(each.base());
            } else if (marker == null) {
                all.put(each.base(), Fate.COMMITTED);
            }
        }
        return all;
    }

    /// Base offsets of the batches of the transaction that a marker ends.
    List<Long> batchesOf(Written marker) {
        List<Long> all = new ArrayList<>();
        for (Written each : history) {
            if (each.base() == marker.base()) {
                return all;
            }
            if (each.batch.producerId() == marker.batch.producerId()) {
                if (each.batch.isControl()) {
                    all.clear();
                } else if (each.batch.isTransactional()) {
                    all.add(each.base());
                }
            }
        }
        throw new IllegalArgumentException("never written: " + marker);
    }

    /// @param data records are left of the transaction: readers have to be told of it
    record Aborted(long producerId, long firstOffset, long markerOffset, boolean data) {}

    /// By a scan of all that was written; those whose markers are gone, for compaction or for the log start, are not
    /// known any more.
    List<Aborted> aborted(long from, long upper) {
        Map<Long, Long> open = new TreeMap<>();
        List<Aborted> found = new ArrayList<>();
        Set<Long> left = new TreeSet<>();
        Set<Long> data = new TreeSet<>();
        for (Written each : from(start)) {
            left.add(each.base());
            if (each.batch.recordCount() > 0) {
                data.add(each.base());
            }
        }
        for (Written each : history) {
            EndTxnMarker marker = each.marker();
            long id = each.batch.producerId();
            if (marker != null) {
                Long first = open.remove(id);
                if (first != null && !marker.commit() && each.base() >= from && first < upper
                        && left.contains(each.base())) {
                    found.add(new Aborted(id, first, each.base(), batchesOf(each).stream().anyMatch(data::contains)));
                }
            } else if (each.batch.isTransactional()) {
                open.putIfAbsent(id, each.base());
            }
        }
        found.sort(Comparator.comparingLong(Aborted::firstOffset));
        return found;
    }

    // ---- times and epochs

    /// The first record at or behind the start with at least this timestamp, or null.
    Record firstAtOrAfter(long timestamp) {
        for (Written each : from(start)) {
            for (Record record : each.records()) {
                if (record.offset() >= start && record.timestamp() >= timestamp) {
                    return record;
                }
            }
        }
        return null;
    }

    Record ofLargestTimestamp() {
        Record largest = null;
        for (Written each : from(start)) {
            for (Record record : each.records()) {
                if (record.offset() >= start && (largest == null || record.timestamp() > largest.timestamp())) {
                    largest = record;
                }
            }
        }
        return largest == null || largest.timestamp() < 0 ? null : largest;
    }

    record EpochStart(int epoch, long start) {}

    /// @param own of the leader that may not have written yet, or -1
    List<EpochStart> epochs(int own) {
        List<EpochStart> all = new ArrayList<>();
        for (Written each : history) {
            RecordBatch batch = each.batch;
            if (all.isEmpty() || all.getLast().epoch() != batch.partitionLeaderEpoch()) {
                all.add(new EpochStart(batch.partitionLeaderEpoch(), batch.baseOffset()));
            }
        }
        while (all.size() > 1 && all.get(1).start() <= start) {
            all.removeFirst();
        }
        if (!all.isEmpty() && all.getFirst().start() < start) {
            all.set(0, new EpochStart(all.getFirst().epoch(), start));
        }
        if (!all.isEmpty() && all.getLast().start() >= end) {
            all.removeLast();
        }
        if (own >= 0 && (all.isEmpty() || all.getLast().epoch() != own)) {
            all.add(new EpochStart(own, end));
        }
        return all;
    }

    /// Epochs below may be known or not: no batch tells of them, though they may have begun in a hole.
    int lowestSureEpoch(int own) {
        List<Written> left = from(start);
        return left.isEmpty() ? own < 0 ? Integer.MAX_VALUE : own : left.getFirst().base() <= start
                ? 0
                : left.getFirst().batch.partitionLeaderEpoch();
    }

    /// As OffsetForLeaderEpoch answers.
    EpochStart endOfEpoch(int epoch, int own) {
        List<EpochStart> all = epochs(own);
        if (all.isEmpty() || epoch > all.getLast().epoch()) {
            return new EpochStart(-1, -1);
        }
        EpochStart found = null;
        long foundEnd = all.getFirst().start();
        for (int i = 0; i < all.size() && all.get(i).epoch() <= epoch; i++) {
            found = all.get(i);
            foundEnd = i + 1 < all.size() ? all.get(i + 1).start() : end;
        }
        return new EpochStart(found == null ? epoch : found.epoch(), foundEnd);
    }
}
