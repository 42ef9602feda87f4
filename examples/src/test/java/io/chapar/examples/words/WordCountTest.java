package io.chapar.examples.words;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.TestDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// The application without a broker.
final class WordCountTest {
    private static TestDriver driver() {
        TestDriver driver = TestDriver.of(WordCount.topology(),
                TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(2, 3));
        for (String line : new String[] {"Neither snow nor rain", "nor heat nor gloom", "", "of night: rain, snow!"}) {
            driver.pipe("lines", Serdes.string(), Serdes.string(), "k" + line.length(), line);
        }
        return driver;
    }

    private static Map<String, Integer> counts(TestDriver driver) {
        Map<String, Integer> counts = new TreeMap<>();
        driver.read("counts", Serdes.string(), Serdes.string())
                .forEach(record -> counts.merge(record.key(), Integer.parseInt(record.value()), Math::max));
        return counts;
    }

    @Test
    void everyWordHasItsCount() {
        try (TestDriver driver = driver().run()) {
            assertEquals(Map.of("neither", 1, "snow", 2, "nor", 3, "rain", 2, "heat", 1, "gloom", 1, "of", 1,
                    "night", 1), counts(driver));
            driver.assertExactlyOnce();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 6, 9, 13, 18, 24, 30, 36})
    void aCrashAnywhereCountsNoWordTwice(int calls) {
        try (TestDriver driver = driver()) {
            driver.crashAfterWritten(calls).loseCommitAnswer(true).run();
            driver.assertExactlyOnce();
            assertEquals(3, counts(driver).get("nor"));
        }
    }
}
