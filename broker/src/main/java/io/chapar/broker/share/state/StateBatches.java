package io.chapar.broker.share.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/// What has become of offsets: batches that do not overlap, in order, as few as say it.
final class StateBatches {
    private final NavigableMap<Long, StateBatch> byFirst = new TreeMap<>();

    /// What is known of these offsets until now does not count any more.
    void put(StateBatch batch) {
        clear(batch.first(), batch.last());
        StateBatch whole = batch;
        Map.Entry<Long, StateBatch> before = byFirst.lowerEntry(whole.first());
        if (before != null && before.getValue().goesOnIn(whole)) {
            byFirst.remove(before.getKey());
            whole = whole.cut(before.getKey(), whole.last());
        }
        Map.Entry<Long, StateBatch> after = byFirst.higherEntry(whole.first());
        if (after != null && whole.goesOnIn(after.getValue())) {
            byFirst.remove(after.getKey());
            whole = whole.cut(whole.first(), after.getValue().last());
        }
        byFirst.put(whole.first(), whole);
    }

    private void clear(long first, long last) {
        Map.Entry<Long, StateBatch> before = byFirst.lowerEntry(first);
        if (before != null && before.getValue().last() >= first) {
            StateBatch cut = before.getValue();
            byFirst.put(cut.first(), cut.cut(cut.first(), first - 1));
            if (cut.last() > last) {
                byFirst.put(last + 1, cut.cut(last + 1, cut.last()));
            }
        }
        Map.Entry<Long, StateBatch> end = byFirst.floorEntry(last);
        if (end != null && end.getValue().last() > last) {
            byFirst.put(last + 1, end.getValue().cut(last + 1, end.getValue().last()));
        }
        byFirst.subMap(first, true, last, true).clear();
    }

    /// Whether the batch says less than is known: of something that is done with, that it is not, or in another way; or
    /// of something that is free that it was delivered fewer times.
    boolean isAheadOf(StateBatch said) {
        Map.Entry<Long, StateBatch> first = byFirst.floorEntry(said.first());
        long from = first == null ? said.first() : first.getKey();
        for (StateBatch known : byFirst.subMap(from, true, said.last(), true).values()) {
            boolean isFree = known.state() == StateBatch.AVAILABLE;
            boolean isLess = isFree
                    ? said.state() == StateBatch.AVAILABLE && said.deliveries() < known.deliveries()
                    : said.state() != known.state();
            if (known.last() >= said.first() && isLess) {
                return true;
            }
        }
        return false;
    }

    /// Nothing below is of interest any more.
    void startAt(long offset) {
        if (offset > 0) {
            clear(0, offset - 1);
        }
    }

    void clear() {
        byFirst.clear();
    }

    int size() {
        return byFirst.size();
    }

    List<StateBatch> all() {
        return new ArrayList<>(byFirst.values());
    }

    @Override
    public String toString() {
        return byFirst.values().toString();
    }
}
