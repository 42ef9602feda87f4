package io.chapar.examples.flights;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.SerdeException;
import io.chapar.client.serde.Serdes;

import java.nio.charset.StandardCharsets;

/// What the processor says about one flight; the flight's id goes with it, so that every output can be traced to its
/// input. On the wire it is a line of CSV.
public record Arrival(String flightId, String route, Punctuality punctuality, int delayMinutes) {
    private static final int COLUMNS = 4;
    private static final Serde<Arrival> SERDE =
            Serdes.of(arrival -> arrival.line().getBytes(StandardCharsets.UTF_8),
                    bytes -> parse(new String(bytes, StandardCharsets.UTF_8)));

    /// As the U.S. Department of Transportation counts: a flight is late from 15 minutes on.
    public enum Punctuality {
        EARLY,
        ON_TIME,
        LATE;

        private static final int LATE_FROM_MINUTES = 15;

        static Punctuality of(int delayMinutes) {
            if (delayMinutes < 0) {
                return EARLY;
            }
            return delayMinutes < LATE_FROM_MINUTES ? ON_TIME : LATE;
        }
    }

    public static Arrival of(Flight flight) {
        return new Arrival(flight.id(), flight.origin() + "-" + flight.destination(),
                Punctuality.of(flight.delayMinutes()), flight.delayMinutes());
    }

    public boolean isLate() {
        return punctuality == Punctuality.LATE;
    }

    public static Serde<Arrival> serde() {
        return SERDE;
    }

    /// Throws [SerdeException] when the line is not an arrival.
    public static Arrival parse(String line) {
        String[] cells = line.split(",", -1);
        if (cells.length != COLUMNS) {
            throw new SerdeException("An arrival has " + COLUMNS + " columns: " + line);
        }
        try {
            return new Arrival(cells[0], cells[1], Punctuality.valueOf(cells[2]), Integer.parseInt(cells[3]));
        } catch (IllegalArgumentException e) {
            throw new SerdeException("Not an arrival: " + line, e);
        }
    }

    public String line() {
        return flightId + ',' + route + ',' + punctuality + ',' + delayMinutes;
    }
}
