package io.chapar.examples.flights;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// The 20,000 flights that come with the example, in order of time. The README beside the file names its source.
public final class FlightData {
    private static final String RESOURCE = "flights.csv";

    private FlightData() {
    }

    public static List<Flight> load() {
        try (InputStream bytes = FlightData.class.getResourceAsStream(RESOURCE)) {
            if (bytes == null) {
                throw new IllegalStateException(RESOURCE + " is missing from the class path");
            }
            BufferedReader lines = new BufferedReader(new InputStreamReader(bytes, StandardCharsets.UTF_8));
            return lines.lines().skip(1).map(Flight::parse).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
