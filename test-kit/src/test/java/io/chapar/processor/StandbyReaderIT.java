package io.chapar.processor;

import io.chapar.client.consumer.Standbys;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import io.chapar.testkit.ChaparExtension;
import io.chapar.testkit.TestBroker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.time.Duration;
import java.util.TreeSet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

/// What a copy has when a task takes it over.
@ExtendWith(ChaparExtension.class)
class StandbyReaderIT {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final TopicPartition STAGE = new TopicPartition("in", 0);
    private static final String CHANGELOG = "app-counts-changelog";
    private StandbyReader reader;

    @AfterEach
    void close() throws InterruptedException {
        reader.close(LONG.toMillis());
    }

    /// The stage comes and goes again between two looks of the reader: the next copy is another one, and empty.
    @Test
    void aCopyThatTookThePlaceOfAnotherIsReadFromItsOwnPlace(TestBroker broker) {
        ProcessorConfig config = ProcessorConfig.builder(broker.bootstrap(), "app").standbys(1).build();
        StandbyCopies copies = new StandbyCopies(config, new States(Stages.of(Topology.from("in", Serdes.string(),
                Serdes.string()).groupByKey(Serdes.string()).count("counts").to("out", Serdes.string(),
                Serdes.int64()), new InternalNames("app")), new StateBudget(1 << 20)), "app-here-0");
        broker.createTopic(CHANGELOG, 1);
        write(broker, "first");
        keep(copies);
        reader = new StandbyReader(config, "app-here-0", copies, () -> { });
        reader.start();
        awaitCaughtUp(copies);
        synchronized (copies) {
            assertNotNull(copies.rows("counts", 0).get("first".getBytes(UTF_8)));
            keep(copies);
        }
        write(broker, "second");
        awaitCaughtUp(copies);
        CommittedRows rows = copies.rows("counts", 0);
        assertNotNull(rows.get("second".getBytes(UTF_8)));
        assertNotNull(rows.get("first".getBytes(UTF_8)));
        assertNull(rows.get("third".getBytes(UTF_8)));
    }

    private static void write(TestBroker broker, String key) {
        broker.produce(CHANGELOG, Serdes.string(), Serdes.string(), key, "1");
    }

    private static void keep(StandbyCopies copies) {
        TreeSet<TopicPartition> kept = new TreeSet<>();
        kept.add(STAGE);
        copies.assign(new Standbys(kept, new TreeSet<>()));
    }

    private static void awaitCaughtUp(StandbyCopies copies) {
        await().atMost(LONG).until(() -> copies.report().degrees().get("in").getOrDefault(0, 1) == 0
                && copies.lag() == 0);
    }
}
