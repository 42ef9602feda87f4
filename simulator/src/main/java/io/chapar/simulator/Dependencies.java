package io.chapar.simulator;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.function.Predicate;

/// Which transaction read what which other one wrote. None reads of an aborted one (G1a), and none depends on itself,
/// over however many others (G1c). In which order two of them write to a partition is of no account here: writers are
/// not kept apart.
final class Dependencies {
    private final World world;
    private final Ledger ledger;
    private final Predicate<String> isVisible;
    /// From each transaction to those that read of it.
    private final Map<Ledger.Txn, SequencedSet<Ledger.Txn>> readers = new LinkedHashMap<>();

    Dependencies(World world, Ledger ledger, Predicate<String> isVisible) {
        this.world = world;
        this.ledger = ledger;
        this.isVisible = isVisible;
    }

    void check() {
        for (Ledger.Txn txn : ledger.transactions()) {
            for (String stamp : txn.read()) {
                Ledger.Written written = ledger.record(stamp);
                if (written != null && written.txn() != null) {
                    dependsOn(txn, written.txn(), stamp);
                }
            }
        }
        List<Ledger.Txn> cycle = cycle();
        if (cycle != null) {
            world.broken("No transaction reads what depends on it (G1c)",
                    cycle.stream().map(Ledger.Txn::name).toList() + " each read of the one before");
        }
    }

    private void dependsOn(Ledger.Txn txn, Ledger.Txn on, String stamp) {
        if (!isVisible.test(stamp)) {
            world.broken(
                    "No transaction reads of an aborted one (G1a)", txn.name() + " read " + stamp + " of " + on.name());
        }
        readers.computeIfAbsent(on, _ -> new LinkedHashSet<>()).add(txn);
    }

    /// Null when there is none. Takes away, one after the other, what depends on nothing that is left.
    private @Nullable List<Ledger.Txn> cycle() {
        Map<Ledger.Txn, Integer> waitsFor = new LinkedHashMap<>();
        readers.forEach((writer, all) -> {
            waitsFor.putIfAbsent(writer, 0);
            all.forEach(reader -> waitsFor.merge(reader, 1, Integer::sum));
        });
        List<Ledger.Txn> free = new ArrayList<>();
        waitsFor.forEach((txn, count) -> {
            if (count == 0) {
                free.add(txn);
            }
        });
        int taken = 0;
        while (!free.isEmpty()) {
            Ledger.Txn next = free.removeLast();
            taken++;
            for (Ledger.Txn reader : readers.getOrDefault(next, new LinkedHashSet<>())) {
                if (waitsFor.merge(reader, -1, Integer::sum) == 0) {
                    free.add(reader);
                }
            }
        }
        if (taken == waitsFor.size()) {
            return null;
        }
        return waitsFor.entrySet().stream().filter(one -> one.getValue() > 0).map(Map.Entry::getKey).toList();
    }
}
