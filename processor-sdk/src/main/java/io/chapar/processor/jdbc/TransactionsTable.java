package io.chapar.processor.jdbc;

import io.chapar.client.AbortableException;
import io.chapar.client.FencedException;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/// The table that decides about prepared transactions: of each transactional id the one that was committed last.
///
/// ```
/// application  transactional_id  epoch  prepared
/// payments     payments-one-0        7  4001:12
/// ```
/// A prepared transaction is to be committed if it stands here, else to be aborted. `epoch` is raised by whoever takes
/// the id, to go on with it or to end what its holder has left; only the holder of the present epoch decides.
final class TransactionsTable {
    static final String NAME = "chapar_transactions";
    private static final String CREATE = "CREATE TABLE IF NOT EXISTS " + NAME + " ("
            + "application VARCHAR(255) NOT NULL, transactional_id VARCHAR(600) NOT NULL, epoch BIGINT NOT NULL, "
            + "prepared VARCHAR(64), PRIMARY KEY (application, transactional_id))";
    private static final OwnTable TABLE = new OwnTable(NAME,
            List.of("application", "transactional_id", "epoch", "prepared"), List.of("epoch"), CREATE);
    private static final String KEY = "application = ? AND transactional_id = ?";

    /// The epoch that was taken, and what was decided last.
    record Taken(long epoch, @Nullable String prepared) {
    }

    private final String application;
    private final int timeoutSeconds;

    TransactionsTable(String application, int timeoutSeconds) {
        this.application = application;
        this.timeoutSeconds = timeoutSeconds;
    }

    void prepare(Connection connection) throws SQLException {
        TABLE.prepare(connection);
    }

    /// Outside of a transaction: a row for this id, if it has none.
    void add(Connection connection, String id) throws SQLException {
        try (PreparedStatement select = prepare(connection, "SELECT epoch FROM " + NAME + " WHERE " + KEY)) {
            key(select, 1, id);
            try (ResultSet found = select.executeQuery()) {
                if (found.next()) {
                    return;
                }
            }
        }
        try (PreparedStatement insert = prepare(connection, "INSERT INTO " + NAME
                + " (application, transactional_id, epoch, prepared) VALUES (?, ?, 0, NULL)")) {
            key(insert, 1, id);
            insert.executeUpdate();
        } catch (SQLException e) {
            if (!PositionsTable.UNIQUE_VIOLATION.equals(e.getSQLState())) {
                throw e;
            }
        }
    }

    /// In a transaction, which waits for one of the present holder that is open.
    Taken take(Connection connection, String id) throws SQLException {
        try (PreparedStatement update = prepare(connection, "UPDATE " + NAME + " SET epoch = epoch + 1 WHERE " + KEY)) {
            key(update, 1, id);
            TABLE.requireOne(id, update.executeUpdate());
        }
        try (PreparedStatement select = prepare(connection, "SELECT epoch, prepared FROM " + NAME + " WHERE " + KEY)) {
            key(select, 1, id);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    throw new AbortableException("The row of " + id + " in " + NAME + " was deleted");
                }
                return new Taken(row.getLong(1), row.getString(2));
            }
        }
    }

    /// In a transaction, before anything else of it. [FencedException] when somebody has taken the id since: it
    /// has to be taken anew.
    void decide(Connection connection, String id, long epoch, String prepared) throws SQLException {
        try (PreparedStatement update = prepare(connection, "UPDATE " + NAME + " SET prepared = ? WHERE " + KEY
                + " AND epoch = ?")) {
            update.setString(1, prepared);
            key(update, 2, id);
            update.setLong(4, epoch);
            int count = update.executeUpdate();
            if (count == 0) {
                throw new FencedException(ErrorCode.PRODUCER_FENCED, "Another instance has taken " + id
                        + " over: its epoch in " + NAME + " has been raised");
            }
            TABLE.requireOne(id, count);
        }
    }

    private void key(PreparedStatement statement, int first, String id) throws SQLException {
        statement.setString(first, application);
        statement.setString(first + 1, id);
    }

    private PreparedStatement prepare(Connection connection, String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setQueryTimeout(timeoutSeconds);
        return statement;
    }
}
