package io.chapar.testkit;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.ProcessorStatus;
import io.chapar.processor.Topology;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Two instances with copies of each other's state: what moves from one to the other is not read again.
@ExtendWith(ChaparExtension.class)
@WithSettings("group.initial.rebalance.delay.ms=0")
class StandbyIT {
    private static final Serde<String> TEXT = Serdes.string();
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final int PARTITIONS = 4;
    private static final int KEYS = 40;
    /// Of each key.
    private static final int ROUNDS = 25;
    /// What is written between the last look at a copy and the move: nothing here but markers.
    private static final int MISSING = KEYS;

    private TestBroker broker;

    @BeforeEach
    void start(TestBroker given) {
        broker = given;
        broker.createTopic("in", PARTITIONS).createTopic("out", 1);
    }

    private static Topology topology() {
        return Topology.from("in", TEXT, TEXT).groupByKey(TEXT)
                .aggregate("counts", TEXT, () -> "0", (key, value, sum) -> "" + (Integer.parseInt(sum) + 1))
                .to("out", TEXT, TEXT);
    }

    private ProcessorConfig config() {
        return ProcessorConfig.builder(broker.bootstrap(), "counting").standbys(1).commitIntervalMs(20).build();
    }

    private void feed() {
        for (int round = 0; round < ROUNDS; round++) {
            for (int key = 0; key < KEYS; key++) {
                broker.produce("in", TEXT, TEXT, "k" + key, "");
            }
        }
    }

    private Map<String, String> counts() {
        TreeMap<String, String> latest = new TreeMap<>();
        broker.read("out", TEXT, TEXT).forEach(one -> latest.put(one.key(), one.value()));
        return latest;
    }

    private void assertCounted(int rounds) {
        broker.await("out", TEXT, TEXT, rounds * ROUNDS * KEYS, LONG);
        assertEquals(rounds * ROUNDS * KEYS, broker.read("out", TEXT, TEXT).size());
        Map<String, String> expected = new TreeMap<>();
        for (int key = 0; key < KEYS; key++) {
            expected.put("k" + key, "" + rounds * ROUNDS);
        }
        assertEquals(expected, counts());
    }

    private static boolean isShared(ProcessorStatus status) {
        return status.partitions() == PARTITIONS / 2 && status.restoring() == 0
                && status.standbys() == PARTITIONS / 2 && status.standbyLag() == 0;
    }

    @Test
    @SuppressWarnings("try") // one leaves before the other
    void partitionsMoveToWhereTheirStateIs() {
        feed();
        try (ProcessorApp first = ProcessorApp.start(config(), topology())) {
            assertCounted(1);
            try (ProcessorApp second = ProcessorApp.start(config(), topology())) {
                await().atMost(LONG).until(() -> isShared(first.status()) && isShared(second.status()));
                assertTrue(second.status().restoredEntries() <= MISSING, () -> second.status().toString());
                feed();
                assertCounted(2);
                await().atMost(LONG).until(() -> isShared(second.status()));
                first.close();
                await().atMost(LONG).until(() -> second.status().partitions() == PARTITIONS
                        && second.status().restoring() == 0);
                assertTrue(second.status().restoredEntries() <= MISSING, () -> second.status().toString());
                feed();
                assertCounted(3);
            }
        }
    }
}
