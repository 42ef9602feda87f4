package io.chapar.simulator;

import io.chapar.testing.PlantedChange;

import java.util.List;

import static io.chapar.testing.PlantedChange.after;

/// The bugs of `planted-bugs.txt` and of `planted-modern-group-bugs.txt`:
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
    private static final List<String> FILES = List.of("/planted-bugs.txt", "/planted-modern-group-bugs.txt");

    private PlantedBugs() {}

    static List<PlantedBug> all() {
        return FILES.stream().flatMap(file -> PlantedChange.listedIn(PlantedBugs.class, file).stream())
                .map(PlantedBugs::of).toList();
    }

    private static PlantedBug of(List<String> lines) {
        return new PlantedBug(after("bug: ", lines), after("promise: ", lines), after("file: ", lines),
                after("- ", lines), after("+", lines).strip(), Long.parseLong(after("seed: ", lines)));
    }
}
