package io.chapar.simulator.planted;

import io.chapar.simulator.Simulation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Every planted bug breaks a promise within the first seeds. What the table in `docs/simulator.md` shows is printed by
/// the nightly test.
class PlantedBugsTest {
    private static final long SEEDS = 200;

    @Test
    void theListFitsTheCode() {
        for (PlantedBug bug : PlantedBugs.ALL) {
            assertTrue(!bug.spoiledSource().equals(bug.source()), bug.name());
        }
        assertEquals(PlantedBugs.ALL.size(), PlantedBugs.ALL.stream().map(PlantedBug::name).distinct().count());
    }

    @Test
    void someAreCaughtSoon(@TempDir Path folder) throws IOException {
        for (String name : List.of("an abort commits", "the last stable offset is one too high",
                "a record counts before it is in the log")) {
            PlantedBug bug = PlantedBugs.ALL.stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow();
            Caught caught = hunt(bug, folder, 1);
            assertTrue(caught.seeds() > 0, bug.name() + " was not caught within " + SEEDS + " seeds");
        }
    }

    @Test
    @Tag("nightly")
    void allAreCaught(@TempDir Path folder) throws IOException {
        for (long seed = 1; seed <= SEEDS; seed++) {
            assertNull(Simulation.run(seed).broken(), "the sound code");
        }
        List<String> missed = new ArrayList<>();
        List<String> table = new ArrayList<>();
        for (PlantedBug bug : PlantedBugs.ALL) {
            Caught caught = hunt(bug, folder, SEEDS);
            table.add(caught.row(bug));
            if (caught.seeds() == 0) {
                missed.add(bug.name());
            }
        }
        System.out.println("| planted bug | first seed | seeds of " + SEEDS + " | promises that broke (seeds) |\n"
                + "|---|---|---|---|\n" + String.join("\n", table));
        assertEquals(List.of(), missed, "not caught within " + SEEDS + " seeds");
    }

    /// @param enough stop after so many seeds that caught it
    private static Caught hunt(PlantedBug bug, Path folder, long enough) throws IOException {
        Map<String, Integer> promises = new TreeMap<>();
        long first = 0;
        int seeds = 0;
        try (SpoiledCode code = new SpoiledCode(bug, Files.createTempDirectory(folder, "spoiled"))) {
            for (long seed = 1; seed <= SEEDS && seeds < enough; seed++) {
                String broken = code.brokenBy(seed);
                if (broken != null) {
                    first = first == 0 ? seed : first;
                    seeds++;
                    promises.merge(broken.substring(0, Math.max(0, broken.indexOf(": "))), 1, Integer::sum);
                }
            }
        }
        return new Caught(first, seeds, promises);
    }

    private record Caught(long first, int seeds, Map<String, Integer> promises) {
        String row(PlantedBug bug) {
            List<String> by = promises.entrySet().stream()
                    .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                    .map(one -> one.getKey() + " (" + one.getValue() + ")").toList();
            return "| " + bug.name() + " | " + first + " | " + seeds + " | " + String.join("; ", by) + " |";
        }
    }
}
