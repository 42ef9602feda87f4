package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Tests that have one broker process for all of them, each with topics and groups of its own. In the end it has to
/// stop cleanly.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SharedBroker {
    private final String[] settings;
    ChaparProcess broker;
    StockClients stock;

    /// @param settings `key=value` each
    SharedBroker(String... settings) {
        this.settings = settings.clone();
    }

    @BeforeAll
    void startBroker(@TempDir Path folder) {
        broker = ChaparProcess.start(folder.resolve("data"), settings);
        stock = new StockClients(broker.bootstrap());
    }

    @AfterAll
    void stopBroker() {
        assertEquals(0, broker.stop(), broker::output);
    }

    void create(String topic, int partitions) {
        try (Admin admin = stock.admin()) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
