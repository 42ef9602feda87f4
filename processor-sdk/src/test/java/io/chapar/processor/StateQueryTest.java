package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class StateQueryTest {
    private static final TimeWindows WINDOWS = TimeWindows.tumbling(Duration.ofMillis(100));

    private static TestDriver counting(TestDriver.Settings settings, int records) {
        KeyedStream<String, Long> in = Topology.from("in", Serdes.string(), Serdes.int64())
                .groupByKey(Serdes.string());
        ValueState<Long> last = ValueState.named("last", Serdes.int64());
        TestDriver driver = TestDriver.of(in.count("counts").forEach(record -> { })
                .and(in.windowedBy(WINDOWS).count("windows").forEach(record -> { }))
                .and(in.process("process", KeyProcess.<String, Long, Long>of((record, context) ->
                        context.set(last, record.value()))).forEach(record -> { })), settings);
        for (long number = 0; number < records; number++) {
            driver.pipe("in", Serdes.string(), Serdes.int64(), "k" + number % 3, number, number * 50);
        }
        return driver;
    }

    @Test
    void valuesWindowsAndStateOfFunctionsAreToldOfAllPartitions() {
        try (TestDriver driver = counting(TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(2, 3), 7).run()) {
            StateQuery query = driver.query();
            assertEquals(3, query.get("counts", Serdes.string(), Serdes.int64(), "k0"));
            assertEquals(2, query.get("counts", Serdes.string(), Serdes.int64(), "k2"));
            assertNull(query.get("counts", Serdes.string(), Serdes.int64(), "none"));
            assertEquals(Set.of(0, 1, 2), query.partitions("counts"));
            TreeMap<String, Long> all = new TreeMap<>();
            query.forEach("counts", Serdes.string(), Serdes.int64(), all::put);
            assertEquals(Map.of("k0", 3L, "k1", 2L, "k2", 2L), all);
            assertEquals(Map.of(300L, 1L),
                    query.windows("windows", WINDOWS, Serdes.string(), Serdes.int64(), "k0", 0, 1_000));
            assertEquals(6, query.get("process", Serdes.string(), ValueState.named("last", Serdes.int64()), "k0"));
        }
    }

    @Test
    void whatDoesNotFitIsRefusedByName() {
        try (TestDriver driver = counting(TestDriver.Settings.of(Delivery.EXACTLY_ONCE), 1).run()) {
            StateQuery query = driver.query();
            String unknown = assertThrows(UsageException.class, () -> query.get("count", Serdes.string(),
                    Serdes.int64(), "k0")).getMessage();
            assertTrue(unknown.contains("'count'") && unknown.contains("counts"), unknown);
            assertThrows(UsageException.class, () -> query.get("windows", Serdes.string(), Serdes.int64(), "k0"));
            assertThrows(UsageException.class, () -> query.windows("windows", WINDOWS.grace(Duration.ofMillis(1)),
                    Serdes.string(), Serdes.int64(), "k0", 0, Long.MAX_VALUE));
            assertThrows(UsageException.class, () -> query.windows("windows",
                    TimeWindows.tumbling(Duration.ofMillis(10)), Serdes.string(), Serdes.int64(), "k0", 0, 10));
            assertThrows(UsageException.class, () -> query.get("counts", Serdes.string(),
                    ValueState.named("last", Serdes.int64()), "k0"));
        }
    }

    @Test
    void whatIsNotCommittedIsNotTold() {
        StateBudget budget = new StateBudget(Long.MAX_VALUE);
        Store store = new Store(budget, new MemoryRows(budget));
        for (int key = 0; key < 10; key += 2) {
            store.put(new byte[] {(byte) key}, new byte[] {1});
        }
        store.commit(true, 0);
        store.put(new byte[] {0}, new byte[] {2});
        store.put(new byte[] {1}, new byte[] {2});
        store.put(new byte[] {4}, null);
        store.put(new byte[] {11}, new byte[] {2});
        assertEquals("[0=1, 2=1, 4=1, 6=1, 8=1]", told(store, new byte[0], 99));
        assertEquals("[2=1, 4=1]", told(store, new byte[] {1}, 2));
        assertEquals(1, store.committed(new byte[] {4})[0]);
        assertNull(store.committed(new byte[] {1}));
        store.commit(true, 0);
        assertEquals("[0=2, 1=2, 2=1, 6=1, 8=1, 11=2]", told(store, new byte[0], 99));
    }

    private static String told(Store store, byte[] from, int atMost) {
        return store.committedFrom(from, atMost).stream()
                .map(entry -> entry.getKey()[0] + "=" + entry.getValue()[0]).toList().toString();
    }
}
