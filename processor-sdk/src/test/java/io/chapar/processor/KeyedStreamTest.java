package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Locale;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class KeyedStreamTest {
    private static Stream<String, String> in() {
        return Topology.from("in", Serdes.string(), Serdes.string());
    }

    private static Topology counting(Stream<String, String> stream, String name) {
        return stream.groupByKey(Serdes.string()).count(name).to("out", Serdes.string(), Serdes.int64());
    }

    private static String refusal(Stream<String, String> stream) {
        return assertThrows(UsageException.class, () -> stream.groupByKey(Serdes.string())).getMessage();
    }

    private static List<String> out(TestDriver driver) {
        return driver.read("out", Serdes.string(), Serdes.int64()).stream()
                .map(record -> record.key() + record.value()).toList();
    }

    @Test
    void aStreamThatMayHaveOtherKeysHasToGoThroughATopic() {
        String text = refusal(in().selectKey(StreamRecord::value).filter(record -> true));
        assertTrue(text.contains("repartition(name"), text);
        refusal(in().map(record -> record));
        refusal(in().flatMap(List::of));
        refusal(in().merge(in().map(record -> record)));
        in().mapValues(value -> value).peek(record -> { }).groupByKey(Serdes.string());
        in().selectKey(StreamRecord::value).through("by-value", Serdes.string(), Serdes.string())
                .groupByKey(Serdes.string());
        in().selectKey(StreamRecord::value).repartition("by-value", Serdes.string(), Serdes.string())
                .groupByKey(Serdes.string());
    }

    @Test
    void whatNoStepKeepsIsNoTable() {
        assertThrows(UsageException.class, () -> in().table());
        in().groupByKey(Serdes.string()).count("c").table().toStream().table();
    }

    /// What comes in time before is what the other finds, whichever topic it is in.
    @Test
    void ofTwoTopicsThatMeetTheEarlierRecordComesFirst() {
        Topology topology = in().groupByKey(Serdes.string()).leftJoin("j",
                Topology.table("t", "table", Serdes.string(), Serdes.string()), (left, right) -> left + right)
                .to("out", Serdes.string(), Serdes.string());
        for (int maxPoll : new int[] {1, 3, 10}) {
            try (TestDriver driver = TestDriver.of(topology,
                    TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withCommitRecords(maxPoll, 4))) {
                for (int time = 0; time < 20; time += 2) {
                    driver.pipe("in", Serdes.string(), Serdes.string(), "k", "in" + time, time);
                    driver.pipe("table", Serdes.string(), Serdes.string(), "k", "-" + (time + 1), time + 1);
                }
                driver.pipe("in", Serdes.string(), Serdes.string(), null, "x", 20);
                List<String> out = driver.run().read("out", Serdes.string(), Serdes.string()).stream()
                        .map(StreamRecord::value).toList();
                assertEquals(List.of("in0null", "in2-1", "in4-3", "in6-5"), out.subList(0, 4));
                assertEquals("in18-17", out.get(9));
                assertEquals("xnull", out.get(10));
                driver.assertExactlyOnce();
            }
        }
    }

    @Test
    void twoStepsCannotHaveOneName() {
        Topology twice = counting(in(), "counts").and(counting(in(), "counts"));
        assertThrows(UsageException.class, () -> TestDriver.of(twice, Delivery.EXACTLY_ONCE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "with space", "a/b"})
    void aStepsNameCanBePartOfATopics(String name) {
        assertThrows(UsageException.class, () -> counting(in(), name));
    }

    @ParameterizedTest
    @EnumSource
    void whatHasNoKeyOrNoValueIsPassedOver(Delivery delivery) {
        try (TestDriver driver = TestDriver.of(counting(in(), "counts"), delivery)) {
            driver.pipe("in", Serdes.string(), Serdes.string(), "k", "v");
            driver.pipe("in", Serdes.string(), Serdes.string(), null, "v");
            driver.pipe("in", Serdes.string(), Serdes.string(), "k", null);
            driver.pipe("in", Serdes.string(), Serdes.string(), "k", "v").run();
            assertEquals(List.of("k1", "k2"), out(driver));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStreamWithOtherKeysIsCountedBehindItsTopic(Delivery delivery) {
        Topology topology = in().groupBy(record -> record.value().toUpperCase(Locale.ROOT), Serdes.string(),
                Serdes.string()).count("counts").to("out", Serdes.string(), Serdes.int64());
        try (TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(delivery).withInstances(2, 3))) {
            for (String value : List.of("a", "b", "A")) {
                driver.pipe("in", Serdes.string(), Serdes.string(), "k", value);
            }
            assertEquals(List.of("A1", "A2", "B1"), out(driver.run()).stream().sorted().toList());
            driver.assertExactlyOnce();
        }
    }

    /// The crash comes when all is written and nothing committed: exactly once, none of it counts.
    @Test
    void aCrashBeforeTheCommitLeavesNothingInTheState() {
        try (TestDriver driver = TestDriver.of(counting(in(), "counts"), Delivery.EXACTLY_ONCE)) {
            for (int number = 0; number < 3; number++) {
                driver.pipe("in", Serdes.string(), Serdes.string(), "k", "v");
            }
            // open, poll, restore, begin, three times output and entry, flush, stage, and then death
            driver.crashAfterWritten(13).run();
            assertEquals(1, driver.crashes());
            assertEquals(List.of("k1", "k2", "k3"), out(driver));
            driver.assertExactlyOnce();
        }
    }
}
