package io.chapar.simulator;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// The bugs of `planted-bugs.txt`:
///
/// ```
/// bug: what it is called
/// promise: how the promise begins that is there to catch it
/// file: below the root of the project
/// seed: one that catches it soon, 0 where none is known
/// - what stands in the file
/// + what stands there instead
/// ```
/// An empty line comes between two; what begins with `#` is for the reader.
final class PlantedBugs {
    private static final String FILE = "/planted-bugs.txt";

    private PlantedBugs() {}

    static List<PlantedBug> all() {
        List<PlantedBug> all = new ArrayList<>();
        for (String each : text().split("\n\n+")) {
            List<String> lines = Arrays.stream(each.split("\n")).filter(line -> !line.startsWith("#")).toList();
            if (!lines.isEmpty()) {
                all.add(of(lines));
            }
        }
        return all;
    }

    private static PlantedBug of(List<String> lines) {
        return new PlantedBug(after("bug: ", lines), after("promise: ", lines), after("file: ", lines),
                after("- ", lines), after("+", lines).strip(), Long.parseLong(after("seed: ", lines)));
    }

    private static String after(String mark, List<String> lines) {
        String found = lines.stream().filter(line -> line.startsWith(mark)).map(line -> line.substring(mark.length()))
                .collect(Collectors.joining("\n"));
        if (lines.stream().noneMatch(line -> line.startsWith(mark))) {
            throw new AssertionError("no line begins with '" + mark + "' in " + lines);
        }
        return found;
    }

    private static String text() {
        try (InputStream in = PlantedBugs.class.getResourceAsStream(FILE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
