package io.chapar.testkit;

import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.GlobalTable;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.ProcessorException;
import io.chapar.processor.ProcessorState;
import io.chapar.processor.StreamRecord;
import io.chapar.processor.Topology;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import java.time.Duration;
import java.util.List;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

@ExtendWith(ChaparExtension.class)
class GlobalTableIT {
    private static final Serde<String> TEXT = Serdes.string();
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final int CARDS = 100;
    /// Longer than any test.
    private static final int QUARTER_HOUR_MS = 900_000;

    private TestBroker broker;

    @BeforeEach
    void start(TestBroker given) {
        broker = given;
        broker.createTopic("in", 1).createTopic("out", 1);
    }

    private static Topology topology() {
        GlobalTable<String, String> cards = Topology.globalTable("cards", TEXT, TEXT);
        return Topology.from("in", TEXT, TEXT)
                .leftJoin(cards, StreamRecord::value, (value, card) -> value + "=" + card).to("out", TEXT, TEXT);
    }

    private ProcessorConfig.Builder config() {
        return ProcessorConfig.builder(broker.bootstrap(), "globals").commitIntervalMs(10);
    }

    private void put(String topic, String key, String value) {
        broker.produce(topic, TEXT, TEXT, key, value);
    }

    private List<String> out(int records) {
        return broker.await("out", TEXT, TEXT, records, LONG).stream().map(ConsumerRecord::value).toList();
    }

    @Test
    void allOfItIsThereBeforeTheFirstRecordAndWhatComesLaterToo() {
        broker.createTopic("cards", 3);
        for (int card = 0; card < CARDS; card++) {
            put("cards", "c" + card, "old");
            put("cards", "c" + card, "v" + card);
        }
        put("cards", "c1", null);
        for (int card = 0; card < CARDS; card++) {
            put("in", "k", "c" + card);
        }
        try (ProcessorApp app = ProcessorApp.start(config().build(), topology())) {
            List<String> first = out(CARDS);
            for (int card = 0; card < CARDS; card++) {
                assertEquals("c" + card + "=" + (card == 1 ? "null" : "v" + card), first.get(card));
            }
            assertTrue(app.status().stateBytes() > 0);
            broker.crash().restart();
            put("cards", "c1", "new");
            await().atMost(LONG).until(() -> {
                put("in", "k", "c1");
                return broker.read("out", TEXT, TEXT).getLast().value().equals("c1=new");
            });
            assertEquals(ProcessorState.RUNNING, app.state());
        }
    }

    /// What is undecided at the end of the table is waited for: it may have been there when the record was written.
    @Test
    void nothingIsProcessedBeforeTheTableIsWhole() {
        broker.createTopic("cards", 1);
        put("in", "k", "c");
        try (Producer<String, String> producer = Producer.open(ProducerConfig.builder(broker.bootstrap())
                .transactionalId("cards").transactionTimeoutMs(QUARTER_HOUR_MS).build(), TEXT, TEXT)) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("cards", "c", "whole")).join();
            try (ProcessorApp app = ProcessorApp.start(config().build(), topology())) {
                await().atMost(LONG).until(() -> app.status().restoring() == 1);
                assertEquals(List.of(), broker.read("out", TEXT, TEXT));
                producer.commitTransaction();
                assertEquals(List.of("c=whole"), out(1));
            }
        }
    }

    /// What it has written to the table itself and not decided when it died, only it can end: by beginning anew.
    @Test
    void aTransactionOfItsOwnInTheTableDoesNotKeepItFromStarting() {
        broker.createTopic("cards", 1);
        put("in", "k", "c");
        try (Producer<String, String> dead = Producer.open(ProducerConfig.builder(broker.bootstrap())
                .transactionalId("globals-here-0").transactionTimeoutMs(QUARTER_HOUR_MS).build(), TEXT, TEXT)) {
            dead.initTransactions();
            dead.beginTransaction();
            dead.send(new ProducerRecord<>("cards", "c", "undecided")).join();
            try (ProcessorApp _ = ProcessorApp.start(config().instanceName("here").build(), topology())) {
                assertEquals(List.of("c=null"), out(1));
            }
        }
    }

    /// A close is not held up by a table that is not whole.
    @Test
    @Timeout(300)
    void itCanBeClosedWhileItWaitsForTheTable() {
        broker.createTopic("cards", 1);
        put("in", "k", "c");
        try (Producer<String, String> producer = Producer.open(ProducerConfig.builder(broker.bootstrap())
                .transactionalId("cards").transactionTimeoutMs(QUARTER_HOUR_MS).build(), TEXT, TEXT)) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("cards", "c", "undecided")).join();
            try (ProcessorApp app = ProcessorApp.start(config().closeTimeoutMs(QUARTER_HOUR_MS).build(), topology())) {
                await().atMost(LONG).until(() -> app.status().restoring() == 1);
            }
            assertEquals(List.of(), broker.read("out", TEXT, TEXT));
        }
    }

    @Test
    void aTopicThatIsMadeAnewLeavesNoneOfItsOldKeys() {
        broker.createTopic("cards", 1);
        put("cards", "c1", "old");
        put("cards", "c2", "old");
        put("in", "k", "c1");
        try (ProcessorApp _ = ProcessorApp.start(config().build(), topology()); Admin admin = broker.admin()) {
            assertEquals(List.of("c1=old"), out(1));
            admin.deleteTopics(List.of("cards")).values().forEach(AdminResult::get);
            broker.createTopic("cards", 1);
            put("cards", "c2", "new");
            await().atMost(LONG).until(() -> {
                put("in", "k", "c2");
                return broker.read("out", TEXT, TEXT).getLast().value().equals("c2=new");
            });
            put("in", "k", "c1");
            await().atMost(LONG).until(() -> broker.read("out", TEXT, TEXT).getLast().value().startsWith("c1="));
            assertEquals("c1=null", broker.read("out", TEXT, TEXT).getLast().value());
        }
    }

    @Test
    void aTopicThatIsMissingStopsTheApplicationWithItsName() {
        try (ProcessorApp app = ProcessorApp.start(config().build(), topology())) {
            ProcessorException stopped = assertThrows(ProcessorException.class, app::awaitStopped);
            assertTrue(stopped.getMessage().contains("'cards'"), stopped.getMessage());
            assertEquals(ProcessorState.FAILED, app.state());
        }
    }

    @Test
    void aTableThatIsTooLargeStopsItAndSaysWhatToDo() {
        broker.createTopic("cards", 1);
        for (int card = 0; card < CARDS; card++) {
            put("cards", "c" + card, "v");
        }
        put("in", "k", "c1");
        try (ProcessorApp app = ProcessorApp.start(config().maxStateBytes(1_000).build(), topology())) {
            ProcessorException stopped = assertThrows(ProcessorException.class, app::awaitStopped);
            assertTrue(stopped.getMessage().contains("maxStateBytes"), stopped.getMessage());
        }
        assertEquals(List.of(), broker.read("out", TEXT, TEXT), "nothing met half a table");
    }
}
