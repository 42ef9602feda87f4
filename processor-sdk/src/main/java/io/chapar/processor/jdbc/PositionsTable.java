package io.chapar.processor.jdbc;

import io.chapar.client.AbortableException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// The table that says how far an application has come in each input partition, and whose it is.
///
/// ```
/// application  topic   part  epoch  position  leader_epoch  metadata  holder
/// payments     orders     0      7     41299             3            payments-one-0
/// ```
/// `epoch` is raised by whoever takes a partition over; a position is written by the holder of the present epoch alone,
/// as the first thing of its transaction, so that its row is locked until that has ended. `position` null: nothing of
/// the partition was committed yet. `holder`: with two phases, the transactional id of whoever has raised the epoch and
/// has not given the partition up in good order, of whom a transaction may be open; null otherwise.
final class PositionsTable {
    static final String NAME = "chapar_positions";
    static final String UNIQUE_VIOLATION = "23505";
    private static final String CREATE = "CREATE TABLE IF NOT EXISTS " + NAME + " ("
            + "application VARCHAR(255) NOT NULL, topic VARCHAR(249) NOT NULL, part INTEGER NOT NULL, "
            + "epoch BIGINT NOT NULL, position BIGINT, leader_epoch INTEGER NOT NULL, "
            + "metadata VARCHAR(4096) NOT NULL, holder VARCHAR(600), PRIMARY KEY (application, topic, part))";
    private static final OwnTable TABLE = new OwnTable(NAME, List.of("application", "topic", "part", "epoch",
            "position", "leader_epoch", "metadata", "holder"), List.of("part", "epoch", "position", "leader_epoch"),
            CREATE);
    private static final String KEY = "application = ? AND topic = ? AND part = ?";

    private final String application;
    private final int timeoutSeconds;

    PositionsTable(String application, int timeoutSeconds) {
        this.application = application;
        this.timeoutSeconds = timeoutSeconds;
    }

    void prepare(Connection connection) throws SQLException {
        TABLE.prepare(connection);
    }

    /// Outside of a transaction: a row for each partition that has none.
    void add(Connection connection, SortedSet<TopicPartition> partitions) throws SQLException {
        for (TopicPartition partition : partitions) {
            if (isThere(connection, partition)) {
                continue;
            }
            try (PreparedStatement insert = prepare(connection, "INSERT INTO " + NAME
                    + " (application, topic, part, epoch, position, leader_epoch, metadata)"
                    + " VALUES (?, ?, ?, 0, NULL, -1, '')")) {
                key(insert, 1, partition);
                insert.executeUpdate();
            } catch (SQLException e) {
                if (!UNIQUE_VIOLATION.equals(e.getSQLState())) {
                    throw e;
                }
            }
        }
    }

    private boolean isThere(Connection connection, TopicPartition partition) throws SQLException {
        try (PreparedStatement select = prepare(connection, "SELECT epoch FROM " + NAME + " WHERE " + KEY)) {
            key(select, 1, partition);
            try (ResultSet found = select.executeQuery()) {
                return found.next();
            }
        }
    }

    /// Who holds some of these, of those that are held.
    SortedSet<String> holders(Connection connection, SortedSet<TopicPartition> partitions) throws SQLException {
        TreeSet<String> holders = new TreeSet<>();
        try (PreparedStatement select = prepare(connection, "SELECT holder FROM " + NAME + " WHERE " + KEY)) {
            for (TopicPartition partition : partitions) {
                key(select, 1, partition);
                try (ResultSet row = select.executeQuery()) {
                    String holder = row.next() ? row.getString(1) : null;
                    if (holder != null) {
                        holders.add(holder);
                    }
                }
            }
        }
        return holders;
    }

    /// In a transaction, in which the epochs have been raised, or outside of one: `holder` has them from now on.
    void hold(Connection connection, SortedMap<TopicPartition, Long> epochs, @Nullable String holder)
            throws SQLException {
        try (PreparedStatement update = prepare(connection, "UPDATE " + NAME + " SET holder = ? WHERE " + KEY
                + " AND epoch = ?")) {
            for (Map.Entry<TopicPartition, Long> epoch : epochs.entrySet()) {
                update.setString(1, holder);
                key(update, 2, epoch.getKey());
                update.setLong(5, epoch.getValue());
                update.executeUpdate();
            }
        }
    }

    /// In a transaction. Returns the epochs; whoever held a partition before commits nothing there any more.
    SortedMap<TopicPartition, Long> raise(Connection connection, SortedSet<TopicPartition> partitions,
            Map<TopicPartition, OffsetAndMetadata> positions) throws SQLException {
        try (PreparedStatement update = prepare(connection, "UPDATE " + NAME + " SET epoch = epoch + 1 WHERE " + KEY)) {
            for (TopicPartition partition : partitions) {
                key(update, 1, partition);
                TABLE.requireOne(partition, update.executeUpdate());
            }
        }
        TreeMap<TopicPartition, Long> epochs = new TreeMap<>();
        try (PreparedStatement select = prepare(connection, "SELECT epoch, position, leader_epoch, metadata FROM "
                + NAME + " WHERE " + KEY)) {
            for (TopicPartition partition : partitions) {
                key(select, 1, partition);
                try (ResultSet row = select.executeQuery()) {
                    if (!row.next()) {
                        throw new AbortableException("The row of " + partition + " in " + NAME + " was deleted");
                    }
                    epochs.put(partition, row.getLong(1));
                    long position = row.getLong(2);
                    if (!row.wasNull()) {
                        positions.put(partition, new OffsetAndMetadata(position, row.getInt(3), row.getString(4)));
                    }
                }
            }
        }
        return epochs;
    }

    /// In a transaction, before anything else of it. [AbortableException] when somebody has raised an epoch since.
    void move(Connection connection, SortedMap<TopicPartition, Long> epochs,
            Map<TopicPartition, OffsetAndMetadata> positions) throws SQLException {
        if (positions.isEmpty()) {
            return;
        }
        List<TopicPartition> order = List.copyOf(new TreeMap<>(positions).keySet());
        int[] counts;
        try (PreparedStatement update = prepare(connection, "UPDATE " + NAME
                + " SET position = ?, leader_epoch = ?, metadata = ? WHERE " + KEY + " AND epoch = ?")) {
            for (TopicPartition partition : order) {
                OffsetAndMetadata position = positions.get(partition);
                Long epoch = epochs.get(partition);
                if (position == null || epoch == null) {
                    throw new AbortableException(partition + " is not this instance's");
                }
                update.setLong(1, position.offset());
                update.setInt(2, position.leaderEpoch());
                update.setString(3, position.metadata());
                key(update, 4, partition);
                update.setLong(7, epoch);
                update.addBatch();
            }
            counts = update.executeBatch();
        }
        for (int number = 0; number < counts.length; number++) {
            if (counts[number] == 0) {
                throw new AbortableException("Another instance has taken " + order.get(number)
                        + " over: its epoch in " + NAME + " has been raised");
            }
            TABLE.requireOne(order.get(number), counts[number]);
        }
    }

    private void key(PreparedStatement statement, int first, TopicPartition partition) throws SQLException {
        statement.setString(first, application);
        statement.setString(first + 1, partition.topic());
        statement.setInt(first + 2, partition.partition());
    }

    private PreparedStatement prepare(Connection connection, String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setQueryTimeout(timeoutSeconds);
        return statement;
    }
}
