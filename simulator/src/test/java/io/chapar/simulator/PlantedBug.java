package io.chapar.simulator;

import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// A piece of the real code, and what it becomes: a bug that somebody might make. The changed file is compiled by
/// itself, and the simulation runs with it in a class loader of its own.
///
/// @param promise how the promise begins that is there to catch it; one that another promise catches is not caught
/// @param file below the root of the project
/// @param old stands in the file exactly once, however its lines are broken
/// @param seed one that catches it soon; 0 where none is known
record PlantedBug(String name, String promise, String file, String old, String now, long seed) {
    private static final Pattern SPACE = Pattern.compile("\\s+");

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
        return beside(compiled(scratch));
    }

    /// As [#plant], into the very classes that this process has loaded, so that what it has compiled of all others
    /// stays: with many seeds four times as fast. Beside them where a change does not go into a loaded class, or not
    /// out of it again.
    Planted plantInPlace(Path scratch, Instrumentation code) throws IOException, ReflectiveOperationException {
        Path classes = compiled(scratch);
        PlantedInPlace inPlace = new PlantedInPlace(code, classes);
        if (!inPlace.canBePutBack(new Apart(classPath()))) {
            return beside(classes);
        }
        inPlace.plant();
        return inPlace;
    }

    private static Planted beside(Path classes) throws IOException, ReflectiveOperationException {
        List<URL> path = new ArrayList<>(List.of(classPath()));
        path.addFirst(classes.toUri().toURL());
        return new Beside(new Apart(path.toArray(new URL[0])));
    }

    private static URL[] classPath() throws IOException {
        List<URL> path = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator), -1)) {
            path.add(Path.of(entry).toUri().toURL());
        }
        return path.toArray(new URL[0]);
    }

    private Path source() {
        return Path.of("..").resolve(file);
    }

    /// The file with the bug in it.
    String spoilt() throws IOException {
        String text = Files.readString(source());
        String words = Arrays.stream(SPACE.split(old.strip())).map(Pattern::quote).collect(Collectors.joining("\\s+"));
        Matcher place = Pattern.compile(words).matcher(text);
        if (!place.find() || Pattern.compile(words).matcher(text).find(place.start() + 1)) {
            throw new AssertionError("'" + old + "' is not exactly once in " + file + ": plant '" + name + "' anew");
        }
        return text.substring(0, place.start()) + now + text.substring(place.end());
    }

    /// The folder with what the changed file has become.
    private Path compiled(Path scratch) throws IOException {
        Path classes = Files.createDirectories(scratch.resolve("classes"));
        Path changed = scratch.resolve(source().getFileName());
        Files.writeString(changed, spoilt());
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(messages, files, null,
                    List.of("-proc:none", "-nowarn", "-g", "-parameters", "-d", classes.toString(), "-cp",
                            System.getProperty("java.class.path")),
                    null, files.getJavaFileObjects(changed)).call();
            if (!compiled) {
                throw new AssertionError(name + " does not compile: " + messages);
            }
        }
        return classes;
    }

    /// Has everything of the project to itself but the protocol, in which no bugs are planted and which is warm
    /// already.
    private static final class Apart extends URLClassLoader {
        Apart(URL[] path) {
            super(path, PlantedBug.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("io.chapar.") || name.startsWith("io.chapar.protocol.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : findClass(name);
            }
        }
    }
}
