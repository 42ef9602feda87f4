package io.chapar.examples.fraud;

import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.CreatedTopic;
import io.chapar.client.admin.NewTopic;
import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ErrorPolicy;
import io.chapar.processor.JdbcStatement;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.Stream;
import io.chapar.processor.StreamRecord;
import io.chapar.processor.Table;
import io.chapar.processor.TimeWindows;
import io.chapar.processor.Topology;
import io.chapar.processor.Windowed;
import io.chapar.protocol.ErrorCode;

import javax.sql.DataSource;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Watches payments: a card that pays more than its limit within five minutes gives an alert, once for each five
/// minutes, exactly once. Payments are in topic `payments`, text `CARD CENTS`; the limits of cards in `cards`, by card,
/// in cents, and a card that is not there has that of [#LIMIT_CENTS]. Alerts go to `alerts` by card, payments that
/// cannot be read to `payments-dead`, those that come more than a minute too late to `payments-late`.
///
/// `FraudAlerts [ADDRESS [JDBC]]` makes the topics that are missing and runs until SIGTERM. With a database, alerts are
/// rows of its table `alerts` as well, in one with the topic: that takes a broker which allows two-phase commit.
public final class FraudAlerts {
    static final long LIMIT_CENTS = 100_000;
    static final ErrorPolicy ON_ERROR = ErrorPolicy.deadLetter("payments-dead", 0);
    static final String INSERT = "INSERT INTO alerts (card, since, cents) VALUES (?, ?, ?)";
    private static final String CREATE = "CREATE TABLE IF NOT EXISTS alerts"
            + " (card VARCHAR(64) NOT NULL, since TIMESTAMP WITH TIME ZONE NOT NULL, cents BIGINT NOT NULL)";
    private static final int PARTITIONS = 4;
    private static final TimeWindows FIVE_MINUTES =
            TimeWindows.tumbling(Duration.ofMinutes(5)).grace(Duration.ofMinutes(1));

    private FraudAlerts() {
    }

    /// What was paid in five minutes before the latest payment, and with it; and what the card may pay.
    record Spent(long before, long sum, long limit) {
        static final Spent NOTHING = new Spent(0, 0, 0);
        static final Serde<Spent> SERDE = Serdes.of(
                spent -> ByteBuffer.allocate(3 * Long.BYTES).putLong(spent.before).putLong(spent.sum)
                        .putLong(spent.limit).array(),
                bytes -> new Spent(ByteBuffer.wrap(bytes).getLong(), ByteBuffer.wrap(bytes).getLong(Long.BYTES),
                        ByteBuffer.wrap(bytes).getLong(2 * Long.BYTES)));

        Spent and(Limited payment) {
            return new Spent(sum, Math.addExact(sum, payment.cents), payment.limit);
        }

        boolean goesAbove() {
            return before <= limit && sum > limit;
        }
    }

    record Limited(long cents, long limit) {
    }

    record Payment(String card, long cents) {
        static Payment of(String text) {
            String[] words = Objects.requireNonNull(text, "a payment has a text").trim().split(" ", 2);
            if (words.length != 2) {
                throw new IllegalArgumentException("not a payment: " + text);
            }
            return new Payment(words[0], Long.parseLong(words[1]));
        }
    }

    /// Payments have no key: the application sends them through a topic of its own, to be together by card. An alert is
    /// the sum at the payment by which it goes above the limit.
    static Topology topology() {
        return alerts().map(FraudAlerts::text).to("alerts", Serdes.string(), Serdes.string());
    }

    /// Alerts to the database as well.
    static Topology topology(DataSource database) {
        Stream<Windowed<String>, Spent> alerts = alerts();
        return Topology.of(
                alerts.map(FraudAlerts::text).to("alerts", Serdes.string(), Serdes.string()),
                alerts.toJdbc(database, JdbcStatement.of(INSERT, alert -> JdbcStatement.values(alert.key().key(),
                        Instant.ofEpochMilli(alert.key().startMs()), alert.value().sum()))));
    }

    private static StreamRecord<String, String> text(StreamRecord<Windowed<String>, Spent> alert) {
        return alert.with(alert.key().key(), alert.value().sum() + " cents since "
                + Instant.ofEpochMilli(alert.key().startMs()));
    }

    private static Stream<Windowed<String>, Spent> alerts() {
        Table<String, Long> limits = Topology.table("limits", "cards", Serdes.string(), Serdes.string())
                .mapValues(Long::parseLong);
        return Topology.from("payments", Serdes.string(), Serdes.string())
                .mapValues(Payment::of)
                .map(payment -> payment.with(payment.value().card(), payment.value().cents()))
                .groupByKey(Serdes.string(), Serdes.int64())
                .leftJoin("by-card", limits, (cents, limit) -> new Limited(cents, limit == null ? LIMIT_CENTS : limit))
                .groupByKey(Serdes.string())
                .windowedBy(FIVE_MINUTES).lateTo("payments-late")
                .aggregate("spent", Spent.SERDE, () -> Spent.NOTHING, (card, payment, spent) -> spent.and(payment))
                .filter(spent -> spent.value().goesAbove());
    }

    public static void main(String[] args) throws InterruptedException, SQLException {
        String address = args.length > 0 ? args[0] : "127.0.0.1:9092";
        makeTopics(address);
        Topology topology = topology();
        if (args.length > 1) {
            DataSource database = new UrlDataSource(args[1]);
            makeTable(database);
            topology = topology(database);
        }
        ProcessorConfig config = ProcessorConfig.builder(address, "fraud-alerts")
                .delivery(Delivery.EXACTLY_ONCE)
                .onError(ON_ERROR)
                .build();
        try (ProcessorApp app = ProcessorApp.start(config, topology)) {
            Runtime.getRuntime().addShutdownHook(new Thread(app::close));
            System.out.print(app.describe());
            app.awaitStopped();
        }
    }

    private static void makeTable(DataSource database) throws SQLException {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(CREATE);
        }
    }

    private static void makeTopics(String address) {
        try (Admin admin = Admin.open(address)) {
            for (String topic : List.of("payments", "cards", "alerts", "payments-dead", "payments-late")) {
                Map<String, AdminResult<CreatedTopic>> made = admin.createTopics(List.of(
                        new NewTopic(topic, PARTITIONS)));
                AdminResult<CreatedTopic> result = made.get(topic);
                boolean there = result instanceof AdminResult.Refused<CreatedTopic> refused
                        && refused.error() == ErrorCode.TOPIC_ALREADY_EXISTS;
                if (!there) {
                    result.get();
                }
            }
        }
    }
}
