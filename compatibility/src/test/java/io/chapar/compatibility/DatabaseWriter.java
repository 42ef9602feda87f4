package io.chapar.compatibility;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.JdbcStatement;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.Stream;
import io.chapar.processor.Topology;
import io.chapar.testing.StartedProcess;
import io.chapar.testing.UnixSocketFactory;
import org.h2.jdbcx.JdbcDataSource;
import org.postgresql.ds.PGSimpleDataSource;

import javax.sql.DataSource;
import java.nio.file.Path;
import java.util.List;

/// An application that writes each record of a topic to a database as a row, and to another topic if it is told one; a
/// process of its own, to be killed.
final class DatabaseWriter {
    static final String CREATE = "CREATE TABLE things (part INTEGER, pos BIGINT, number BIGINT)";
    private static final String INSERT = "INSERT INTO things (part, pos, number) VALUES (?, ?, ?)";

    private DatabaseWriter() {
    }

    static DataSource postgres(String socket) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUser("chapar");
        source.setDatabaseName("postgres");
        source.setSocketFactory(UnixSocketFactory.class.getName());
        source.setSocketFactoryArg(socket);
        source.setSslMode("disable");
        return source;
    }

    /// Without a delay, else a database that is killed has lost what it committed in the last half second.
    static DataSource h2(String file) {
        JdbcDataSource source = new JdbcDataSource();
        source.setURL("jdbc:h2:file:" + file + ";WRITE_DELAY=0");
        return source;
    }

    /// Arguments: broker, topic, `postgres` or `h2`, socket or file, perhaps the topic to write to.
    public static void main(String[] args) throws InterruptedException {
        DataSource database = args[2].equals("h2") ? h2(args[3]) : postgres(args[3]);
        ProcessorConfig config = ProcessorConfig.builder(args[0], args[1] + "-app")
                .delivery(Delivery.EXACTLY_ONCE)
                .instanceName("one")
                .sessionTimeoutMs(6_000)
                .commitIntervalMs(20)
                .commitRecords(200)
                .databaseTimeoutMs(5_000)
                .build();
        Stream<String, String> records = Topology.from(args[1], Serdes.string(), Serdes.string());
        Topology rows = records.toJdbc(database, JdbcStatement.of(INSERT, record -> JdbcStatement.values(
                record.origin().partition(), record.origin().offset(), Long.valueOf(record.value()))));
        Topology topology = args.length == 4 ? rows
                : rows.and(records.to(args[4], Serdes.string(), Serdes.string()));
        try (ProcessorApp app = ProcessorApp.start(config, topology)) {
            app.awaitStopped();
        }
    }

    static StartedProcess start(Path folder, List<String> arguments) {
        return StartedProcess.startJava(folder, "128m", DatabaseWriter.class.getName(), arguments);
    }
}
