package io.chapar.simulator;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The simulation is worth what it catches: each of these bugs, planted into the real code, breaks the promise that
/// is there for it. What else it breaks does not count.
class PlantedBugsTest {
    private static final int SEEDS = 200;
    /// With seeds that are short; the nightly run takes all.
    private static final List<String> SOME = List.of("aborted entry never written", "zombies are not fenced",
            "blocks of producer ids overlap");

    @TempDir
    Path scratch;

    static List<PlantedBug> all() {
        return PlantedBugs.all();
    }

    static List<PlantedBug> some() {
        return all().stream().filter(bug -> SOME.contains(bug.name())).toList();
    }

    /// How many of the seeds catch it, and what else they say, in the form of the table in docs/simulator.md. The seed
    /// that is known to catch it is one of them, wherever it lies.
    @ParameterizedTest
    @Tag("nightly")
    @Tag("planted")
    @MethodSource("all")
    void everyPlantedBugIsCaughtByItsPromise(PlantedBug bug) throws Exception {
        PlantedBug.Rate rate = rate(bug);
        System.out.println(rate.row(bug));
        assertTrue(rate.caught() > 0 || !bug.isKnownToBeCaught(),
                () -> bug.name() + " is not caught by its promise: " + rate.row(bug));
    }

    private PlantedBug.Rate rate(PlantedBug bug) throws Exception {
        try (PlantedBug.Planted planted = bug.plant(scratch);
                ExecutorService cores = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
            long[] seeds = LongStream.concat(LongStream.rangeClosed(1, SEEDS),
                    LongStream.of(bug.seed()).filter(seed -> seed > SEEDS)).toArray();
            List<Callable<String>> all = LongStream.of(seeds)
                    .<Callable<String>>mapToObj(seed -> () -> planted.broken(seed)).toList();
            PlantedBug.Rate rate = new PlantedBug.Rate();
            int next = 0;
            for (Future<String> one : cores.invokeAll(all)) {
                rate.add(bug, seeds[next++], one.get());
            }
            return rate;
        }
    }

    /// Whoever changes one of these lines plants its bug anew.
    @ParameterizedTest
    @MethodSource("all")
    void everyBugCanStillBePlanted(PlantedBug bug) throws IOException {
        bug.spoilt();
    }

    @Test
    void everyBugHasANameOfItsOwn() {
        List<String> names = all().stream().map(PlantedBug::name).toList();
        assertEquals(names.stream().distinct().toList(), names);
    }

    /// A seed draws another world when the simulator or what it runs has changed: then the first that catches it is
    /// looked for.
    @ParameterizedTest
    @MethodSource("some")
    void someAreCaughtAtOnce(PlantedBug bug) throws Exception {
        try (PlantedBug.Planted planted = bug.plant(scratch)) {
            boolean caught = bug.isCaughtBy(planted.broken(bug.seed()));
            for (int seed = 1; seed <= SEEDS && !caught; seed++) {
                caught = bug.isCaughtBy(planted.broken(seed));
            }
            assertTrue(caught, () -> bug.name() + " is not caught by its promise in " + SEEDS + " seeds");
        }
    }
}
