package io.chapar.examples.flights;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.TestDriver;
import io.chapar.testkit.ChaparExtension;
import io.chapar.testkit.TestBroker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.time.Duration;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// How an application is tested, without a broker and with one. The README shows the part between the marks.
@ExtendWith(ChaparExtension.class)
final class LateFlightsTest {
    // readme: begin
    @Test
    void aCrashAtAnyCallDoublesNothing() {
        try (TestDriver driver = TestDriver.of(LateFlights.topology(), Delivery.EXACTLY_ONCE)) {
            driver.pipe("flights", Serdes.string(), Serdes.string(), "AA1", "AA1,08:00,42");
            driver.crashAfter(5).loseCommitAnswer(true).run().assertExactlyOnce();
        }
    }

    @Test
    void norDoesABrokerThatIsKilled(TestBroker broker) throws InterruptedException {
        ProcessorConfig config = ProcessorConfig.builder(broker.bootstrap(), "late-flights").build();
        broker.produce("flights", Serdes.string(), Serdes.string(), "AA1", "AA1,08:00,42");
        try (ProcessorApp app = ProcessorApp.start(config, LateFlights.topology())) {
            app.awaitRunning(Duration.ofSeconds(60));
            broker.crash().restart();
            broker.produce("flights", Serdes.string(), Serdes.string(), "BA2", "BA2,09:30,17");
            broker.await("late", Serdes.string(), Serdes.string(), 2, Duration.ofSeconds(60));
        }
        assertEquals(2, broker.read("late", Serdes.string(), Serdes.string()).size());
    }
    // readme: end
}
