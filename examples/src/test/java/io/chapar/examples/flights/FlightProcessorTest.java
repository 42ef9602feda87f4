package io.chapar.examples.flights;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.StreamRecord;
import io.chapar.processor.TestDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The applications without a broker.
final class FlightProcessorTest {
    private static final List<Flight> FLIGHTS = FlightData.load().subList(0, 200);

    private static TestDriver driver(Delivery delivery) {
        TestDriver driver = TestDriver.of(FlightProcessor.topology("in", "late", "punctual"), delivery);
        for (Flight flight : FLIGHTS) {
            driver.pipe("in", Serdes.string(), Flight.serde(), flight.origin(), flight);
        }
        return driver;
    }

    private static List<Arrival> read(TestDriver driver, String topic) {
        return driver.read(topic, Serdes.string(), Arrival.serde()).stream().map(StreamRecord::value).toList();
    }

    @Test
    void everyFlightGoesToTheTopicWhereItBelongs() {
        try (TestDriver driver = driver(Delivery.EXACTLY_ONCE)) {
            driver.run();
            List<Arrival> late = read(driver, "late");
            List<Arrival> punctual = read(driver, "punctual");
            assertTrue(late.stream().allMatch(Arrival::isLate));
            assertTrue(punctual.stream().noneMatch(Arrival::isLate));
            Set<String> ids = new TreeSet<>();
            late.forEach(arrival -> ids.add(arrival.flightId()));
            punctual.forEach(arrival -> ids.add(arrival.flightId()));
            assertEquals(FLIGHTS.stream().map(Flight::id).collect(Collectors.toCollection(TreeSet::new)), ids);
            assertEquals(FLIGHTS.size(), late.size() + punctual.size());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 8, 13, 21})
    void aCrashAnywhereNeitherLosesNorRepeats(int calls) {
        try (TestDriver driver = driver(Delivery.EXACTLY_ONCE)) {
            driver.crashAfter(calls).run();
            driver.assertExactlyOnce();
            assertEquals(FLIGHTS.size(), read(driver, "late").size() + read(driver, "punctual").size());
        }
    }

    @Test
    void theReadmesProcessorPicksLateFlights() {
        try (TestDriver driver = TestDriver.of(LateFlights.topology(), Delivery.EXACTLY_ONCE)) {
            for (Flight flight : FLIGHTS) {
                driver.pipe("flights", Serdes.string(), Serdes.string(), null, flight.line());
            }
            driver.run();
            List<String> late = driver.read("late", Serdes.string(), Serdes.string()).stream()
                    .map(StreamRecord::value).sorted().toList();
            assertEquals(FLIGHTS.stream().filter(flight -> flight.delayMinutes() >= 15)
                    .map(flight -> flight.id() + " is " + flight.delayMinutes() + " minutes late").sorted().toList(),
                    late);
        }
    }
}
