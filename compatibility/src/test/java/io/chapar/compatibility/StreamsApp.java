package io.chapar.compatibility;

import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.KeyValueStore;

import java.time.Duration;
import java.util.Properties;

/// An application of Kafka Streams in a process of its own: a join with a table, a repartition, sums in RocksDB with a
/// changelog, windows, a join of two streams; exactly once. It runs until it is killed, or told to end.
final class StreamsApp {
    static final String REGIONS = "regions";
    static final String ORDERS = "orders";
    static final String PAYMENTS = "payments";
    static final String TOTALS = "totals";
    static final String COUNTS = "counts";
    static final String PAID = "paid";
    static final Duration WINDOW = Duration.ofSeconds(10);
    private static final Duration TOGETHER = Duration.ofDays(1);

    private StreamsApp() {}

    /// @param line prefix of its topics, then settings as `key=value`
    public static void main(String[] line) throws InterruptedException {
        Properties settings = new Properties();
        for (int i = 1; i < line.length; i++) {
            int equals = line[i].indexOf('=');
            settings.put(line[i].substring(0, equals), line[i].substring(equals + 1));
        }
        settings.put("processing.guarantee", "exactly_once_v2");
        settings.put("default.key.serde", Serdes.StringSerde.class);
        settings.put("default.value.serde", Serdes.StringSerde.class);
        KafkaStreams streams = new KafkaStreams(topology(line[0]).build(), settings);
        streams.setUncaughtExceptionHandler(failure -> {
            failure.printStackTrace();
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
        streams.setStateListener((now, before) -> System.out.println("state " + now));
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        Thread.currentThread().join();
    }

    private static StreamsBuilder topology(String prefix) {
        StreamsBuilder builder = new StreamsBuilder();
        KTable<String, String> regions = builder.table(prefix + REGIONS);
        // An order is "id:amount" of a customer.
        KStream<String, String> orders = builder.stream(prefix + ORDERS);
        KStream<String, String> payments = builder.stream(prefix + PAYMENTS);

        orders.join(regions, (order, region) -> region + "/" + order.substring(order.indexOf(':') + 1))
                .map((customer, at) -> KeyValue.pair(
                        at.substring(0, at.indexOf('/')), at.substring(at.indexOf('/') + 1)))
                .groupByKey(Grouped.as("by-region"))
                .aggregate(() -> 0L, (region, amount, sum) -> sum + Long.parseLong(amount),
                        Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("sums")
                                .withKeySerde(Serdes.String()).withValueSerde(Serdes.Long()))
                .toStream().mapValues(sum -> Long.toString(sum))
                .to(prefix + TOTALS, Produced.with(Serdes.String(), Serdes.String()));

        orders.groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(WINDOW)).count(Materialized.as("windowed"))
                .toStream((window, count) -> window.key() + "@" + window.window().start())
                .mapValues(count -> Long.toString(count))
                .to(prefix + COUNTS, Produced.with(Serdes.String(), Serdes.String()));

        orders.selectKey((customer, order) -> order.substring(0, order.indexOf(':')))
                .join(payments, (order, payment) -> order + "=" + payment,
                        JoinWindows.ofTimeDifferenceWithNoGrace(TOGETHER),
                        StreamJoined.<String, String, String>as("payments")
                                .withKeySerde(Serdes.String()).withValueSerde(Serdes.String())
                                .withOtherValueSerde(Serdes.String()))
                .to(prefix + PAID);
        return builder;
    }
}
