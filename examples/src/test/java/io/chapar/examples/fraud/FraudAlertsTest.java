package io.chapar.examples.fraud;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.StreamRecord;
import io.chapar.processor.TestDriver;
import io.chapar.processor.Topology;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// The application without a broker, on the times that the payments have.
final class FraudAlertsTest {
    private static final long MINUTE = 60_000;

    private static TestDriver driver() {
        return driver(FraudAlerts.topology());
    }

    private static TestDriver driver(Topology topology) {
        TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withInstances(2, 3).withOnError(FraudAlerts.ON_ERROR));
        driver.pipe("cards", Serdes.string(), Serdes.string(), "visa-3", "500", 0L);
        driver.pipe("cards", Serdes.string(), Serdes.string(), "visa-4", "500", 0L);
        driver.pipe("cards", Serdes.string(), Serdes.string(), "visa-4", null, 0L);
        pay(driver, "visa-1 60000", 0);
        pay(driver, "visa-3 501", 0);
        pay(driver, "visa-4 501", 0);
        pay(driver, "visa-2 99999", MINUTE);
        pay(driver, "visa-1 50000", 2 * MINUTE);
        pay(driver, "visa-1 1", 3 * MINUTE);
        pay(driver, "nonsense", 4 * MINUTE);
        // A new window: the card begins anew.
        pay(driver, "visa-1 100001", 5 * MINUTE);
        // In the grace of the first window.
        pay(driver, "visa-2 2", 4 * MINUTE);
        pay(driver, "visa-1 5", 20 * MINUTE);
        pay(driver, "visa-1 7", MINUTE);
        return driver;
    }

    private static void pay(TestDriver driver, String payment, long timestampMs) {
        driver.pipe("payments", Serdes.string(), Serdes.string(), null, payment, timestampMs);
    }

    private static List<String> values(TestDriver driver, String topic) {
        return driver.read(topic, Serdes.string(), Serdes.string()).stream().map(StreamRecord::value).sorted()
                .toList();
    }

    private static void assertAlerts(TestDriver driver) {
        assertEquals(List.of("100001 cents since 1970-01-01T00:00:00Z", "100001 cents since 1970-01-01T00:05:00Z",
                "110000 cents since 1970-01-01T00:00:00Z", "501 cents since 1970-01-01T00:00:00Z"),
                values(driver, "alerts"));
        driver.assertExactlyOnce();
    }

    @Test
    void aCardGivesOneAlertInEachFiveMinutes() {
        try (TestDriver driver = driver().run()) {
            assertAlerts(driver);
            assertEquals(List.of("nonsense"), values(driver, "payments-dead"));
            assertEquals(1, driver.status().lateRecords());
            assertEquals(1, driver.read("payments-late", Serdes.string(), Serdes.int64()).size());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 6, 20, 33, 47, 60})
    void alertsAreRowsOfTheDatabaseAsWell(int calls) {
        try (TestDriver driver = driver(FraudAlerts.topology(new UrlDataSource("jdbc:none")))) {
            driver.crashAfterWritten(calls).loseCommitAnswer(true).run();
            assertAlerts(driver);
            List<String> rows = driver.rows(FraudAlerts.INSERT).stream().map(String::valueOf).sorted().toList();
            assertEquals(List.of("[visa-1, 1970-01-01T00:00:00Z, 110000]", "[visa-1, 1970-01-01T00:05:00Z, 100001]",
                    "[visa-2, 1970-01-01T00:00:00Z, 100001]", "[visa-3, 1970-01-01T00:00:00Z, 501]"), rows);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 8, 13, 20, 28, 40, 55})
    void aCrashAnywhereGivesNoAlertTwice(int calls) {
        try (TestDriver driver = driver()) {
            driver.crashAfterWritten(calls).loseCommitAnswer(true).run();
            assertAlerts(driver);
        }
    }
}
