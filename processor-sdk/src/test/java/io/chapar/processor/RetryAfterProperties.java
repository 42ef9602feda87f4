package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Records that are tried again later have their effect once, or their dead letter, whatever call is cut off, refused
/// or left without an answer.
class RetryAfterProperties {
    private static final int INPUTS = 20;
    private static final int CALLS = 200;
    private static final ErrorPolicy POLICY = ErrorPolicy.deadLetter("dead", 1)
            .retryAfter(Duration.ofMillis(700), Duration.ofSeconds(3));

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, CALLS), Arbitraries.of(all)).ofMaxSize(8);
    }

    private static Topology topology(boolean stateful, Map<Integer, Integer> attempts) {
        Stream<Integer, Integer> in = Topology.from("in", Serdes.int32(), Serdes.int32()).filter(record -> {
            // Each third one fails for a while, each ninth one always.
            boolean ends = record.value() % 9 == 0 && record.value() > 0;
            if (ends || (record.value() % 3 == 1 && attempts.merge(record.value(), 1, Integer::sum) <= 3)) {
                throw new IllegalStateException("not now");
            }
            return true;
        });
        return (stateful ? in.groupByKey(Serdes.int32()).sum("sums", Integer::longValue).mapValues(Long::intValue) : in)
                .to("out", Serdes.int32(), Serdes.int32());
    }

    @Property(tries = 200)
    void eachHasItsEffectOnce(@ForAll("faults") Map<Integer, Fault> faults, @ForAll boolean stateful,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 5) int maxPoll,
            @ForAll @IntRange(min = 1, max = 8) int commitRecords, @ForAll @IntRange(min = 1, max = 6) int parallel) {
        int[] calls = new int[1];
        Map<Integer, Fault> script = new TreeMap<>(faults);
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 3)
                .withCommitRecords(maxPoll, commitRecords).withParallel(parallel).withOnError(POLICY);
        try (TestDriver driver = TestDriver.of(topology(stateful, new TreeMap<>()), settings, (call, instance) -> {
            Fault fault = script.remove(++calls[0]);
            return fault == null ? Fault.NONE : fault;
        })) {
            for (int number = 0; number < INPUTS; number++) {
                driver.pipe("in", Serdes.int32(), Serdes.int32(), number % 5, number);
            }
            driver.run().assertExactlyOnce();
            List<Integer> dead = new ArrayList<>(driver.read("dead", Serdes.int32(), Serdes.int32()).stream()
                    .map(StreamRecord::value).sorted().toList());
            assertEquals(List.of(9, 18), dead);
        }
    }
}
