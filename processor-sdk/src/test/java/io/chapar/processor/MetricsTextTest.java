package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Set;

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
            String latency = "chapar_processor_commit_latency_seconds";
            assertTrue(lines.contains("# TYPE " + latency + " histogram"), lines::toString);
            assertTrue(lines.contains(latency + "_bucket{application=\"shop \\\"1\\\"\\\\\\n\",le=\"+Inf\"} 2"),
                    lines::toString);
            assertTrue(lines.contains(latency + "_count" + label + "2"), lines::toString);
            assertTrue(lines.stream().anyMatch(line -> line.contains("le=\"0.005\"")), lines::toString);
            assertTrue(lines.contains("chapar_processor_lag" + label + "0"), lines::toString);
            List<String> all = lines.stream().filter(line -> !line.startsWith("#"))
                    .map(line -> line.substring(0, line.lastIndexOf(' '))).toList();
            assertEquals(all.size(), Set.copyOf(all).size(), "no sample comes twice");
        }
    }
}
