package io.chapar.testkit;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.ErrorPolicy;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.StartFrom;
import io.chapar.processor.Topology;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

@ExtendWith(ChaparExtension.class)
class StartFromLatestIT {
    private static final Serde<String> TEXT = Serdes.string();
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final Duration DELAY = Duration.ofSeconds(5);

    /// Nothing is committed for the retry topic when the application ends: what waits there is its own all the same.
    @Test
    void whatWaitsInTheApplicationsOwnTopicsIsNotPassedOver(TestBroker broker) {
        broker.createTopic("in", 1).createTopic("out", 1);
        AtomicBoolean away = new AtomicBoolean(true);
        Topology topology = Topology.from("in", TEXT, TEXT).mapValues(value -> {
            if (away.get()) {
                throw new IllegalStateException("not now");
            }
            return value;
        }).to("out", TEXT, TEXT);
        ProcessorConfig config = ProcessorConfig.builder(broker.bootstrap(), "latest").startFrom(StartFrom.LATEST)
                .onError(ErrorPolicy.stop().retryAfter(DELAY, DELAY, DELAY)).build();
        try (ProcessorApp _ = ProcessorApp.start(config, topology)) {
            await().atMost(LONG).until(() -> {
                broker.produce("in", TEXT, TEXT, "k", "v");
                return !broker.read("latest-in-retry-1", TEXT, TEXT).isEmpty();
            });
        }
        int waiting = broker.read("latest-in-retry-1", TEXT, TEXT).size();
        away.set(false);
        try (ProcessorApp _ = ProcessorApp.start(config, topology)) {
            broker.await("out", TEXT, TEXT, waiting, LONG);
        }
        assertEquals(waiting, broker.read("latest-in-retry-1", TEXT, TEXT).size());
    }

    private static ProcessorConfig config(TestBroker broker) {
        return ProcessorConfig.builder(broker.bootstrap(), "latest").startFrom(StartFrom.LATEST)
                .consumer(KafkaConfigNames.METADATA_MAX_AGE_MS, 500).build();
    }

    private static void awaitPositions(TestBroker broker, int partitions) {
        await().atMost(LONG).until(() -> broker.admin().committedOffsets("latest").size() == partitions);
    }

    /// Nothing has come of its partition while the application ran: what comes meanwhile is not passed over.
    @Test
    void whereItBeganIsKnownToWhoeverComesNext(TestBroker broker) {
        broker.createTopic("in", 1).createTopic("out", 1).produce("in", TEXT, TEXT, "k", "before");
        Topology topology = Topology.from("in", TEXT, TEXT).to("out", TEXT, TEXT);
        try (ProcessorApp _ = ProcessorApp.start(config(broker), topology)) {
            awaitPositions(broker, 1);
        }
        broker.produce("in", TEXT, TEXT, "k", "between");
        try (ProcessorApp _ = ProcessorApp.start(config(broker), topology)) {
            assertEquals("between", broker.await("out", TEXT, TEXT, 1, LONG).getFirst().value());
        }
    }

    @Test
    void partitionsThatAreAddedAreReadFromTheirBeginning(TestBroker broker) {
        broker.createTopic("in", 1).createTopic("out", 1);
        Topology topology = Topology.from("in", TEXT, TEXT).to("out", TEXT, TEXT);
        try (ProcessorApp _ = ProcessorApp.start(config(broker), topology)) {
            awaitPositions(broker, 1);
        }
        broker.admin().addPartitions("in", 2).get();
        for (int i = 0; i < 20; i++) {
            broker.produce("in", TEXT, TEXT, "k" + i, "v");
        }
        try (ProcessorApp _ = ProcessorApp.start(config(broker), topology)) {
            broker.await("out", TEXT, TEXT, 20, LONG);
        }
    }
}
