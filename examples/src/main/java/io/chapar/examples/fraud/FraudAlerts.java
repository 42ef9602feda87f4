package io.chapar.examples.fraud;

import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.CreatedTopic;
import io.chapar.client.admin.NewTopic;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ErrorPolicy;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.TimeWindows;
import io.chapar.processor.Topology;
import io.chapar.protocol.ErrorCode;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Watches payments: a card that pays more than the limit within five minutes gives an alert, once for each five
/// minutes, exactly once. Payments are in topic `payments`, text `CARD CENTS`; alerts go to `alerts` by card, payments
/// that cannot be read to `payments-dead`, those that come more than a minute too late to `payments-late`.
///
/// `FraudAlerts [ADDRESS]` makes the topics that are missing and runs until SIGTERM.
public final class FraudAlerts {
    static final long LIMIT_CENTS = 100_000;
    static final ErrorPolicy ON_ERROR = ErrorPolicy.deadLetter("payments-dead", 0);
    private static final int PARTITIONS = 4;
    private static final TimeWindows FIVE_MINUTES =
            TimeWindows.tumbling(Duration.ofMinutes(5)).grace(Duration.ofMinutes(1));

    private FraudAlerts() {
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
        return Topology.from("payments", Serdes.string(), Serdes.string())
                .mapValues(Payment::of)
                .map(payment -> payment.with(payment.value().card(), payment.value().cents()))
                .groupByKey(Serdes.string(), Serdes.int64())
                .windowedBy(FIVE_MINUTES).lateTo("payments-late")
                .aggregate("spent", Serdes.string(), () -> "0 0",
                        (card, cents, sums) -> after(sums, cents))
                .filter(spent -> before(spent.value()) <= LIMIT_CENTS && sum(spent.value()) > LIMIT_CENTS)
                .map(spent -> spent.with(spent.key().key(), sum(spent.value()) + " cents since "
                        + Instant.ofEpochMilli(spent.key().startMs())))
                .to("alerts", Serdes.string(), Serdes.string());
    }

    /// Both sums, before the last payment and after it: `BEFORE SUM`.
    private static String after(String sums, long cents) {
        return sum(sums) + " " + Math.addExact(sum(sums), cents);
    }

    private static long before(String sums) {
        return Long.parseLong(sums.substring(0, sums.indexOf(' ')));
    }

    private static long sum(String sums) {
        return Long.parseLong(sums.substring(sums.indexOf(' ') + 1));
    }

    public static void main(String[] args) throws InterruptedException {
        String address = args.length > 0 ? args[0] : "127.0.0.1:9092";
        makeTopics(address);
        ProcessorConfig config = ProcessorConfig.builder(address, "fraud-alerts")
                .delivery(Delivery.EXACTLY_ONCE)
                .onError(ON_ERROR)
                .build();
        try (ProcessorApp app = ProcessorApp.start(config, topology())) {
            Runtime.getRuntime().addShutdownHook(new Thread(app::close));
            System.out.print(app.describe());
            app.awaitStopped();
        }
    }

    private static void makeTopics(String address) {
        try (Admin admin = Admin.open(address)) {
            for (String topic : List.of("payments", "alerts", "payments-dead", "payments-late")) {
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
