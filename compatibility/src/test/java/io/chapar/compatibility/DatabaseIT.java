package io.chapar.compatibility;

import io.chapar.testing.PostgresServer;
import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import javax.sql.DataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Rows in a database, exactly once, while the application, the database and the broker are killed in turn. The table
/// has no key that would hide a row which is written twice.
class DatabaseIT extends SharedBroker {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final int PARTITIONS = 4;
    private static final int APPLICATION = 0;
    private static final int DATABASE = 1;

    DatabaseIT() {
        super("group.initial.rebalance.delay.ms=0", "group.min.session.timeout.ms=500",
                "transaction.two.phase.commit.enable=true");
    }

    private void feed(String topic, int from, int to) {
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int number = from; number < to; number++) {
                var _ = producer.send(new ProducerRecord<>(topic, "k" + number % 97, "" + number));
            }
            producer.flush();
        }
    }

    private static long ask(DataSource database, String sql) {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            // It may be about to come back.
            return -1;
        }
    }

    private static void create(DataSource database) throws SQLException {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(DatabaseWriter.CREATE);
        }
    }

    private static void awaitRows(DataSource database, long count) {
        Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(20))
                .until(() -> ask(database, "SELECT COUNT(*) FROM things"), found -> found >= count);
    }

    private static void assertOnceEach(DataSource database, long count) {
        assertEquals(count, ask(database, "SELECT COUNT(*) FROM things"), "rows");
        assertEquals(count, ask(database, "SELECT COUNT(DISTINCT number) FROM things"), "numbers");
        assertEquals(count, ask(database, "SELECT SUM(position) FROM chapar_positions"), "positions");
    }

    /// Kills as soon as a part of the next records has been written.
    private void writeThroughKills(String topic, Path folder, int records, int kills, boolean alsoToTopic)
            throws SQLException {
        Assumptions.assumeTrue(PostgresServer.isInstalled(), PostgresServer.MISSING);
        create(topic, PARTITIONS);
        try (PostgresServer server = PostgresServer.start()) {
            DataSource database = DatabaseWriter.postgres(server.socket().toString());
            create(database);
            List<String> arguments = new ArrayList<>(List.of(broker.bootstrap(), topic, "postgres",
                    server.socket().toString()));
            if (alsoToTopic) {
                create(topic + "-out", PARTITIONS);
                arguments.add(topic + "-out");
            }
            StartedProcess writer = DatabaseWriter.start(folder, arguments);
            try {
                int part = records / kills;
                for (int kill = 0; kill < kills; kill++) {
                    feed(topic, kill * part, (kill + 1) * part);
                    awaitRows(database, (long) kill * part + 1);
                    switch (kill % 3) {
                        case APPLICATION -> {
                            writer.close();
                            writer = DatabaseWriter.start(folder, arguments);
                        }
                        case DATABASE -> {
                            server.kill();
                            server.restart();
                        }
                        default -> {
                            broker.kill();
                            broker.start();
                        }
                    }
                }
                awaitRows(database, (long) kills * part);
                assertOnceEach(database, (long) kills * part);
                if (alsoToTopic) {
                    assertOutputs(topic + "-out", kills * part);
                }
            } finally {
                writer.close();
            }
        }
    }

    private void assertOutputs(String topic, int count) {
        stock.awaitRecords(topic, count, LIMIT);
        List<String> values = stock.values(topic, StockClients.READ_COMMITTED);
        assertEquals(count, values.size());
        assertEquals(count, new TreeSet<>(values).size());
    }

    @Test
    @Tag("nightly")
    void rowsAreWrittenOnceThroughKills(@TempDir Path folder) throws SQLException {
        writeThroughKills("rows", folder, 6_000, 3, false);
    }

    /// The harder case of both, so the one that each build has.
    @Test
    void rowsAndOutputsAreWrittenOnceThroughKills(@TempDir Path folder) throws SQLException {
        writeThroughKills("both", folder, 4_500, 3, true);
    }

    @Test
    @Tag("nightly")
    void aHundredThousandRowsAndOutputsAreWrittenOnceThroughSixtyKills(@TempDir Path folder) throws SQLException {
        writeThroughKills("many-both", folder, 100_000, 60, true);
    }

    @Test
    @Tag("nightly")
    void aHundredThousandRowsAreWrittenOnceThroughSixtyKills(@TempDir Path folder) throws SQLException {
        writeThroughKills("many-rows", folder, 100_000, 60, false);
    }

    /// The database is in the application's process, and dies with it.
    @Test
    @Tag("nightly")
    void anEmbeddedDatabaseDiesWithItsApplication(@TempDir Path folder) throws SQLException {
        int part = 5_000;
        create("embedded", PARTITIONS);
        String file = folder.resolve("h2").toString();
        create(DatabaseWriter.h2(file));
        List<String> arguments = List.of(broker.bootstrap(), "embedded", "h2", file);
        for (int kill = 0; kill < 20; kill++) {
            feed("embedded", kill * part, (kill + 1) * part);
            long behind = (long) kill * part + part / 2;
            StartedProcess writer = DatabaseWriter.start(folder, arguments);
            try {
                awaitMirror("embedded", behind);
            } finally {
                writer.close();
            }
        }
        StartedProcess writer = DatabaseWriter.start(folder, arguments);
        try {
            awaitMirror("embedded", 20L * part);
        } finally {
            writer.close();
        }
        assertOnceEach(DatabaseWriter.h2(file), 20L * part);
    }

    /// What the group has been told of the positions in the database.
    private void awaitMirror(String topic, long count) {
        try (var admin = stock.admin()) {
            Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(50)).until(() ->
                    admin.listConsumerGroupOffsets(topic + "-app").partitionsToOffsetAndMetadata().get().values()
                            .stream().mapToLong(position -> position.offset()).sum(), sum -> sum >= count);
        }
    }
}
