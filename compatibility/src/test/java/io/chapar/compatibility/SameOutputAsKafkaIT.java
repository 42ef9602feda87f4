package io.chapar.compatibility;

import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.tools.ClientMetricsCommand;
import org.apache.kafka.tools.ConfigCommand;
import org.apache.kafka.tools.DeleteRecordsCommand;
import org.apache.kafka.tools.FeatureCommand;
import org.apache.kafka.tools.GetOffsetShell;
import org.apache.kafka.tools.LeaderElectionCommand;
import org.apache.kafka.tools.LogDirsCommand;
import org.apache.kafka.tools.TopicCommand;
import org.apache.kafka.tools.TransactionsCommand;
import org.apache.kafka.tools.reassign.ReassignPartitionsCommand;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Kafka's command line prints the same at a broker of Chapar's and at one of Kafka's, also where it is refused, but
/// for what [ToolSession] leaves out. What it says of groups is in [SameGroupsAsKafkaIT].
@Tag("nightly")
class SameOutputAsKafkaIT extends BesideKafka {
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
    void features() throws Exception {
        same(tools -> {
            feature(tools, "upgrade", "--feature", "no.such.feature=1");
            feature(tools, "upgrade", "--feature", "transaction.version=99");
            feature(tools, "upgrade", "--feature", "transaction.version=2");
            feature(tools, "downgrade", "--feature", "transaction.version=1", "--dry-run");
            feature(tools, "downgrade", "--feature", "transaction.version=1");
            feature(tools, "downgrade", "--feature", "transaction.version=2");
            feature(tools, "upgrade", "--feature", "transaction.version=2");
            feature(tools, "upgrade", "--feature", "group.version=1", "--feature", "share.version=99");
            feature(tools, "disable", "--feature", "no.such.feature");
            feature(tools, "version-mapping");
            feature(tools, "feature-dependencies", "--feature", "transaction.version=2");
        });
    }

    private static void feature(ToolSession tools, String... words) throws Exception {
        tools.run(FeatureCommand.class, words);
    }

    /// Both ends of the console, with what they may print of a record.
    @Test
    void consoles() throws Exception {
        same(tools -> {
            tools.run(TopicCommand.class, "--create", "--topic", "typed", "--partitions", "1");
            console(tools, "ConsoleProducer", "h1:a,h2:b\ta:one\nh1:c\tb:\nNULL\tNULL:three\nh:1\tc:NULL\n",
                    "--topic", "typed", "--reader-property", "parse.key=true", "--reader-property", "key.separator=:",
                    "--reader-property", "parse.headers=true", "--reader-property", "null.marker=NULL");
            console(tools, "ConsoleProducer", "a line without a key\n", "--topic", "typed", "--reader-property",
                    "parse.key=true", "--reader-property", "key.separator=:");
            console(tools, "consumer.ConsoleConsumer", "", "--topic", "typed", "--from-beginning", "--max-messages",
                    "4", "--timeout-ms", "30000", "--formatter-property", "print.key=true", "--formatter-property",
                    "print.offset=true", "--formatter-property", "print.partition=true", "--formatter-property",
                    "print.headers=true", "--formatter-property", "null.literal=NULL");
            console(tools, "consumer.ConsoleConsumer", "", "--topic", "typed", "--partition", "0", "--offset", "2",
                    "--max-messages", "2", "--timeout-ms", "30000");
            config(tools, "groups", "typists", "--alter", "--add-config", "share.auto.offset.reset=earliest");
            console(tools, "consumer.ConsoleShareConsumer", "", "--topic", "typed", "--group", "typists",
                    "--max-messages", "4", "--timeout-ms", "30000", "--formatter-property", "print.key=true",
                    "--formatter-property", "print.delivery=true", "--formatter-property", "null.literal=NULL");
        });
    }

    /// A tool in a process of its own, since it ends with what it is told.
    private void console(ToolSession tools, String name, String input, String... words) throws IOException {
        List<String> line = new ArrayList<>(List.of("--bootstrap-server", tools.stock().bootstrap()));
        line.addAll(List.of(words));
        try (StartedProcess tool = StartedProcess.startJava(folder, "128m", "org.apache.kafka.tools." + name, line)) {
            try (OutputStream keys = tool.input()) {
                keys.write(input.getBytes(StandardCharsets.UTF_8));
            }
            tools.note(name + " " + String.join(" ", words), tool.exitCode() + "\n" + tool.output());
        }
    }

    /// Every setting of a topic as an administration client is told it, with where its value would come from next. Of
    /// those that a broker has in several units Kafka says nothing of what holds by default.
    @Test
    void whereTheValuesOfSettingsComeFrom() throws Exception {
        // The first two are this broker's alone, and the last is set in a cluster of Kafka's from its beginning.
        Set<String> others = Set.of("flush.acks", "max.decompressed.message.bytes", "min.insync.replicas");
        Set<String> inUnits = Set.of("retention.ms", "segment.ms", "flush.ms");
        same(tools -> {
            fill(tools.stock(), "sourced", 1);
            try (Admin admin = tools.stock().admin()) {
                ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "sourced");
                admin.incrementalAlterConfigs(Map.of(topic, List.of(new AlterConfigOp(
                        new ConfigEntry("retention.ms", "7000"), AlterConfigOp.OpType.SET)))).all().get();
                Config all = admin.describeConfigs(List.of(topic),
                        new DescribeConfigsOptions().includeSynonyms(true)).all().get().get(topic);
                all.entries().stream().filter(one -> !others.contains(one.name()))
                        .sorted(Comparator.comparing(ConfigEntry::name)).forEach(one -> tools.note(one.name(),
                                one.value() + " " + one.source() + " " + one.type() + " " + one.isReadOnly() + " "
                                        + one.isSensitive() + " " + one.synonyms().stream().filter(each ->
                                        !inUnits.contains(one.name()) || each.source() != ConfigSource.DEFAULT_CONFIG)
                                        .toList()));
            }
        });
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
