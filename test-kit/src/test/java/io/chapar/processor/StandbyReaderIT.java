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
    private static final States STATES = new States(Stages.of(Topology.from("in", Serdes.string(), Serdes.string())
            .groupByKey(Serdes.string()).count("counts").to("out", Serdes.string(), Serdes.int64()),
            new InternalNames("app")), new StateBudget(1 << 20));
    private StandbyReader reader;

    @AfterEach
    void close() throws InterruptedException {
        reader.close(LONG.toMillis());
    }

    /// The stage comes and goes again between two looks of the reader: the next copy is another one, and empty.
    @Test
    void aCopyThatTookThePlaceOfAnotherIsReadFromItsOwnPlace(TestBroker broker) {
        StandbyCopies copies = copies(broker, STATES);
        broker.createTopic(CHANGELOG, 1);
        write(broker, "first");
        keep(copies);
        read(broker, copies);
        awaitCaughtUp(copies);
        synchronized (copies) {
            assertNotNull(copies.rows("counts", 0).get("first".getBytes(UTF_8)));
            keep(copies);
        }
        write(broker, "second");
        awaitPosition(copies, 2);
        CommittedRows rows = copies.rows("counts", 0);
        assertNotNull(rows.get("second".getBytes(UTF_8)));
        assertNotNull(rows.get("first".getBytes(UTF_8)));
        assertNull(rows.get("third".getBytes(UTF_8)));
    }

    /// The log is longer than before by the time that the copy is read on, by another reader.
    @Test
    void aCopyOfALogThatWasCutMeanwhileBeginsAnew(TestBroker broker) throws InterruptedException {
        broker.createTopic(CHANGELOG, 1);
        write(broker, "first");
        write(broker, "lost");
        StandbyCopies before = copies(broker, STATES);
        keep(before);
        read(broker, before);
        awaitCaughtUp(before);
        CommittedRows rows = before.rows("counts", 0);
        reader.close(LONG.toMillis());
        CutLog.cut(broker, CHANGELOG, 1);
        write(broker, "second");
        write(broker, "third");
        StandbyCopies after = copies(broker, STATES.with((step, partition) -> rows));
        keep(after);
        read(broker, after);
        awaitPosition(after, 3);
        assertNotNull(after.rows("counts", 0).get("first".getBytes(UTF_8)));
        assertNotNull(rows.get("second".getBytes(UTF_8)));
        assertNotNull(rows.get("third".getBytes(UTF_8)));
        assertNull(rows.get("lost".getBytes(UTF_8)));
    }

    @Test
    void aChangelogThatIsNotThereHoldsUpNoOtherCopy(TestBroker broker) {
        broker.createTopic(CHANGELOG, 1);
        write(broker, "first");
        StandbyCopies copies = copies(broker, STATES);
        TreeSet<TopicPartition> kept = new TreeSet<>();
        kept.add(STAGE);
        kept.add(new TopicPartition("in", 1));
        copies.assign(new Standbys(kept, new TreeSet<>()));
        read(broker, copies);
        awaitCaughtUp(copies);
        write(broker, "second");
        awaitPosition(copies, 2);
        assertNotNull(copies.rows("counts", 0).get("second".getBytes(UTF_8)));
    }

    private static StandbyCopies copies(TestBroker broker, States states) {
        return new StandbyCopies(config(broker), states, "app-here-0");
    }

    private static ProcessorConfig config(TestBroker broker) {
        return ProcessorConfig.builder(broker.bootstrap(), "app").standbys(1).build();
    }

    private void read(TestBroker broker, StandbyCopies copies) {
        reader = new StandbyReader(config(broker), "app-here-0", copies, () -> { });
        reader.start();
    }

    private static void write(TestBroker broker, String key) {
        broker.produce(CHANGELOG, Serdes.string(), Serdes.string(), key, "1");
    }

    private static void keep(StandbyCopies copies) {
        TreeSet<TopicPartition> kept = new TreeSet<>();
        kept.add(STAGE);
        copies.assign(new Standbys(kept, new TreeSet<>()));
    }

    /// Whatever is known of the log's end: it may have been asked for before the last write.
    private static void awaitPosition(StandbyCopies copies, long wanted) {
        await().atMost(LONG).until(() -> copies.current().get(new TopicPartition(CHANGELOG, 0)).position().offset(),
                offset -> offset == wanted);
    }

    private static void awaitCaughtUp(StandbyCopies copies) {
        await().atMost(LONG).until(() -> copies.report().degrees().get("in").getOrDefault(0, 1) == 0
                && copies.lag() == 0);
    }
}
