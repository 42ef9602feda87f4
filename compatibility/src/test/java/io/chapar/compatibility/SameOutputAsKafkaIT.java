package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.tools.ClientMetricsCommand;
import org.apache.kafka.tools.ConfigCommand;
import org.apache.kafka.tools.DeleteRecordsCommand;
import org.apache.kafka.tools.GetOffsetShell;
import org.apache.kafka.tools.GroupsCommand;
import org.apache.kafka.tools.LeaderElectionCommand;
import org.apache.kafka.tools.LogDirsCommand;
import org.apache.kafka.tools.TopicCommand;
import org.apache.kafka.tools.TransactionsCommand;
import org.apache.kafka.tools.consumer.group.ConsumerGroupCommand;
import org.apache.kafka.tools.reassign.ReassignPartitionsCommand;
import org.apache.kafka.tools.streams.StreamsGroupCommand;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Kafka's command line prints the same at a broker of Chapar's and at one of Kafka's, also where it is refused, but
/// for what [ToolSession] leaves out.
@Tag("nightly")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ResourceLock(KafkaTool.EXIT)
class SameOutputAsKafkaIT {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int RECORDS = 10;

    private Path folder;
    private ChaparProcess chapar;
    private KafkaProcess kafka;

    private interface Session {
        void with(ToolSession tools) throws Exception;
    }

    @BeforeAll
    void start(@TempDir Path given) throws Exception {
        folder = given;
        chapar = ChaparProcess.start(folder.resolve("data"), "group.initial.rebalance.delay.ms=0");
        kafka = KafkaProcess.formatted(folder.resolve("kafka"));
        kafka.start();
    }

    @AfterAll
    void stop() {
        chapar.close();
        kafka.close();
    }

    private void same(Session session) throws Exception {
        ToolSession here = new ToolSession(chapar.bootstrap());
        session.with(here);
        ToolSession there = new ToolSession(kafka.bootstrap());
        session.with(there);
        assertEquals(there.said(), here.said());
    }

    private static void fill(StockClients stock, String topic, int partitions) throws Exception {
        try (Admin admin = stock.admin()) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        }
        write(stock, topic, partitions);
    }

    private static void write(StockClients stock, String topic, int partitions) throws Exception {
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int i = 0; i < RECORDS; i++) {
                producer.send(new ProducerRecord<>(topic, i % partitions, 1_000L + i, "k", "v" + i)).get();
            }
        }
    }

    private static void commit(StockClients stock, String group, String topic, int partition, long offset) {
        TopicPartition at = new TopicPartition(topic, partition);
        try (KafkaConsumer<String, String> consumer = stock.consumer("group.id=" + group)) {
            consumer.assign(List.of(at));
            consumer.commitSync(Map.of(at, new OffsetAndMetadata(offset)));
        }
    }

    @Test
    void topicsAndTheirOffsets() throws Exception {
        same(tools -> {
            tools.run(TopicCommand.class, "--create", "--topic", "made", "--partitions", "2", "--config",
                    "retention.ms=5000000");
            tools.run(TopicCommand.class, "--create", "--topic", "made");
            tools.run(TopicCommand.class, "--create", "--topic", "made", "--if-not-exists");
            tools.run(TopicCommand.class, "--create", "--topic", "made.not", "--if-not-exists");
            tools.run(TopicCommand.class, "--create", "--topic", "made_not");
            tools.run(TopicCommand.class, "--create", "--topic", "ma de");
            tools.run(TopicCommand.class, "--create", "--topic", "far", "--replication-factor", "2");
            tools.run(TopicCommand.class, "--create", "--topic", "none", "--partitions", "0");
            tools.run(TopicCommand.class, "--create", "--topic", "odd", "--config", "no.such.setting=1");
            tools.run(TopicCommand.class, "--create", "--topic", "odd", "--config", "retention.ms=long");
            tools.run(TopicCommand.class, "--create", "--topic", "placed", "--replica-assignment", "1,1");
            tools.run(TopicCommand.class, "--create", "--topic", "__cluster_metadata");
            tools.run(TopicCommand.class, "--create", "--topic", "__transaction_state", "--partitions", "1");
            tools.run(TopicCommand.class, "--create", "--topic", "misplaced", "--replica-assignment", "7");
            tools.run(TopicCommand.class, "--describe", "--topic", "made");
            tools.run(TopicCommand.class, "--describe", "--topic", "placed");
            tools.run(TopicCommand.class, "--describe", "--topic", "not.there");
            tools.run(TopicCommand.class, "--alter", "--topic", "made", "--partitions", "3");
            tools.run(TopicCommand.class, "--alter", "--topic", "made", "--partitions", "3");
            tools.run(TopicCommand.class, "--alter", "--topic", "made", "--partitions", "1");
            tools.run(TopicCommand.class, "--alter", "--topic", "not.there", "--partitions", "3");
            tools.run(TopicCommand.class, "--describe", "--topic", "made");
            for (String which : List.of("--under-min-isr-partitions", "--under-replicated-partitions",
                    "--at-min-isr-partitions", "--unavailable-partitions")) {
                tools.run(TopicCommand.class, "--describe", which, "--exclude-internal");
            }
            write(tools.stock(), "made", 2);
            for (String when : List.of("latest", "earliest", "max-timestamp", "1003", "9999", "earliest-local",
                    "latest-tiered")) {
                tools.run(GetOffsetShell.class, "--topic", "made", "--time", when);
            }
            tools.run(GetOffsetShell.class, "--topic", "not.there");
            tools.run(GetOffsetShell.class, "--topic-partitions", "made:0-2,placed", "--exclude-internal-topics");
            Path file = Files.writeString(folder.resolve("cut.json"), """
                    {"partitions":[{"topic":"made","partition":0,"offset":3},
                     {"topic":"made","partition":1,"offset":30},
                     {"topic":"not.there","partition":0,"offset":3}],"version":1}""");
            tools.run(DeleteRecordsCommand.class, "--offset-json-file", file.toString());
            tools.run(GetOffsetShell.class, "--topic", "made", "--time", "earliest");
            tools.run(LeaderElectionCommand.class, "--election-type", "preferred", "--topic", "made",
                    "--partition", "0");
            tools.run(LeaderElectionCommand.class, "--election-type", "unclean", "--topic", "made",
                    "--partition", "0");
            tools.run(LeaderElectionCommand.class, "--election-type", "preferred", "--topic", "made",
                    "--partition", "9");
            tools.run(TopicCommand.class, "--delete", "--topic", "made.not");
            tools.run(TopicCommand.class, "--delete", "--topic", "not.there");
            tools.run(TopicCommand.class, "--list", "--topic", "ma.*|pl.*|fa.*|od.*");
            tools.run(LogDirsCommand.class, "--describe", "--topic-list", "made,placed");
        });
    }

    @Test
    void settings() throws Exception {
        same(tools -> {
            fill(tools.stock(), "set", 1);
            config(tools, "topics", "set", "--alter", "--add-config", "retention.ms=5000,cleanup.policy=compact");
            config(tools, "topics", "set", "--describe");
            config(tools, "topics", "set", "--alter", "--delete-config", "retention.ms");
            config(tools, "topics", "set", "--alter", "--add-config", "cleanup.policy=shred");
            config(tools, "topics", "set", "--alter", "--add-config", "no.such.setting=1");
            config(tools, "topics", "set", "--describe");
            config(tools, "topics", "not.there", "--describe");
            config(tools, "topics", "not.there", "--alter", "--add-config", "retention.ms=1");
            for (String entity : List.of("clients", "users")) {
                config(tools, entity, "c", "--alter", "--add-config", "producer_byte_rate=1000");
                config(tools, entity, "c", "--describe");
                config(tools, entity, "c", "--alter", "--add-config", "consumer_byte_rate=none");
                config(tools, entity, "c", "--alter", "--add-config", "no_such_quota=1");
                config(tools, entity, "c", "--alter", "--delete-config", "producer_byte_rate");
                config(tools, entity, "c", "--describe");
                tools.run(ConfigCommand.class, "--entity-type", entity, "--entity-default", "--alter", "--add-config",
                        "producer_byte_rate=7");
                tools.run(ConfigCommand.class, "--entity-type", entity, "--describe");
                tools.run(ConfigCommand.class, "--entity-type", entity, "--entity-default", "--alter",
                        "--delete-config", "producer_byte_rate");
            }
            tools.run(ConfigCommand.class, "--entity-type", "users", "--entity-name", "u", "--entity-type", "clients",
                    "--entity-name", "c", "--alter", "--add-config", "producer_byte_rate=5");
            tools.run(ConfigCommand.class, "--entity-type", "users", "--describe");
            tools.run(ConfigCommand.class, "--entity-type", "users", "--entity-type", "clients", "--describe");
            config(tools, "ips", "127.0.0.2", "--alter", "--add-config", "connection_creation_rate=50");
            config(tools, "ips", "127.0.0.2", "--describe");
            config(tools, "groups", "g", "--alter", "--add-config", "consumer.session.timeout.ms=50000");
            config(tools, "groups", "g", "--alter", "--add-config", "no.such.setting=5");
            config(tools, "groups", "g", "--describe");
            config(tools, "groups", "g", "--alter", "--delete-config", "consumer.session.timeout.ms");
            config(tools, "groups", "g", "--describe");
            config(tools, "client-metrics", "m", "--alter", "--add-config", "interval.ms=5000,match=[client_id=x]");
            config(tools, "client-metrics", "m", "--describe");
            config(tools, "client-metrics", "m", "--alter", "--add-config", "interval.ms=5");
            tools.run(ClientMetricsCommand.class, "--list");
            tools.run(ClientMetricsCommand.class, "--describe");
            tools.run(ClientMetricsCommand.class, "--delete", "--name", "m");
            tools.run(ClientMetricsCommand.class, "--describe", "--name", "m");
            tools.run(ConfigCommand.class, "--entity-type", "brokers", "--entity-default", "--describe");
            config(tools, "brokers", "1", "--alter", "--add-config", "log.retention.ms=3000000");
            config(tools, "brokers", "1", "--describe");
            config(tools, "brokers", "1", "--alter", "--add-config", "node.id=3");
            config(tools, "brokers", "1", "--alter", "--add-config", "log.retention.ms=never");
            config(tools, "brokers", "1", "--alter", "--delete-config", "log.retention.ms");
            config(tools, "brokers", "1", "--describe");
            config(tools, "brokers", "9", "--describe");
        });
    }

    private static void config(ToolSession tools, String type, String name, String... words) throws Exception {
        String[] all = new String[words.length + 4];
        all[0] = "--entity-type";
        all[1] = type;
        all[2] = "--entity-name";
        all[3] = name;
        System.arraycopy(words, 0, all, 4, words.length);
        tools.run(ConfigCommand.class, all);
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
                String[] words = new String[to.size() + 5];
                System.arraycopy(new String[] {"--reset-offsets", "--group", "plain", "--topic", "shared"}, 0,
                        words, 0, 5);
                System.arraycopy(to.toArray(), 0, words, 5, to.size());
                group(tools, words);
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
                    List.of("--to-offset", "1"), List.of("--to-datetime", "1970-01-01T00:00:01.003Z"))) {
                String[] words = new String[to.size() + 5];
                System.arraycopy(new String[] {"--reset-offsets", "--group", "app", "--input-topic", "source"}, 0,
                        words, 0, 5);
                System.arraycopy(to.toArray(), 0, words, 5, to.size());
                streams(tools, words);
            }
            streams(tools, "--reset-offsets", "--group", "app", "--all-input-topics", "--to-earliest", "--execute");
            streams(tools, "--reset-offsets", "--group", "app", "--all-input-topics", "--to-earliest", "--export");
            streams(tools, "--delete-offsets", "--group", "app", "--input-topic", "not.there");
            streams(tools, "--delete-offsets", "--group", "app", "--input-topic", "source:0");
            streams(tools, "--describe", "--group", "app");
            streams(tools, "--delete", "--group", "app");
            streams(tools, "--list");
        });
    }

    private static void streams(ToolSession tools, String... words) throws Exception {
        tools.run(StreamsGroupCommand.class, words);
    }

    private KafkaStreams application(ToolSession tools) throws IOException {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("source").to("sink");
        Properties settings = new Properties();
        settings.putAll(Map.of(StreamsConfig.APPLICATION_ID_CONFIG, "app",
                StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, tools.stock().bootstrap(),
                StreamsConfig.GROUP_PROTOCOL_CONFIG, "streams", StreamsConfig.CLIENT_ID_CONFIG, "one",
                StreamsConfig.STATE_DIR_CONFIG, Files.createTempDirectory(folder, "state").toString(),
                StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class,
                StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class));
        return new KafkaStreams(builder.build(), settings);
    }

    @Test
    void movesAndTransactions() throws Exception {
        same(tools -> {
            fill(tools.stock(), "moved", 2);
            Path topics = Files.writeString(folder.resolve("topics.json"),
                    "{\"topics\":[{\"topic\":\"moved\"}],\"version\":1}");
            Path plan = Files.writeString(folder.resolve("plan.json"), """
                    {"version":1,"partitions":[{"topic":"moved","partition":0,"replicas":[1]},
                     {"topic":"moved","partition":1,"replicas":[1]}]}""");
            Path far = Files.writeString(folder.resolve("far.json"), """
                    {"version":1,"partitions":[{"topic":"moved","partition":0,"replicas":[7]}]}""");
            move(tools, "--generate", "--topics-to-move-json-file", topics.toString(), "--broker-list", "1");
            move(tools, "--execute", "--reassignment-json-file", plan.toString());
            move(tools, "--verify", "--reassignment-json-file", plan.toString());
            move(tools, "--cancel", "--reassignment-json-file", plan.toString());
            move(tools, "--execute", "--reassignment-json-file", far.toString());
            move(tools, "--list");
            transactions(tools);
        });
    }

    private static void move(ToolSession tools, String... words) throws Exception {
        tools.run(ReassignPartitionsCommand.class, words);
    }

    private static void transactions(ToolSession tools) throws Exception {
        try (KafkaProducer<String, String> producer = tools.stock().producer("transactional.id=t")) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("moved", 0, "k", "v")).get();
            producer.commitTransaction();
        }
        tools.run(TransactionsCommand.class, "describe-producers", "--topic", "moved", "--partition", "1");
        tools.run(TransactionsCommand.class, "describe", "--transactional-id", "not.there");
        tools.run(TransactionsCommand.class, "find-hanging", "--broker-id", "1");
        tools.run(TransactionsCommand.class, "find-hanging", "--topic", "moved", "--partition", "0");
    }
}
