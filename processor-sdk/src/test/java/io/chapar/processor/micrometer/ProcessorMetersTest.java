package io.chapar.processor.micrometer;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.TestDriver;
import io.chapar.processor.Topology;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ProcessorMetersTest {
    @Test
    void metersTellWhatTheStatusDoes() {
        Topology topology = Topology.from("in", Serdes.string(), Serdes.int64())
                .to("out", Serdes.string(), Serdes.int64());
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (TestDriver driver = TestDriver.of(topology, Delivery.EXACTLY_ONCE)) {
            new ProcessorMeters(driver::status, "shop").bindTo(registry);
            driver.pipe("in", Serdes.string(), Serdes.int64(), "k", 1L)
                    .pipe("in", Serdes.string(), Serdes.int64(), "k", 2L);
            assertEquals(2, registry.get("chapar.processor.lag").tag("application", "shop").gauge().value());
            driver.run();
            assertEquals(2, registry.get("chapar.processor.records.in").functionCounter().count());
            assertEquals(1, registry.get("chapar.processor.commits").functionCounter().count());
            assertEquals(0, registry.get("chapar.processor.lag").gauge().value());
            assertEquals(1, registry.get("chapar.processor.running").gauge().value());
            assertEquals(0, registry.get("chapar.processor.standby.partitions").gauge().value());
            assertEquals(0, registry.get("chapar.processor.standby.lag").gauge().value());
            assertEquals(2, registry.get("chapar.processor.commit.latency").functionTimer().count());
            double totalMs = registry.get("chapar.processor.commit.latency").functionTimer()
                    .totalTime(TimeUnit.MILLISECONDS);
            assertTrue(totalMs > 0, "it took " + totalMs);
            assertTrue(registry.get("chapar.processor.commit.latency.p99").timeGauge().value(TimeUnit.MILLISECONDS)
                    >= totalMs / 2);
        }
    }
}
