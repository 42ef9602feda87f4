package io.chapar.examples.flights;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.SerdeException;
import io.chapar.client.serde.Serdes;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDateTime;

/// One flight of the data set; on the wire it is its line of CSV.
///
/// @param id unique over the data set
/// @param departure local time at the origin
/// @param delayMinutes negative when early
public record Flight(String id, LocalDateTime departure, int delayMinutes, int distanceMiles, String origin,
        String destination) {
    private static final int COLUMNS = 6;
    private static final Serde<Flight> SERDE =
            Serdes.of(flight -> flight.line().getBytes(StandardCharsets.UTF_8),
                    bytes -> parse(new String(bytes, StandardCharsets.UTF_8)));

    public static Serde<Flight> serde() {
        return SERDE;
    }

    /// Throws [SerdeException] when the line is not a flight.
    public static Flight parse(String line) {
        String[] cells = line.split(",", -1);
        if (cells.length != COLUMNS) {
            throw new SerdeException("A flight has " + COLUMNS + " columns: " + line);
        }
        try {
            return new Flight(cells[0], LocalDateTime.parse(cells[1]), Integer.parseInt(cells[2]),
                    Integer.parseInt(cells[3]), cells[4], cells[5]);
        } catch (DateTimeException | NumberFormatException e) {
            throw new SerdeException("Not a flight: " + line, e);
        }
    }

    public String line() {
        return id + ',' + departure + ',' + delayMinutes + ',' + distanceMiles + ',' + origin + ',' + destination;
    }
}
