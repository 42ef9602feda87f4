package io.chapar.processor.jdbc;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import javax.sql.DataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.Executor;

/// The rows of one thread of an application, and its positions, in a database. Blocks; one thread at a time, but for
/// [#abort].
///
/// A connection is opened when it is needed and given up after every failure of which it is not known that the
/// connection has outlived it. A transaction lasts from the moment at which everything for it is at hand to its commit.
///
/// Failures: [RetriableException] when for certain nothing was committed, [UnknownOutcomeException] when a commit was
/// sent and not answered (the next [#claim] says what became of it), [io.chapar.client.AbortableException] when a
/// partition is another's by now, [FatalException] and [UsageException] when trying again would not help.
public final class JdbcLedger {
    private final DataSource source;
    private final PositionsTable positions;
    private final TransactionsTable transactions;
    private final boolean ownsPositions;
    /// Null: without two phases.
    private final @Nullable String transactionalId;
    private final int timeoutMs;
    private final int timeoutSeconds;
    private final TreeMap<TopicPartition, Long> epochs = new TreeMap<>();
    private volatile @Nullable Connection connection;
    /// Of [#transactionalId]; none before it was taken.
    private long taken = -1;
    private boolean prepared;
    private boolean checked;

    /// `ownsPositions`: the table of positions is used. `transactionalId`: that of two phases, null without them.
    /// `timeoutMs`: for each statement, and for each answer.
    public JdbcLedger(DataSource source, String application, boolean ownsPositions, @Nullable String transactionalId,
            int timeoutMs) {
        this.transactionalId = transactionalId;
        this.source = source;
        this.ownsPositions = ownsPositions;
        this.timeoutMs = timeoutMs;
        timeoutSeconds = Math.max(1, timeoutMs / 1000);
        positions = new PositionsTable(application, timeoutSeconds);
        transactions = new TransactionsTable(application, timeoutSeconds);
    }

    private interface Work<T> {
        T in(Connection connection) throws SQLException;
    }

    /// Before anything else: the tables are there, and these statements fit them as far as the database can tell
    /// without values. [UsageException] with what is missing.
    public void ready(SortedSet<String> statements) {
        if (checked) {
            return;
        }
        ofTable(open -> {
            for (String sql : statements) {
                requirePlace(open, sql);
            }
            return true;
        });
        checked = true;
    }

    private void requirePlace(Connection open, String sql) throws SQLException {
        try (PreparedStatement statement = open.prepareStatement(sql)) {
            statement.setQueryTimeout(timeoutSeconds);
            // That asks the database; preparing alone need not.
            statement.getParameterMetaData();
        } catch (SQLException e) {
            String missing = SqlFailure.of(e).missing();
            if (missing != null) {
                throw new UsageException("A " + missing + " that toJdbc writes to is not there: " + text(e)
                        + ". It has to be made before the application starts. The statement: " + sql);
            }
            if (!open.isValid(timeoutSeconds)) {
                throw e;
            }
            // What it means hangs on the values, or the driver cannot tell: the first row will.
        }
    }

    /// Takes these partitions over: what another holder, or an earlier connection, has not committed by now it never
    /// will. The positions that are committed. With two phases: [RetriableException] when somebody holds one of them
    /// whose transaction is not `settled`.
    public SortedMap<TopicPartition, OffsetAndMetadata> claim(SortedSet<TopicPartition> partitions,
            SortedSet<String> settled) {
        TreeMap<TopicPartition, OffsetAndMetadata> found = new TreeMap<>();
        epochs.keySet().removeAll(partitions);
        SortedMap<TopicPartition, Long> raised = ofTable(open -> {
            positions.add(open, partitions);
            open.setAutoCommit(false);
            SortedMap<TopicPartition, Long> mine = positions.raise(open, partitions, found);
            if (transactionalId != null) {
                requireSettled(positions.holders(open, partitions), settled);
                positions.hold(open, mine, transactionalId);
            }
            // If this is not answered, nobody has these epochs: they are raised once more.
            open.commit();
            return mine;
        });
        epochs.putAll(raised);
        return found;
    }

    private void requireSettled(SortedSet<String> holders, SortedSet<String> settled) {
        for (String holder : holders) {
            if (!holder.equals(transactionalId) && !settled.contains(holder)) {
                throw new RetriableException(holder + " has claimed one of the partitions meanwhile");
            }
        }
    }

    /// Others that hold some of these.
    public SortedSet<String> holders(SortedSet<TopicPartition> partitions) {
        return ofTable(open -> {
            SortedSet<String> holders = positions.holders(open, partitions);
            if (transactionalId != null) {
                holders.remove(transactionalId);
            }
            return holders;
        });
    }

    /// From now on whoever has had this transactional id decides nothing. The prepared transaction that was committed
    /// last; null when none was.
    public @Nullable String take(String id) {
        TransactionsTable.Taken now = ofTable(open -> {
            transactions.add(open, id);
            open.setAutoCommit(false);
            TransactionsTable.Taken raised = transactions.take(open, id);
            // If this is not answered, nobody has this epoch.
            open.commit();
            return raised;
        });
        if (id.equals(transactionalId)) {
            taken = now.epoch();
        }
        return now.prepared();
    }

    /// These are given up in good order.
    public void release(SortedSet<TopicPartition> partitions) {
        TreeMap<TopicPartition, Long> mine = new TreeMap<>(epochs);
        mine.keySet().retainAll(partitions);
        forget(partitions);
        if (transactionalId != null && !mine.isEmpty()) {
            ofTable(open -> {
                positions.hold(open, mine, null);
                return true;
            });
        }
    }

    /// Rows and positions, all or nothing; with refused rows nothing. `decided`: the prepared transaction that is
    /// committed by this; null without two phases.
    public RowsWritten commit(List<RowGroup> rows, Map<TopicPartition, OffsetAndMetadata> moved,
            @Nullable String decided) {
        return write(rows, new Move(moved, decided), false);
    }

    /// What a transaction has besides its rows.
    private record Move(Map<TopicPartition, OffsetAndMetadata> positions, @Nullable String decided) {
        static final Move NONE = new Move(Map.of(), null);
    }

    /// Rows alone. `good`: those that are not refused are written though others are; else nothing is then.
    public RowsWritten write(List<RowGroup> rows, boolean good) {
        return write(rows, Move.NONE, good);
    }

    private RowsWritten write(List<RowGroup> rows, Move moved, boolean good) {
        try {
            work(open -> {
                begin(open, moved);
                new RowBatch(open, timeoutSeconds).write(rows);
                return true;
            });
        } catch (RowRefused refused) {
            return find(rows, moved, good);
        }
        return end(rows);
    }

    private void begin(Connection open, Move moved) throws SQLException {
        open.setAutoCommit(false);
        if (moved.decided() != null && transactionalId != null) {
            transactions.decide(open, transactionalId, taken, moved.decided());
        }
        positions.move(open, epochs, moved.positions());
    }

    /// Which rows they were. If none is refused alone, they are written now, one by one, in this transaction.
    private RowsWritten find(List<RowGroup> rows, Move moved, boolean good) {
        SortedMap<Integer, SQLException> refused = ofTable(open -> {
            begin(open, moved);
            SortedMap<Integer, SQLException> found = new RowBatch(open, timeoutSeconds).writeEach(rows);
            if (!good && !found.isEmpty()) {
                open.rollback();
            }
            return found;
        });
        if (good || refused.isEmpty()) {
            RowsWritten rest = end(rows);
            return rest.refused().isEmpty() ? new RowsWritten(refused, false) : rest;
        }
        return new RowsWritten(refused, false);
    }

    private RowsWritten end(List<RowGroup> rows) {
        Connection open = connection;
        if (open == null) {
            throw new RetriableException("The connection was given up before the commit");
        }
        try {
            open.commit();
            return RowsWritten.ALL;
        } catch (SQLException e) {
            drop();
            if (SqlFailure.isDeferredConstraint(e)) {
                TreeMap<Integer, SQLException> all = new TreeMap<>();
                rows.forEach(group -> all.put(group.number(), e));
                return new RowsWritten(all, true);
            }
            if (SqlFailure.isRolledBack(e)) {
                throw new RetriableException(ErrorCode.UNKNOWN_SERVER_ERROR, "The database did not commit: "
                        + e.getMessage(), e);
            }
            throw new UnknownOutcomeException(ErrorCode.UNKNOWN_SERVER_ERROR, "The database has not said what became"
                    + " of a commit: " + e.getMessage(), e);
        }
    }

    /// These are others' from now on.
    public void forget(SortedSet<TopicPartition> partitions) {
        epochs.keySet().removeAll(partitions);
    }

    /// Nothing of what went on before is committed any more but what was sent to be.
    public void drop() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                // What closing does to an open transaction is the driver's choice.
                if (!open.isClosed() && !open.getAutoCommit()) {
                    open.rollback();
                }
            } catch (SQLException e) {
                // It is gone.
            }
            try {
                open.close();
            } catch (SQLException e) {
                // It is gone as well.
            }
        }
    }

    /// From any thread: whoever waits for the database waits no longer.
    public void abort() {
        Connection open = connection;
        if (open != null) {
            try {
                open.abort(inPlace());
            } catch (SQLException e) {
                // It is gone.
            }
        }
    }

    private static Executor inPlace() {
        return Runnable::run;
    }

    // What goes wrong before a commit is sent has not been committed.

    private static final class RowRefused extends RuntimeException {
        private static final long serialVersionUID = 1;

        RowRefused(SQLException cause) {
            super(cause);
        }
    }

    /// Where no row is written of which a refusal could be told.
    private <T> T ofTable(Work<T> work) {
        try {
            return work(work);
        } catch (RowRefused e) {
            throw new UsageException("The tables " + PositionsTable.NAME + " and " + TransactionsTable.NAME
                    + " do not take what has to be written: "
                    + e.getCause());
        }
    }

    private <T> T work(Work<T> work) {
        try {
            Connection open = opened();
            return work.in(open);
        } catch (SQLException e) {
            if (SqlFailure.of(e) != SqlFailure.ROW) {
                drop();
            }
            throw explained(e);
        } catch (ChaparException e) {
            drop();
            throw e;
        }
    }

    private Connection opened() throws SQLException {
        Connection open = connection;
        if (open != null && open.isClosed()) {
            drop();
            open = null;
        }
        if (open == null) {
            open = source.getConnection();
            connection = open;
            limit(open);
            open.setAutoCommit(true);
        } else if (!open.getAutoCommit()) {
            open.rollback();
            open.setAutoCommit(true);
        }
        if (ownsPositions && !prepared) {
            positions.prepare(open);
            if (transactionalId != null) {
                transactions.prepare(open);
            }
            prepared = true;
        }
        return open;
    }

    private void limit(Connection open) throws SQLException {
        try {
            open.setNetworkTimeout(inPlace(), 2 * timeoutMs);
        } catch (SQLFeatureNotSupportedException e) {
            // The limit of each statement is left.
        }
    }

    private static RuntimeException explained(SQLException failure) {
        String text = text(failure);
        return switch (SqlFailure.of(failure)) {
            case ROW -> new RowRefused(failure);
            case TRANSIENT -> new RetriableException(ErrorCode.UNKNOWN_SERVER_ERROR, "The database: " + text, failure);
            case STATEMENT, NO_TABLE, NO_COLUMN, NO_SCHEMA, ACCESS ->
                new FatalException(ErrorCode.INVALID_REQUEST, "The database does not take the statement: " + text,
                        failure);
        };
    }

    private static String text(SQLException failure) {
        return failure.getMessage() + " (SQLSTATE " + failure.getSQLState() + ")";
    }
}
