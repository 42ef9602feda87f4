package io.chapar.bench.apps;

import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

import java.util.Properties;
import java.util.concurrent.CountDownLatch;

/// The same applications with Apache Kafka's own library, `exactly_once_v2` and defaults, as a process of its own.
///
/// Only its cache is off, which would keep all but the last of a key's counts within a commit from going out: both
/// have to tell every one, so that both can be checked.
public final class KafkaStreamsApp {
    private KafkaStreamsApp() {
    }

    public static void main(String[] args) throws InterruptedException {
        AppSettings settings = AppSettings.of(args);
        CountDownLatch failed = new CountDownLatch(1);
        KafkaStreams app = new KafkaStreams(topology(settings), properties(settings));
        app.setUncaughtExceptionHandler(e -> {
            e.printStackTrace();
            failed.countDown();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(app::close, "bench-close"));
        app.start();
        failed.await();
        System.exit(1);
    }

    private static Properties properties(AppSettings settings) {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, settings.id());
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrap());
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, settings.commitMs());
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, settings.folder());
        return properties;
    }

    private static Topology topology(AppSettings settings) {
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, byte[]> input = builder.stream(settings.input(),
                Consumed.with(Serdes.String(), Serdes.ByteArray()));
        switch (settings.kind()) {
            case STATELESS -> input.filter((_, value) -> value != null).mapValues(Numbered::changed)
                    .to(settings.output(), Produced.with(Serdes.String(), Serdes.ByteArray()));
            case COUNT -> count(input, Materialized.as(Stores.inMemoryKeyValueStore("totals")), settings);
            case COUNT_ON_DISK ->
                    count(input, Materialized.as(Stores.persistentTimestampedKeyValueStore("totals")), settings);
            case CALL -> throw new IllegalArgumentException("it has no calls of several keys at once");
        }
        return builder.build();
    }

    private static void count(KStream<String, byte[]> input,
            Materialized<String, Long, KeyValueStore<Bytes, byte[]>> store, AppSettings settings) {
        input.groupByKey().count(store.withKeySerde(Serdes.String()).withValueSerde(Serdes.Long()))
                .toStream().to(settings.output(), Produced.with(Serdes.String(), Serdes.Long()));
    }
}
