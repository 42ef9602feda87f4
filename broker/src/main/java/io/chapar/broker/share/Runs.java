package io.chapar.broker.share;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/// The [Run]s of one partition of a share group: every offset in at most one, in order.
final class Runs {
    private final NavigableMap<Long, Run> byFirst = new TreeMap<>();

    Run put(Run run) {
        byFirst.put(run.first, run);
        return run;
    }

    void remove(Run run) {
        byFirst.remove(run.first, run);
    }

    /// Null when there is none.
    @Nullable Run first() {
        return byFirst.isEmpty() ? null : byFirst.firstEntry().getValue();
    }

    Collection<Run> all() {
        return byFirst.values();
    }

    /// For whoever changes them meanwhile.
    List<Run> copy() {
        return new ArrayList<>(byFirst.values());
    }

    int size() {
        return byFirst.size();
    }

    /// Those that begin at this offset or later.
    Collection<Run> from(long offset) {
        return byFirst.tailMap(offset, true).values();
    }

    Collection<Run> before(long offset) {
        return byFirst.headMap(offset, false).values();
    }

    /// Those that have some of these offsets.
    List<Run> overlapping(long first, long last) {
        List<Run> found = new ArrayList<>();
        Long floor = byFirst.floorKey(first);
        for (Run run : byFirst.tailMap(floor == null ? first : floor, true).values()) {
            if (run.first > last) {
                break;
            }
            if (run.last >= first) {
                found.add(run);
            }
        }
        return found;
    }

    /// Those that have these offsets and no others, split off where they have others too; those alone that are wanted.
    List<Run> between(long first, long last, Predicate<Run> wanted) {
        List<Run> found = new ArrayList<>();
        for (Run run : overlapping(first, last)) {
            if (!wanted.test(run)) {
                continue;
            }
            Run inside = run.first < first ? put(run.splitAt(first)) : run;
            if (inside.last > last) {
                put(inside.splitAt(last + 1));
            }
            found.add(inside);
        }
        return found;
    }

    /// Neighbours that are done with need not be told apart.
    void join(Run run) {
        if (!run.equals(byFirst.get(run.first))) {
            return;
        }
        Run whole = run;
        Map.Entry<Long, Run> before = byFirst.lowerEntry(run.first);
        if (before != null && before.getValue().goesOnIn(run)) {
            byFirst.remove(run.first);
            whole = before.getValue();
            whole.last = run.last;
        }
        Map.Entry<Long, Run> after = byFirst.higherEntry(whole.first);
        if (after != null && whole.goesOnIn(after.getValue())) {
            byFirst.remove(after.getKey());
            whole.last = after.getValue().last;
        }
    }

    @Override
    public String toString() {
        return byFirst.values().toString();
    }
}
