package io.chapar.simulator;

import io.chapar.testing.PlantedChange;

import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.Method;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// A piece of the real code, and what it becomes: a bug that somebody might make. The changed file is compiled by
/// itself, and the simulation runs with it in a class loader of its own.
///
/// @param promise how the promise begins that is there to catch it; one that another promise catches is not caught
/// @param file below the root of the project
/// @param old stands in the file exactly once, however its lines are broken
/// @param seed one that catches it soon; 0 where none is known
record PlantedBug(String name, String promise, String file, String old, String now, long seed) {
    /// The code with the bug in it, ready to run seeds.
    interface Planted extends AutoCloseable {
        /// The promise that the seed breaks, and how; null when it breaks none.
        String broken(long seed) throws ReflectiveOperationException;

        @Override
        void close() throws IOException;
    }

    /// In a class loader of its own, beside the code without the bug.
    private static final class Beside implements Planted {
        private final URLClassLoader loader;
        private final Method run;

        private Beside(URLClassLoader loader) throws ReflectiveOperationException {
            this.loader = loader;
            run = loader.loadClass("io.chapar.simulator.Simulation").getMethod("run", long.class);
        }

        @Override
        public String broken(long seed) throws ReflectiveOperationException {
            Object result = run.invoke(null, seed);
            return (String) result.getClass().getMethod("broken").invoke(result);
        }

        @Override
        public void close() throws IOException {
            loader.close();
        }
    }

    /// What came of some seeds.
    static final class Rate {
        private final SortedMap<String, Integer> otherwise = new TreeMap<>();
        private int seeds;
        private int caught;
        private long first;
        private long quickest;
        private long quickestMs = Long.MAX_VALUE;

        /// @param broken what the seed broke, or null
        /// @return whether the bug's own promise caught it
        boolean add(PlantedBug bug, long seed, String broken) {
            seeds++;
            if (bug.isCaughtBy(broken)) {
                first = caught++ == 0 ? seed : first;
                return true;
            }
            if (broken != null) {
                otherwise.merge(broken.substring(0, broken.indexOf(':')), 1, Integer::sum);
            }
            return false;
        }

        /// A seed that caught it was as quick as that.
        void took(long seed, long ms) {
            if (ms < quickestMs) {
                quickestMs = ms;
                quickest = seed;
            }
        }

        int seeds() {
            return seeds;
        }

        int caught() {
            return caught;
        }

        /// A row of the table in docs/simulator.md: the first seed that the promise caught it in, and in how many.
        /// Behind the row stand the quickest that did, and which other promises caught it in how many.
        String row(PlantedBug bug) {
            String others = otherwise.entrySet().stream()
                    .sorted(Map.Entry.comparingByValue(Collections.reverseOrder()))
                    .map(one -> one.getValue() + " " + one.getKey()).collect(Collectors.joining("; "));
            return "| " + bug.name() + " | " + bug.promise() + " | " + (caught == 0 ? "-" : Long.toString(first))
                    + " | " + caught + " of " + seeds + " |"
                    + (quickest == 0 ? "" : " (" + quickest + " in " + quickestMs + " ms)") + " " + others;
        }
    }

    @Override
    public String toString() {
        return name;
    }

    boolean isKnownToBeCaught() {
        return seed > 0;
    }

    boolean isCaughtBy(String broken) {
        return broken != null && broken.startsWith(promise);
    }

    Planted plant(Path scratch) throws IOException, ReflectiveOperationException {
        return beside(change().compiled(scratch));
    }

    /// As [#plant], into the very classes that this process has loaded, so that what it has compiled of all others
    /// stays: with many seeds four times as fast. Beside them where a change does not go into a loaded class, or not
    /// out of it again.
    Planted plantInPlace(Path scratch, Instrumentation code) throws IOException, ReflectiveOperationException {
        Path classes = change().compiled(scratch);
        PlantedInPlace inPlace = new PlantedInPlace(code, classes);
        if (!inPlace.canBePutBack(PlantedChange.apart())) {
            return beside(classes);
        }
        inPlace.plant();
        return inPlace;
    }

    private static Planted beside(Path classes) throws IOException, ReflectiveOperationException {
        return new Beside(PlantedChange.apart(classes));
    }

    private PlantedChange change() {
        return new PlantedChange(name, file, old, now);
    }

    /// The file with the bug in it.
    String spoilt() throws IOException {
        return change().spoilt();
    }
}
