package io.chapar.cli.cluster;

import io.chapar.client.admin.BrokerFeatures;
import io.chapar.client.admin.BrokerFeatures.Range;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class UpgradeCoreTest {
    private final SortedMap<Integer, BrokerFeatures> brokers = new TreeMap<>();

    private void broker(int id, Map<String, Range> can, Map<String, Integer> levels) {
        brokers.put(id, new BrokerFeatures(new TreeMap<>(can), new TreeMap<>(levels)));
    }

    @Test
    void nothingRisesWhereAllIsNew() {
        broker(1, Map.of("a", new Range(1, 3)), Map.of("a", 3));
        broker(2, Map.of("a", new Range(2, 3)), Map.of("a", 3));
        UpgradeCore.Plan plan = UpgradeCore.plan(brokers);
        assertTrue(plan.raises().isEmpty());
        assertFalse(plan.isHeld());
        assertEquals("{1=1-3, 2=2-3}", plan.features().getFirst().brokers().toString());
    }

    @Test
    void whatAllCanRises() {
        broker(1, Map.of("a", new Range(1, 3), "b", new Range(0, 1)), Map.of("a", 2));
        broker(2, Map.of("a", new Range(1, 3), "b", new Range(0, 1)), Map.of("a", 1));
        UpgradeCore.Plan plan = UpgradeCore.plan(brokers);
        assertEquals(Map.of("a", 3, "b", 1), plan.raises());
        assertEquals(2, plan.features().getFirst().level(), "who lags behind knows an earlier one");
        assertFalse(plan.isHeld());
    }

    @Test
    void whoCannotIsNamed() {
        broker(1, Map.of("a", new Range(1, 3), "b", new Range(0, 1)), Map.of("a", 2));
        broker(2, Map.of("a", new Range(1, 2)), Map.of("a", 2));
        broker(3, Map.of("a", new Range(1, 3), "b", new Range(0, 1)), Map.of("a", 2));
        UpgradeCore.Plan plan = UpgradeCore.plan(brokers);
        assertEquals(List.of("broker 2 can do a up to 2, and not 3", "broker 2 does not know b"),
                plan.holds());
    }
}
