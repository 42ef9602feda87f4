package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// A join by a foreign key goes over two topics: whatever fails on the way, in the end each key has what its value
/// refers to.
class ForeignJoinProperties {
    private static final int INPUTS = 40;
    private static final Serde<String> TEXT = Serdes.string();

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, 400), Arbitraries.of(all)).ofMaxSize(12);
    }

    @Property(tries = 150)
    void whatItComesToIsWhatTheTablesSay(@ForAll("faults") Map<Integer, Fault> faults, @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 2) int instances, @ForAll @IntRange(min = 1, max = 9) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        Topology topology = Topology.table("orders", "o", TEXT, TEXT).leftJoin("named",
                Topology.table("customers", "c", TEXT, TEXT), ForeignKey.of((String order) -> order, TEXT, TEXT, TEXT),
                TEXT, (order, customer) -> order + ":" + customer).toStream().to("out", TEXT, TEXT);
        int[] calls = new int[1];
        Map<Integer, Fault> script = new TreeMap<>(faults);
        Map<String, String> orders = new TreeMap<>();
        Map<String, String> customers = new TreeMap<>();
        try (TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withInstances(instances, 2).withCommitRecords(maxPoll, commitRecords), (call, instance) -> {
                    Fault fault = script.remove(++calls[0]);
                    return fault == null ? Fault.NONE : fault;
                })) {
            Random random = new Random(seed);
            for (int number = 0; number < INPUTS; number++) {
                boolean order = random.nextBoolean();
                String key = (order ? "o" : "c") + random.nextInt(4);
                String value = random.nextInt(5) == 0 ? null : order ? "c" + random.nextInt(4) : "n" + number;
                (order ? orders : customers).put(key, value);
                driver.pipe(order ? "o" : "c", TEXT, TEXT, key, value);
            }
            driver.run();
            Map<String, String> expected = new TreeMap<>();
            orders.forEach((key, customer) -> {
                if (customer != null) {
                    expected.put(key, customer + ":" + customers.get(customer));
                }
            });
            Map<String, String> results = new TreeMap<>();
            driver.query().forEach("named", TEXT, TEXT, results::put);
            assertEquals(expected, results);
            driver.assertExactlyOnce();
        }
    }
}
