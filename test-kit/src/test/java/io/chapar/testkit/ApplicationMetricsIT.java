package io.chapar.testkit;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.Topology;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

@ExtendWith(ChaparExtension.class)
class ApplicationMetricsIT {
    private static final int RECORDS = 100;
    private static final Duration LONG = Duration.ofSeconds(90);

    @Test
    void lagIsWhatIsNotReadAndLatencyEndsWithTheCommit(TestBroker broker) {
        broker.createTopic("in", 1).createTopic("out", 1);
        for (long number = 0; number < RECORDS; number++) {
            broker.produce("in", Serdes.string(), Serdes.int64(), "k", number);
        }
        CountDownLatch gate = new CountDownLatch(1);
        Topology topology = Topology.from("in", Serdes.string(), Serdes.int64()).mapValues(number -> {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return number;
        }).to("out", Serdes.string(), Serdes.int64());
        ProcessorConfig config = ProcessorConfig.builder(broker.bootstrap(), "copy").consumer("max.poll.records", 10)
                .build();
        try (ProcessorApp app = ProcessorApp.start(config, topology)) {
            try {
                await().atMost(LONG).until(() -> app.status().lag() == RECORDS - 10);
                assertEquals(0, app.status().latency().count());
            } finally {
                gate.countDown();
            }
            await().atMost(LONG).until(() -> app.status().latency().count() == RECORDS && app.status().lag() == 0);
            assertTrue(app.metrics().contains("chapar_processor_commit_latency_seconds_count{application=\"copy\"} "
                    + RECORDS), app::metrics);
        }
    }
}
