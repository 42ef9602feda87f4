package io.chapar.processor;

import io.chapar.processor.jdbc.Row;

import java.util.ArrayList;
import java.util.List;

/// Rows that a [RowSink] has not written yet, where the database does not have the positions. What is read again, here
/// or elsewhere, is written by whoever reads it, and not from here any more: another may have written later rows by
/// then.
///
/// - Of partitions that are not here any more nothing is held, nor of a timer whose stage is not.
/// - In `AT_LEAST_ONCE` nothing is held across a rewind; in `AT_MOST_ONCE` no position leads back to what is.
final class HeldRows {
    private final Delivery delivery;
    private final StagesHere here;
    private final List<Ledger.Entry> rows = new ArrayList<>();

    HeldRows(Delivery delivery, Stages stages) {
        this.delivery = delivery;
        here = new StagesHere(stages);
    }

    void add(SourceRecord input, List<Row> more) {
        rows.add(new Ledger.Entry(input, more));
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    List<Ledger.Entry> all() {
        return List.copyOf(rows);
    }

    List<Ledger.Entry> take() {
        List<Ledger.Entry> all = all();
        rows.clear();
        return all;
    }

    void forget() {
        rows.clear();
    }

    /// The same source, whose partitions these rows go with.
    RecordSource with(RecordSource source) {
        return here.watch(source, () -> {
            if (delivery == Delivery.AT_LEAST_ONCE) {
                forget();
            }
        }, () -> rows.removeIf(entry -> !here.has(entry.input().partition())));
    }
}
