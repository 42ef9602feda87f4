package io.chapar.cli;

import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.testing.FreePorts;
import io.chapar.transport.Node;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class StatusCommandIT {
    @Test
    void oneScreenNamesWhoIsBehindAndWhatHoldsItBack(@TempDir Path folder) throws Exception {
        try (RunningBroker broker = RunningBroker.start(folder, "group.initial.rebalance.delay.ms=0")) {
            says(broker, "0 partitions of 0 topics: 0 without leader", "No group is behind", "No transaction is open");
            RunningBroker.done(broker.run("", "topic", "create", "orders"));
            RunningBroker.done(broker.run("a\nb\nc\n", "produce", "orders"));
            RunningBroker.done(broker.run("", "group", "reset", "billing", "orders", "--to", "1", "--execute"));
            ProducerConfig config = ProducerConfig.builder(broker.address()).transactionalId("audit")
                    .clientId("auditor").build();
            try (Producer<String, String> producer = Producer.open(config, Serdes.string(), Serdes.string())) {
                producer.initTransactions();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("orders", 0, null, null, "one", List.of())).get();
                says(broker, "Groups behind: 1\n", "billing  Empty    3     1  orders\n",
                        "billing: a transaction holds records back; 'chapar txn why orders/0' says which",
                        "Open transactions, oldest first: 1\n", "auditor");
                String json = RunningBroker.done(broker.run("", "status", "-o", "json"));
                assertTrue(json.contains("\"groupsBehind\":[{\"group\":\"billing\",\"state\":\"Empty\",\"lag\":3,"
                        + "\"held\":1,\"topics\":[\"orders\"]}]"), json);
                assertTrue(json.contains("\"oldestTransactions\":[{\"transactionalId\":\"audit\","
                        + "\"state\":\"Ongoing\""), json);
                assertEquals(0, broker.run("", "status", "-o", "yaml").exitCode());
                producer.abortTransaction();
            }
        }
    }

    @Test
    void whatWasLatelyIsToldByBrokersThatHaveAPortForIt(@TempDir Path folder) throws Exception {
        try (RunningBroker broker = RunningBroker.start(folder, "metrics.listener=127.0.0.1:" + FreePorts.one());
                HeldTransaction _ = HeldTransaction.begin(broker, "orders", "shared");
                HeldTransaction _ = HeldTransaction.begin(broker, "orders", "shared")) {
            Awaitility.await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> {
                RunningBroker.done(broker.run("a\n", "produce", "orders"));
                says(broker, "REQUESTS PER SECOND", "Topics that grow\n", "Producers fenced lately\n", "shared");
                String json = RunningBroker.done(broker.run("", "status", "-o", "json"));
                assertTrue(json.contains("\"topicsThatGrow\":[{\"topic\":\""), json);
                assertTrue(json.contains("\"fencedLately\":[{\"transactionalId\":\"shared\",\"producerId\":"), json);
                assertFalse(json.contains("\"requestsPerSecond\":null"), json);
            });
        }
    }

    @Test
    void thatABrokerTellsNothingOfThatIsSaid(@TempDir Path folder) throws Exception {
        try (RunningBroker broker = RunningBroker.start(folder)) {
            says(broker, "DISK LEFT", "Requests, growth and fenced producers are not told by broker 1: that takes"
                    + " --metrics HOST:PORT, within reach from here");
        }
    }

    @Test
    void aBrokerThatHasJustGoneTellsNothing(@TempDir Path folder) throws Exception {
        try (RunningBroker broker = RunningBroker.start(folder); Cluster cluster = Cluster.connect(broker.address())) {
            Node gone = new Node(77, "nowhere.invalid", 9092);
            assertEquals(Map.of(), LastMinutes.of(cluster, cluster.describe().clusterId(), List.of(gone)));
        }
    }

    private static void says(RunningBroker broker, String... parts) {
        String text = RunningBroker.done(broker.run("", "status"));
        for (String part : parts) {
            assertTrue(text.contains(part), part + " is not in:\n" + text);
        }
    }
}
