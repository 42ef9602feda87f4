package io.chapar.testkit;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.ProcessorException;
import io.chapar.processor.ProcessorState;
import io.chapar.processor.Topology;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.time.Duration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

@ExtendWith(ChaparExtension.class)
class AddedPartitionsIT {
    private static final Serde<String> TEXT = Serdes.string();
    private static final Duration LONG = Duration.ofSeconds(60);

    /// Its keys are elsewhere from now on than their state. A thread that waited for the changelog's partition would
    /// stand still, and so would the next one that was given the partition.
    @Test
    void underStateTheyEndTheApplicationWithTheReason(TestBroker broker) throws InterruptedException {
        broker.createTopic("in", 1).createTopic("out", 1);
        Topology topology = Topology.from("in", TEXT, TEXT).groupByKey(TEXT).count("counts")
                .to("out", TEXT, Serdes.int64());
        ProcessorConfig config = ProcessorConfig.builder(broker.bootstrap(), "app").threads(2)
                .consumer(KafkaConfigNames.METADATA_MAX_AGE_MS, 500).build();
        try (ProcessorApp app = ProcessorApp.start(config, topology)) {
            assertTrue(app.awaitRunning(LONG));
            broker.admin().addPartitions("in", 2).get();
            ProcessorException stopped = assertTimeoutPreemptively(LONG,
                    () -> assertThrows(ProcessorException.class, app::awaitStopped));
            assertTrue(stopped.getMessage().contains("Topic app-counts-changelog has 1 partitions"),
                    stopped.getMessage());
            assertEquals(ProcessorState.FAILED, app.state());
        }
    }
}
