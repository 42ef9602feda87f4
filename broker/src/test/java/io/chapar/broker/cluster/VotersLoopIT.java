package io.chapar.broker.cluster;

import io.chapar.broker.Broker;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// The loop on which voters speak with each other is looked after as the others are.
class VotersLoopIT {
    @TempDir
    Path folder;

    /// How often each loop was looked at.
    private static Map<String, Long> looks(Broker broker) {
        Map<String, Long> looks = new TreeMap<>();
        broker.metrics().collect().stream().filter(HistogramSnapshot.class::isInstance)
                .map(HistogramSnapshot.class::cast)
                .filter(one -> one.getMetadata().getName().equals("chapar_loop_delay_seconds"))
                .flatMap(one -> one.getDataPoints().stream())
                .forEach((HistogramDataPointSnapshot each) -> looks.put(each.getLabels().get("loop"),
                        each.getCount()));
        return looks;
    }

    @Test
    void howLateItsTimersAreIsMeasured() {
        try (GrowingCluster cluster = new GrowingCluster(folder)) {
            Broker voter = cluster.start(1, List.of(1));
            Awaitility.await().until(() -> looks(voter).getOrDefault("0", 0L) > 0
                    && looks(voter).getOrDefault("voters", 0L) > 0);
            assertEquals(2, looks(voter).size());
        }
    }

    @Test
    void aBrokerWithoutOthersHasNone() {
        try (GrowingCluster cluster = new GrowingCluster(folder)) {
            Broker alone = cluster.start(1, List.of());
            assertEquals(List.of("0"), List.copyOf(looks(alone).keySet()));
        }
    }
}
