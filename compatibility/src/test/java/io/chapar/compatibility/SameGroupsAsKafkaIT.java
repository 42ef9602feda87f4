package io.chapar.compatibility;

import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.tools.ConfigCommand;
import org.apache.kafka.tools.GroupsCommand;
import org.apache.kafka.tools.TopicCommand;
import org.apache.kafka.tools.consumer.group.ConsumerGroupCommand;
import org.apache.kafka.tools.consumer.group.ShareGroupCommand;
import org.apache.kafka.tools.streams.StreamsGroupCommand;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/// What Kafka's command line says of groups of each kind is the same at a broker of Chapar's and at one of Kafka's.
@Tag("nightly")
class SameGroupsAsKafkaIT extends BesideKafka {
    private static void commit(StockClients stock, String group, String topic, int partition, long offset) {
        TopicPartition at = new TopicPartition(topic, partition);
        try (KafkaConsumer<String, String> consumer = stock.consumer("group.id=" + group)) {
            consumer.assign(List.of(at));
            consumer.commitSync(Map.of(at, new OffsetAndMetadata(offset)));
        }
    }

    @Test
    void consumerGroups() throws Exception {
        same(tools -> {
            fill(tools.stock(), "shared", 2);
            commit(tools.stock(), "plain", "shared", 1, 4);
            commit(tools.stock(), "other", "shared", 0, 1);
            tools.run(GroupsCommand.class, "--list");
            tools.run(GroupsCommand.class, "--list", "--consumer");
            tools.run(GroupsCommand.class, "--list", "--group-type", "classic");
            group(tools, "--list");
            group(tools, "--list", "--state");
            group(tools, "--list", "--state", "stable,empty");
            group(tools, "--list", "--state", "odd");
            group(tools, "--list", "--type");
            group(tools, "--list", "--type", "classic");
            group(tools, "--list", "--type", "odd");
            for (String name : List.of("plain", "not.there")) {
                group(tools, "--describe", "--group", name);
                group(tools, "--describe", "--group", name, "--members", "--verbose");
                group(tools, "--describe", "--group", name, "--state", "--verbose");
                group(tools, "--delete-offsets", "--group", name, "--topic", "shared:0");
                group(tools, "--reset-offsets", "--group", name, "--topic", "shared", "--to-earliest", "--dry-run");
            }
            group(tools, "--describe", "--all-groups");
            for (List<String> to : List.of(List.of("--to-latest"), List.of("--to-current"), List.of("--shift-by", "-2"),
                    List.of("--to-offset", "99"), List.of("--to-datetime", "1970-01-01T00:00:01.003Z"),
                    List.of("--by-duration", "P1D"))) {
                group(tools, with(List.of("--reset-offsets", "--group", "plain", "--topic", "shared"), to));
            }
            group(tools, "--reset-offsets", "--group", "plain", "--all-topics", "--to-earliest", "--execute");
            group(tools, "--reset-offsets", "--group", "plain", "--group", "other", "--topic", "shared:1",
                    "--to-offset", "2", "--export");
            Path file = Files.writeString(folder.resolve("offsets.csv"), "shared,0,3\nshared,1,1\n");
            group(tools, "--reset-offsets", "--group", "plain", "--from-file", file.toString(), "--execute");
            group(tools, "--reset-offsets", "--group", "plain", "--topic", "not.there", "--to-earliest");
            group(tools, "--delete-offsets", "--group", "plain", "--topic", "shared:1");
            group(tools, "--delete-offsets", "--group", "plain", "--topic", "not.there:1");
            for (String protocol : List.of("classic", "consumer")) {
                String name = "in-" + protocol;
                try (KafkaConsumer<String, String> consumer = tools.stock().consumer("group.id=" + name,
                        "group.protocol=" + protocol, "client.id=one", "max.poll.interval.ms=120000")) {
                    consumer.subscribe(List.of("shared"));
                    Awaitility.await().atMost(LIMIT).until(() -> {
                        consumer.poll(Duration.ofMillis(200));
                        return consumer.assignment().size() == 2;
                    });
                    consumer.commitSync(Map.of(new TopicPartition("shared", 0), new OffsetAndMetadata(2)));
                    group(tools, "--describe", "--group", name);
                    group(tools, "--describe", "--group", name, "--verbose");
                    group(tools, "--describe", "--group", name, "--members");
                    group(tools, "--describe", "--group", name, "--state");
                    group(tools, "--reset-offsets", "--group", name, "--topic", "shared", "--to-earliest");
                    group(tools, "--delete-offsets", "--group", name, "--topic", "shared");
                    group(tools, "--delete", "--group", name);
                    tools.run(GroupsCommand.class, "--list", "--group-type", protocol);
                }
                group(tools, "--describe", "--group", name, "--state");
                group(tools, "--delete", "--group", name);
            }
            group(tools, "--validate-regex", "a.*");
            group(tools, "--validate-regex", "a(");
            group(tools, "--delete", "--group", "plain", "--group", "not.there");
            group(tools, "--delete", "--all-groups");
            group(tools, "--list");
        });
    }

    private static void group(ToolSession tools, String... words) throws Exception {
        tools.run(ConsumerGroupCommand.class, words);
    }

    @Test
    void shareGroups() throws Exception {
        same(tools -> {
            fill(tools.stock(), "pooled", 2);
            for (String name : List.of("pool", "idle")) {
                tools.run(ConfigCommand.class, "--entity-type", "groups", "--entity-name", name, "--alter",
                        "--add-config", "share.auto.offset.reset=earliest");
            }
            share(tools, "--list");
            share(tools, "--describe", "--group", "not.there");
            share(tools, "--delete", "--group", "not.there");
            share(tools, "--reset-offsets", "--group", "not.there", "--topic", "pooled", "--to-earliest");
            share(tools, "--delete-offsets", "--group", "not.there", "--topic", "pooled");
            try (KafkaShareConsumer<String, String> consumer = sharer(tools, "pool")) {
                consumer.subscribe(List.of("pooled"));
                int[] read = new int[1];
                Awaitility.await().atMost(LIMIT).until(() -> {
                    read[0] += consumer.poll(Duration.ofMillis(200)).count();
                    return read[0] == RECORDS;
                });
                consumer.commitSync();
                share(tools, "--list");
                share(tools, "--list", "--state");
                share(tools, "--list", "--state", "stable");
                share(tools, "--describe", "--group", "pool", "--members");
                share(tools, "--describe", "--group", "pool", "--state");
                share(tools, "--reset-offsets", "--group", "pool", "--topic", "pooled", "--to-earliest", "--execute");
                share(tools, "--delete-offsets", "--group", "pool", "--topic", "pooled");
                share(tools, "--delete", "--group", "pool");
                tools.run(GroupsCommand.class, "--list", "--share");
                tools.run(GroupsCommand.class, "--list", "--protocol", "share");
            }
            share(tools, "--list", "--state", "empty");
            share(tools, "--list", "--state", "odd");
            // Where Kafka's shares begin follows what is accepted a little later, and so it is not looked at before
            // it is set; its epochs rise once more as topics are taken in.
            share(tools, "--describe", "--all-groups", "--members");
            share(tools, "--describe", "--all-groups", "--state");
            for (List<String> to : List.of(List.of("--to-latest"), List.of("--to-earliest"),
                    List.of("--to-offset", "2"), List.of("--to-offset", "99"),
                    List.of("--to-datetime", "1970-01-01T00:00:01.003Z"))) {
                share(tools, with(List.of("--reset-offsets", "--group", "pool", "--topic", "pooled", "--dry-run"), to));
            }
            share(tools, "--reset-offsets", "--group", "pool", "--topic", "pooled", "--to-earliest", "--execute");
            share(tools, "--describe", "--group", "pool", "--offsets");
            share(tools, "--describe", "--group", "pool", "--offsets", "--verbose");
            share(tools, "--reset-offsets", "--group", "pool", "--topic", "pooled", "--to-current", "--dry-run");
            share(tools, "--reset-offsets", "--group", "pool", "--topic", "pooled:1", "--to-offset", "2", "--execute");
            share(tools, "--describe", "--group", "pool", "--offsets");
            share(tools, "--reset-offsets", "--group", "pool", "--all-topics", "--to-latest", "--execute");
            share(tools, "--reset-offsets", "--group", "pool", "--all-topics", "--to-latest", "--export");
            Path file = Files.writeString(folder.resolve("pool.csv"), "pooled,0,1\npooled,1,2\n");
            share(tools, "--reset-offsets", "--group", "pool", "--from-file", file.toString(), "--execute");
            share(tools, "--reset-offsets", "--group", "pool", "--topic", "not.there", "--to-earliest", "--execute");
            share(tools, "--describe", "--group", "pool", "--offsets");
            share(tools, "--delete-offsets", "--group", "pool", "--topic", "not.there");
            share(tools, "--delete-offsets", "--group", "pool", "--topic", "pooled");
            share(tools, "--describe", "--group", "pool", "--offsets");
            share(tools, "--delete", "--group", "pool", "--group", "not.there");
            share(tools, "--delete", "--all-groups");
            share(tools, "--list");
        });
    }

    private static void share(ToolSession tools, String... words) throws Exception {
        tools.run(ShareGroupCommand.class, words);
    }

    private static String[] with(List<String> words, List<String> more) {
        return Stream.concat(words.stream(), more.stream()).toArray(String[]::new);
    }

    private static KafkaShareConsumer<String, String> sharer(ToolSession tools, String group) {
        return new KafkaShareConsumer<>(Map.of("bootstrap.servers", tools.stock().bootstrap(), "group.id", group,
                "client.id", "one"), new StringDeserializer(), new StringDeserializer());
    }

    @Test
    void streamsGroups() throws Exception {
        same(tools -> {
            fill(tools.stock(), "source", 2);
            fill(tools.stock(), "sink", 1);
            streams(tools, "--list");
            streams(tools, "--describe", "--group", "not.there");
            streams(tools, "--delete", "--group", "not.there");
            streams(tools, "--reset-offsets", "--group", "not.there", "--input-topic", "source", "--to-earliest");
            streams(tools, "--delete-offsets", "--group", "not.there", "--input-topic", "source");
            try (KafkaStreams application = application(tools)) {
                application.start();
                Awaitility.await().atMost(LIMIT).until(() ->
                        tools.stock().values("sink", StockClients.READ_UNCOMMITTED).size() == 2 * RECORDS);
                streams(tools, "--describe", "--group", "app", "--state");
                streams(tools, "--describe", "--group", "app", "--state", "--verbose");
                streams(tools, "--describe", "--group", "app", "--members");
                streams(tools, "--describe", "--group", "app", "--members", "--verbose");
                streams(tools, "--describe", "--group", "app", "--topology");
                streams(tools, "--delete", "--group", "app");
                streams(tools, "--reset-offsets", "--group", "app", "--input-topic", "source", "--to-earliest");
                tools.run(GroupsCommand.class, "--list", "--streams");
            }
            streams(tools, "--list", "--state");
            streams(tools, "--list", "--state", "odd");
            streams(tools, "--describe", "--group", "app");
            streams(tools, "--describe", "--group", "app", "--offsets", "--verbose");
            streams(tools, "--describe", "--all-groups", "--state");
            for (List<String> to : List.of(List.of("--to-latest"), List.of("--to-current"), List.of("--shift-by", "-2"),
                    List.of("--to-offset", "1"), List.of("--to-datetime", "1970-01-01T00:00:01.003Z"),
                    List.of("--by-duration", "P1D"), List.of("--to-earliest", "--dry-run"))) {
                streams(tools, with(List.of("--reset-offsets", "--group", "app", "--input-topic", "source"), to));
            }
            streams(tools, "--reset-offsets", "--group", "app", "--all-input-topics", "--to-earliest", "--execute");
            streams(tools, "--reset-offsets", "--group", "app", "--all-input-topics", "--to-earliest", "--export");
            Path file = Files.writeString(folder.resolve("app.csv"), "source,0,3\nsource,1,1\n");
            streams(tools, "--reset-offsets", "--group", "app", "--from-file", file.toString(), "--execute");
            streams(tools, "--reset-offsets", "--group", "app", "--input-topic", "source", "--to-earliest",
                    "--execute", "--delete-internal-topic", "app-not.there-changelog");
            streams(tools, "--reset-offsets", "--group", "app", "--input-topic", "source", "--to-earliest",
                    "--execute", "--delete-internal-topic", "app-counts-changelog");
            tools.run(TopicCommand.class, "--list", "--topic", "app.*");
            streams(tools, "--delete-offsets", "--group", "app", "--input-topic", "not.there");
            streams(tools, "--delete-offsets", "--group", "app", "--input-topic", "source:0");
            streams(tools, "--delete-offsets", "--group", "app", "--all-input-topics");
            streams(tools, "--describe", "--group", "app");
            streams(tools, "--describe", "--group", "app", "--members");
            streams(tools, "--delete", "--group", "app");
            streams(tools, "--delete", "--all-groups", "--delete-all-internal-topics");
            streams(tools, "--list");
        });
    }

    private static void streams(ToolSession tools, String... words) throws Exception {
        tools.run(StreamsGroupCommand.class, words);
    }

    private KafkaStreams application(ToolSession tools) throws IOException {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("source").groupByKey().count(Materialized.as(Stores.inMemoryKeyValueStore("counts")))
                .toStream().mapValues(count -> "" + count).to("sink");
        Properties settings = new Properties();
        settings.putAll(Map.of(StreamsConfig.APPLICATION_ID_CONFIG, "app",
                StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, tools.stock().bootstrap(),
                StreamsConfig.GROUP_PROTOCOL_CONFIG, "streams", StreamsConfig.CLIENT_ID_CONFIG, "one",
                StreamsConfig.STATE_DIR_CONFIG, Files.createTempDirectory(folder, "state").toString(),
                StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "0",
                StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class,
                StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class));
        return new KafkaStreams(builder.build(), settings);
    }
}
