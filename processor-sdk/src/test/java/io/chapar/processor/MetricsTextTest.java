package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class MetricsTextTest {
    @Test
    void whatWasCountedIsToldWithTypeAndLabel() {
        Topology topology = Topology.from("in", Serdes.string(), Serdes.int64()).groupByKey(Serdes.string())
                .count("n").to("out", Serdes.string(), Serdes.int64());
        try (TestDriver driver = TestDriver.of(topology, Delivery.EXACTLY_ONCE)) {
            driver.pipe("in", Serdes.string(), Serdes.int64(), "k", 1L)
                    .pipe("in", Serdes.string(), Serdes.int64(), null, 1L).run();
            List<String> lines = new MetricsText("shop \"1\"\\\n").of(driver.status()).lines().toList();
            String label = "{application=\"shop \\\"1\\\"\\\\\\n\"} ";
            assertTrue(lines.contains("chapar_processor_records_in_total" + label + "2"), lines::toString);
            assertTrue(lines.contains("chapar_processor_records_out_total" + label + "1"), lines::toString);
            assertTrue(lines.contains("chapar_processor_passed_over_total" + label + "1"), lines::toString);
            assertTrue(lines.contains("chapar_processor_running" + label + "1"), lines::toString);
            assertTrue(lines.contains("# TYPE chapar_processor_state_bytes gauge"), lines::toString);
            assertEquals(0, lines.size() % 3);
        }
    }
}
