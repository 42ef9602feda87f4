package io.chapar.processor.jdbc;

import io.chapar.client.AbortableException;
import io.chapar.client.FatalException;
import io.chapar.client.FencedException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.protocol.TopicPartition;
import io.chapar.testing.PostgresServer;
import io.chapar.testing.UnixSocketFactory;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;

import javax.sql.DataSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Rows and positions in real databases. One that is not installed is passed over, and says so.
class JdbcLedgerTest {
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static PostgresServer postgres;
    private static final TopicPartition P0 = new TopicPartition("in", 0);
    private static final TopicPartition P1 = new TopicPartition("in", 1);
    private static final TreeSet<String> NOBODY = new TreeSet<>();
    private static final String INSERT = "INSERT INTO things (id, name) VALUES (?, ?)";

    enum Database {
        H2 {
            @Override
            DataSource open() {
                JdbcDataSource source = new JdbcDataSource();
                source.setURL("jdbc:h2:mem:ledger" + NAMES.incrementAndGet() + ";DB_CLOSE_DELAY=-1");
                return source;
            }
        },
        POSTGRESQL {
            @Override
            DataSource open() throws SQLException {
                Assumptions.assumeTrue(PostgresServer.isInstalled(), PostgresServer.MISSING);
                String name = "ledger" + NAMES.incrementAndGet();
                try (Connection connection = server("postgres").getConnection();
                        Statement statement = connection.createStatement()) {
                    statement.execute("CREATE DATABASE " + name);
                }
                return server(name);
            }
        };

        abstract DataSource open() throws SQLException;
    }

    private static synchronized DataSource server(String database) {
        if (postgres == null) {
            postgres = PostgresServer.start();
        }
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUser("chapar");
        source.setDatabaseName(database);
        source.setSocketFactory(UnixSocketFactory.class.getName());
        source.setSocketFactoryArg(postgres.socket().toString());
        source.setSslMode("disable");
        return source;
    }

    @AfterAll
    static void stop() {
        if (postgres != null) {
            postgres.close();
        }
    }

    private static DataSource things(Database kind) throws SQLException {
        DataSource source = kind.open();
        run(source, "CREATE TABLE things (id BIGINT PRIMARY KEY, name VARCHAR(8) NOT NULL)");
        return source;
    }

    private static void run(DataSource source, String sql) throws SQLException {
        try (Connection connection = source.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long count(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection(); Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT COUNT(*) FROM things")) {
            row.next();
            return row.getLong(1);
        }
    }

    private static JdbcLedger ledger(DataSource source) {
        return new JdbcLedger(source, "app", true, null, 5_000);
    }

    private static TreeSet<TopicPartition> both() {
        return new TreeSet<>(Set.of(P0, P1));
    }

    private static RowGroup row(int number, Object id, Object name) {
        return new RowGroup(number, List.of(new Row(INSERT, List.of(id, name))));
    }

    private static Map<TopicPartition, OffsetAndMetadata> at(long offset) {
        return Map.of(P0, new OffsetAndMetadata(offset, 3, "m" + offset));
    }

    @ParameterizedTest
    @EnumSource
    void rowsAndPositionsAreCommittedTogetherAndFoundAgain(Database kind) throws SQLException {
        DataSource source = things(kind);
        JdbcLedger ledger = ledger(source);
        assertTrue(ledger.claim(both(), NOBODY).isEmpty());
        assertEquals(RowsWritten.ALL, ledger.commit(List.of(row(0, 1L, "one"), row(1, 2L, "two")), at(2), null));
        assertEquals(RowsWritten.ALL, ledger.commit(List.of(), at(5), null));
        assertEquals(at(5), ledger(source).claim(both(), NOBODY));
        assertEquals(2, count(source));
        ledger.drop();
    }

    @ParameterizedTest
    @EnumSource
    void aPredecessorCommitsNothingMoreOnceItIsFenced(Database kind) throws SQLException {
        DataSource source = things(kind);
        JdbcLedger former = ledger(source);
        former.claim(both(), NOBODY);
        former.commit(List.of(row(0, 1L, "one")), at(1), null);
        JdbcLedger successor = ledger(source);
        assertEquals(at(1), successor.claim(new TreeSet<>(Set.of(P0)), NOBODY));
        assertThrows(AbortableException.class, () -> former.commit(List.of(row(0, 2L, "two")), at(2), null));
        assertEquals(1, count(source));
        successor.commit(List.of(row(0, 2L, "again")), at(2), null);
        former.commit(List.of(), Map.of(P1, new OffsetAndMetadata(7)), null);
        assertEquals(2, count(source));
    }

    @ParameterizedTest
    @EnumSource
    void whatWasDecidedIsFoundByWhoeverTakesTheId(Database kind) throws SQLException {
        DataSource source = things(kind);
        JdbcLedger former = new JdbcLedger(source, "app", true, "one", 5_000);
        assertNull(former.take("one"));
        former.claim(both(), NOBODY);
        former.commit(List.of(row(0, 1L, "one")), at(1), "7:1");
        JdbcLedger other = new JdbcLedger(source, "app", true, "two", 5_000);
        assertNull(other.take("two"));
        assertEquals(Set.of("one"), other.holders(both()));
        assertThrows(RetriableException.class, () -> other.claim(both(), NOBODY));
        assertEquals("7:1", other.take("one"));
        assertThrows(FencedException.class, () -> former.commit(List.of(row(0, 2L, "two")), at(2), "7:2"));
        assertEquals(at(1), other.claim(both(), new TreeSet<>(Set.of("one"))));
        other.release(both());
        assertTrue(former.holders(both()).isEmpty());
        assertEquals("7:1", former.take("one"));
        assertEquals(1, count(source));
    }

    @ParameterizedTest
    @EnumSource
    void rowsThatAreRefusedAreToldAndSpoilNothing(Database kind) throws SQLException {
        DataSource source = things(kind);
        JdbcLedger ledger = ledger(source);
        ledger.claim(both(), NOBODY);
        List<RowGroup> rows = List.of(row(0, 1L, "one"), row(1, 1L, "again"), row(2, 2L, "much too long"),
                row(3, "x", "type"), row(4, 3L, "three"));
        RowsWritten written = ledger.commit(rows, at(5), null);
        assertEquals(Set.of(1, 2, 3), written.refused().keySet());
        assertEquals(0, count(source));
        assertTrue(ledger(source).claim(both(), NOBODY).isEmpty());
        ledger.claim(both(), NOBODY);
        assertEquals(RowsWritten.ALL, ledger.commit(List.of(rows.get(0), rows.get(4)), at(5), null));
        assertEquals(2, count(source));
    }

    @ParameterizedTest
    @EnumSource
    void whereAskedForTheGoodRowsAreWrittenBesideRefusedOnes(Database kind) throws SQLException {
        DataSource source = things(kind);
        JdbcLedger ledger = new JdbcLedger(source, "app", false, null, 5_000);
        RowsWritten written = ledger.write(List.of(row(0, 1L, "one"), row(1, 1L, "again"), row(2, 2L, "two")), true);
        assertEquals(Set.of(1), written.refused().keySet());
        assertEquals(2, count(source));
    }

    @ParameterizedTest
    @EnumSource
    void aStatementThatIsWrongIsNoRecordsFault(Database kind) throws SQLException {
        JdbcLedger ledger = ledger(kind.open());
        ledger.claim(both(), NOBODY);
        assertThrows(FatalException.class, () -> ledger.commit(List.of(row(0, 1L, "one")), at(1), null));
    }

    /// A database may refuse a batch for what is no row's fault. What was refused together is written one by one then,
    /// and committed with the positions; else it would be refused again and again.
    @ParameterizedTest
    @EnumSource
    void rowsThatAreRefusedTogetherAndNotAloneAreCommitted(Database kind) throws SQLException {
        DataSource source = things(kind);
        JdbcLedger ledger = ledger(refusingBatches(source));
        ledger.claim(both(), NOBODY);
        assertEquals(RowsWritten.ALL, ledger.commit(List.of(row(0, 1L, "one"), row(1, 2L, "two")), at(2), null));
        assertEquals(2, count(source));
        assertEquals(at(2), ledger(source).claim(both(), NOBODY));
    }

    /// Of more than one row.
    private static DataSource refusingBatches(DataSource source) {
        return proxy(DataSource.class, source, (connection, name) -> !name.equals("getConnection") ? connection
                : proxy(Connection.class, (Connection) connection, (statement, call) -> {
                    if (!call.equals("prepareStatement")) {
                        return statement;
                    }
                    AtomicInteger rows = new AtomicInteger();
                    return proxy(PreparedStatement.class, (PreparedStatement) statement, (result, step) -> {
                        if (step.equals("addBatch")) {
                            rows.incrementAndGet();
                        }
                        return result;
                    }, step -> step.equals("executeBatch") && rows.getAndSet(0) > 1);
                }));
    }

    private interface Change {
        Object of(Object result, String method);
    }

    private static <T> T proxy(Class<T> type, T real, Change change) {
        return proxy(type, real, change, method -> false);
    }

    private static <T> T proxy(Class<T> type, T real, Change change, Predicate<String> refused) {
        return type.cast(Proxy.newProxyInstance(JdbcLedgerTest.class.getClassLoader(), new Class<?>[] {type},
                (proxy, method, with) -> {
                    if (refused.test(method.getName())) {
                        throw new BatchUpdateException("together", "22000", new int[0]);
                    }
                    try {
                        return change.of(method.invoke(real, with), method.getName());
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    @ParameterizedTest
    @EnumSource
    void whatTheStatementsMissIsSaidBeforeTheFirstRow(Database kind) throws SQLException {
        DataSource source = things(kind);
        ledger(source).ready(statements(INSERT, "UPDATE things SET name = ? WHERE id = ?"));
        for (Map.Entry<String, String> one : Map.of("A table", "INSERT INTO nothing (id) VALUES (?)",
                "A column", "INSERT INTO things (id, colour) VALUES (?, ?)").entrySet()) {
            UsageException missing = assertThrows(UsageException.class,
                    () -> ledger(source).ready(statements(INSERT, one.getValue())));
            assertTrue(missing.getMessage().startsWith(one.getKey() + " that toJdbc writes to is not there"),
                    missing.getMessage());
            assertTrue(missing.getMessage().contains(one.getValue()), missing.getMessage());
        }
        UsageException schema = assertThrows(UsageException.class,
                () -> ledger(source).ready(statements("INSERT INTO nowhere.things (id) VALUES (?)")));
        assertTrue(schema.getMessage().contains("is not there"), schema.getMessage());
        // What hangs on values is left to them.
        ledger(source).ready(statements("INSERT INTO things (id, name) SELECT ?, ?"));
    }

    private static TreeSet<String> statements(String... statements) {
        return new TreeSet<>(List.of(statements));
    }

    @Test
    void whoHasNoSchemaToMakeTablesInIsToldSo() throws SQLException {
        PGSimpleDataSource source = (PGSimpleDataSource) Database.POSTGRESQL.open();
        source.setCurrentSchema("nowhere");
        UsageException missing = assertThrows(UsageException.class, () -> ledger(source).ready(statements()));
        assertTrue(missing.getMessage().contains("no schema to make it in"), missing.getMessage());
    }

    @ParameterizedTest
    @EnumSource
    void aTableThatIsNotOursIsRefusedByItsColumns(Database kind) throws SQLException {
        DataSource source = kind.open();
        run(source, "CREATE TABLE chapar_positions (application VARCHAR(8), topic VARCHAR(8), part INTEGER)");
        UsageException missing = assertThrows(UsageException.class, () -> ledger(source).claim(both(), NOBODY));
        assertTrue(missing.getMessage().contains("CREATE TABLE"), missing.getMessage());
        run(source, "DROP TABLE chapar_positions");
        run(source, "CREATE TABLE chapar_positions (application VARCHAR(8), topic VARCHAR(8), part INTEGER, "
                + "epoch BIGINT, position VARCHAR(8), leader_epoch INTEGER, metadata VARCHAR(8), holder VARCHAR(8))");
        UsageException type = assertThrows(UsageException.class, () -> ledger(source).claim(both(), NOBODY));
        assertTrue(type.getMessage().contains("Column position"), type.getMessage());
    }

    /// A commit whose answer is lost is neither done nor not done, before it is asked for.
    @ParameterizedTest
    @EnumSource
    void aConnectionLostAtTheCommitLeavesTheOutcomeOpen(Database kind) throws SQLException {
        for (boolean takesEffect : List.of(true, false)) {
            DataSource source = things(kind);
            AtomicInteger commits = new AtomicInteger();
            // The claim's own is the first.
            JdbcLedger ledger = ledger(losing(source, "commit", commits, 2, takesEffect));
            ledger.claim(both(), NOBODY);
            assertThrows(UnknownOutcomeException.class, () -> ledger.commit(List.of(row(0, 1L, "one")), at(1), null));
            assertEquals(takesEffect ? at(1) : Map.of(), ledger.claim(both(), NOBODY));
            assertEquals(takesEffect ? 1 : 0, count(source));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aConnectionLostBeforeTheCommitHasChangedNothing(Database kind) throws SQLException {
        DataSource source = things(kind);
        AtomicInteger statements = new AtomicInteger();
        JdbcLedger ledger = ledger(losing(source, "prepareStatement", statements, 8, false));
        ledger.claim(both(), NOBODY);
        assertThrows(RetriableException.class, () -> {
            while (true) {
                ledger.commit(List.of(row(0, (long) statements.get(), "one")), at(1), null);
            }
        });
        assertEquals(ledger.claim(both(), NOBODY).isEmpty() ? 0 : 1, Math.min(1, count(source)));
    }

    /// At the n-th call of this method of any of its connections the connection is lost.
    private static DataSource losing(DataSource source, String method, AtomicInteger calls, int at,
            boolean takesEffect) {
        return (DataSource) Proxy.newProxyInstance(JdbcLedgerTest.class.getClassLoader(),
                new Class<?>[] {DataSource.class}, (proxy, called, arguments) -> {
                    Connection real = source.getConnection();
                    return Proxy.newProxyInstance(JdbcLedgerTest.class.getClassLoader(),
                            new Class<?>[] {Connection.class}, (one, call, with) -> {
                                if (call.getName().equals(method) && calls.incrementAndGet() == at) {
                                    if (takesEffect) {
                                        call.invoke(real, with);
                                    }
                                    real.close();
                                    throw new SQLException("the connection was lost", "08006");
                                }
                                try {
                                    return call.invoke(real, with);
                                } catch (InvocationTargetException e) {
                                    throw e.getCause();
                                }
                            });
                });
    }
}
