package io.chapar.examples.flights;

import io.chapar.client.serde.SerdeException;
import io.chapar.examples.flights.Arrival.Punctuality;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class FlightDataTest {
    @Test
    void everyFlightHasAnIdOfItsOwnAndIsInOrderOfTime() {
        List<Flight> flights = FlightData.load();
        assertEquals(20_000, flights.size());
        assertEquals(20_000, flights.stream().map(Flight::id).distinct().count());
        for (int i = 1; i < flights.size(); i++) {
            assertTrue(!flights.get(i).departure().isBefore(flights.get(i - 1).departure()), flights.get(i).id());
        }
    }

    @Test
    void flightsAndArrivalsSurviveTheWire() {
        for (Flight flight : FlightData.load()) {
            assertEquals(flight, Flight.serde().deserialize("t", Flight.serde().serialize("t", flight)));
            Arrival arrival = Arrival.of(flight);
            assertEquals(arrival, Arrival.serde().deserialize("t", Arrival.serde().serialize("t", arrival)));
        }
    }

    @Test
    void lateMeansAQuarterOfAnHour() {
        assertEquals(Punctuality.EARLY, Punctuality.of(-1));
        assertEquals(Punctuality.ON_TIME, Punctuality.of(14));
        assertEquals(Punctuality.LATE, Punctuality.of(15));
        assertEquals(3, FlightData.load().stream().map(Arrival::of).map(Arrival::punctuality)
                .collect(Collectors.toSet()).size());
    }

    @Test
    void whatIsNotAFlightIsRefused() {
        for (String line : List.of("", "a,b", "F1,yesterday,1,2,A,B", "F1,2001-01-01T06:20,x,2,A,B")) {
            assertThrows(SerdeException.class,
                    () -> Flight.serde().deserialize("t", line.getBytes(StandardCharsets.UTF_8)), line);
        }
    }
}
