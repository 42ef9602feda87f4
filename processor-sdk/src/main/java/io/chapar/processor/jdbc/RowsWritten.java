package io.chapar.processor.jdbc;

import java.sql.SQLException;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// What became of a batch of rows, when its outcome is known.
///
/// @param refused by the number of their group; empty when everything was written
/// @param together these were refused together, for one or some of them
public record RowsWritten(SortedMap<Integer, SQLException> refused, boolean together) {
    public static final RowsWritten ALL = new RowsWritten(new TreeMap<>(), false);

    public RowsWritten {
        refused = Collections.unmodifiableSortedMap(new TreeMap<>(refused));
    }
}
