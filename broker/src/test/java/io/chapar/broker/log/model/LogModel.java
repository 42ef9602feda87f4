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
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a partition must hold: the list of its batches, and everything else computed from it.
final class LogModel {
    /// All batches since the beginning, those below the log start too.
    final List<Written> history = new ArrayList<>();
    long start;
    long end;
    /// Where the fold of a forgotten producer begins anew, as index into the history.
    private final Map<Long, Integer> since = new TreeMap<>();
    /// Where it may begin after the producers were read from the disk: what was forgotten may be back.
    private final Map<Long, SortedSet<Integer>> forgotten = new TreeMap<>();

    void add(Written batch) {
        history.add(batch);
        end = batch.next();
    }

    /// Drops what lies at or behind the offset.
    void cut(long to) {
        history.removeIf(batch -> batch.base() >= to);
        end = to;
        start = Math.min(start, end);
        since.replaceAll((_, index) -> Math.min(index, history.size()));
    }

    /// Where the batches wholly below the offset end.
    long endBefore(long offset) {
        long before = 0;
        for (Written each : history) {
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
        return history.stream().filter(batch -> batch.last() >= offset).toList();
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

    record Aborted(long producerId, long firstOffset, long markerOffset) {}

    /// By a scan of the whole log.
    List<Aborted> aborted(long from, long upper) {
        Map<Long, Long> open = new TreeMap<>();
        List<Aborted> found = new ArrayList<>();
        for (Written each : history) {
            EndTxnMarker marker = each.marker();
            long id = each.batch.producerId();
            if (marker != null) {
                Long first = open.remove(id);
                if (first != null && !marker.commit() && each.base() >= from && first < upper) {
                    found.add(new Aborted(id, first, each.base()));
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
