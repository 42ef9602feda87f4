package io.chapar.processor.jdbc;

import org.jspecify.annotations.Nullable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// Writes rows within a transaction, in their order.
final class RowBatch {
    /// So many rows of one statement are sent together.
    private static final int MAX_ROWS = 1_000;

    private final Connection connection;
    private final int timeoutSeconds;

    RowBatch(Connection connection, int timeoutSeconds) {
        this.connection = connection;
        this.timeoutSeconds = timeoutSeconds;
    }

    /// Rows of one statement that follow each other go together. After a failure the transaction is spoiled.
    void write(List<RowGroup> groups) throws SQLException {
        PreparedStatement open = null;
        String sql = "";
        int waiting = 0;
        try {
            for (RowGroup group : groups) {
                for (Row row : group.rows()) {
                    if (open == null || !row.sql().equals(sql) || waiting == MAX_ROWS) {
                        send(open, waiting);
                        open = open == null || !row.sql().equals(sql) ? reopen(open, row.sql()) : open;
                        sql = row.sql();
                        waiting = 0;
                    }
                    bind(open, row);
                    open.addBatch();
                    waiting++;
                }
            }
            send(open, waiting);
        } finally {
            if (open != null) {
                open.close();
            }
        }
    }

    private static void send(@Nullable PreparedStatement statement, int waiting) throws SQLException {
        if (statement != null && waiting > 0) {
            statement.executeBatch();
        }
    }

    private PreparedStatement reopen(@Nullable PreparedStatement open, String sql) throws SQLException {
        if (open != null) {
            open.close();
        }
        return prepare(sql);
    }

    private PreparedStatement prepare(String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setQueryTimeout(timeoutSeconds);
        return statement;
    }

    /// Each group by itself behind a savepoint: which of them the database does not take. What it takes stays in the
    /// transaction.
    SortedMap<Integer, SQLException> writeEach(List<RowGroup> groups) throws SQLException {
        TreeMap<Integer, SQLException> refused = new TreeMap<>();
        for (RowGroup group : groups) {
            Savepoint before = connection.setSavepoint();
            try {
                write(List.of(group));
                connection.releaseSavepoint(before);
            } catch (SQLException e) {
                if (SqlFailure.of(e) != SqlFailure.ROW) {
                    throw e;
                }
                connection.rollback(before);
                refused.put(group.number(), e);
            }
        }
        return refused;
    }

    private static void bind(PreparedStatement statement, Row row) throws SQLException {
        int index = 1;
        for (Object value : row.values()) {
            statement.setObject(index++, value instanceof Instant time ? time.atOffset(ZoneOffset.UTC) : value);
        }
    }
}
