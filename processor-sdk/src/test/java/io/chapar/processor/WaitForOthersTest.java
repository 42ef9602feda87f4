package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// A record that meets another topic's waits for it, so that the earlier one of both comes first.
class WaitForOthersTest {
    private static final Serde<String> TEXT = Serdes.string();
    private static final Duration WAIT = Duration.ofMillis(500);

    private static TestDriver driver(Delivery delivery, Duration wait, int parallel) {
        Topology topology = Topology.from("orders", TEXT, TEXT).groupByKey(TEXT).leftJoin("priced",
                Topology.table("prices", "prices", TEXT, TEXT), (order, price) -> order + "@" + price)
                .to("out", TEXT, TEXT);
        return TestDriver.of(topology, TestDriver.Settings.of(delivery).withWaitForOthers(wait).withParallel(parallel));
    }

    private static List<String> out(TestDriver driver) {
        return driver.read("out", TEXT, TEXT).stream().map(StreamRecord::value).toList();
    }

    private static TestDriver late(Delivery delivery, Duration wait, int parallel) {
        TestDriver driver = driver(delivery, wait, parallel);
        driver.pipe("orders", TEXT, TEXT, "tea", "first", 100).advance(Duration.ofMillis(200));
        return driver.pipe("prices", TEXT, TEXT, "tea", "5", 50).run();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void whatComesLaterAndWasEarlierIsFirst(int parallel) {
        for (Delivery delivery : List.of(Delivery.EXACTLY_ONCE, Delivery.AT_LEAST_ONCE)) {
            try (TestDriver driver = late(delivery, WAIT, parallel)) {
                assertEquals(List.of("first@5"), out(driver));
                driver.assertExactlyOnce();
            }
            try (TestDriver driver = late(delivery, Duration.ZERO, parallel)) {
                assertEquals(List.of("first@null"), out(driver));
            }
        }
        try (TestDriver driver = late(Delivery.AT_MOST_ONCE, WAIT, parallel)) {
            assertEquals(List.of("first@null"), out(driver), "its position is committed");
        }
    }

    /// Nothing is committed for what waits; when the time is over it goes on, and so does what comes then.
    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void noRecordWaitsForLonger(int parallel) {
        try (TestDriver driver = driver(Delivery.EXACTLY_ONCE, WAIT, parallel)) {
            driver.pipe("orders", TEXT, TEXT, "tea", "first", 100).advance(Duration.ofMillis(400));
            assertEquals(List.of(), out(driver));
            driver.advance(Duration.ofMillis(300));
            assertEquals(List.of("first@null"), out(driver));
            driver.pipe("orders", TEXT, TEXT, "tea", "second", 110).advance(Duration.ofMillis(250));
            assertEquals(List.of("first@null", "second@null"), out(driver));
            driver.pipe("prices", TEXT, TEXT, "tea", "6", 60).run();
            driver.pipe("orders", TEXT, TEXT, "tea", "third", 120).advance(Duration.ofMillis(400));
            assertEquals(2, out(driver).size(), "something had come of the other topic meanwhile");
            driver.run().assertExactlyOnce();
            assertEquals("third@6", out(driver).getLast());
        }
    }

    @Test
    void aCrashWhileItWaitsTakesNothing() {
        for (int calls = 1; calls < 12; calls++) {
            try (TestDriver driver = driver(Delivery.EXACTLY_ONCE, WAIT, 1)) {
                driver.pipe("orders", TEXT, TEXT, "tea", "first", 100).crashAfter(calls)
                        .advance(Duration.ofMillis(100));
                driver.pipe("prices", TEXT, TEXT, "tea", "5", 50).run().assertExactlyOnce();
                assertEquals(List.of("first@5"), out(driver));
            }
        }
    }
}
