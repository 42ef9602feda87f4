package io.chapar.broker.metrics;

import io.chapar.broker.metrics.GroupLag.Bounds;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;

class GroupLagTest {
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final TopicPartition UNKNOWN = new TopicPartition("u", 0);

    private static GroupLag lag(long committed, Bounds bounds) {
        Totals totals = new Totals();
        totals.add(new GroupFigures("g", "consumer", "Stable", 1, 1,
                new TreeMap<>(Map.of(ID, committed, UNKNOWN, 5L))));
        List<GroupLag> all = GroupLag.all(totals, Map.of(ID, bounds), new LagTimes(), 0);
        assertEquals(1, all.size());
        assertEquals(1, all.getFirst().partitions().size(), "of the other one the end is not known");
        return all.getFirst();
    }

    @Test
    void whatATransactionHoldsIsPartOfTheLag() {
        GroupLag lag = lag(10, new Bounds(0, 30, 12));
        assertEquals(20, lag.records());
        assertEquals(18, lag.held());
        assertEquals(5, lag(25, new Bounds(0, 30, 12)).held(), "it has read beyond the stable offset");
        assertEquals(0, lag(10, new Bounds(0, 30, 30)).held());
    }

    @Test
    void whatIsDeletedIsNotMissed() {
        assertEquals(10, lag(5, new Bounds(20, 30, 30)).records());
        assertEquals(0, lag(40, new Bounds(0, 30, 30)).records(), "it was given other offsets");
    }
}
