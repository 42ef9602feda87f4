package io.chapar.simulator;

import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
    static final class Planted implements AutoCloseable {
        private final URLClassLoader loader;
        private final Method run;

        private Planted(URLClassLoader loader) throws ReflectiveOperationException {
            this.loader = loader;
            run = loader.loadClass("io.chapar.simulator.Simulation").getMethod("run", long.class);
        }

        /// The promise that the seed breaks, and how; null when it breaks none.
        String broken(long seed) throws ReflectiveOperationException {
            Object result = run.invoke(null, seed);
            return (String) result.getClass().getMethod("broken").invoke(result);
        }

        @Override
        public void close() throws IOException {
            loader.close();
        }
    }

    /// What came of some seeds.
    ///
    /// @param caught how many broke the bug's own promise
    /// @param otherwise how many broke others, by promise
    record Rate(int seeds, int caught, SortedMap<String, Integer> otherwise) {
        int missed() {
            return seeds - caught - otherwise.values().stream().mapToInt(Integer::intValue).sum();
        }

        static Rate of(List<String> broken, PlantedBug bug) {
            int caught = 0;
            SortedMap<String, Integer> otherwise = new TreeMap<>();
            for (String one : broken) {
                if (one == null) {
                    continue;
                }
                if (bug.isCaughtBy(one)) {
                    caught++;
                } else {
                    otherwise.merge(one.substring(0, one.indexOf(':')), 1, Integer::sum);
                }
            }
            return new Rate(broken.size(), caught, otherwise);
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
        Path classes = Files.createDirectories(scratch.resolve("classes"));
        compile(scratch, classes);
        List<URL> path = new ArrayList<>();
        path.add(classes.toUri().toURL());
        for (String entry : System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator), -1)) {
            path.add(Path.of(entry).toUri().toURL());
        }
        return new Planted(new Apart(path.toArray(new URL[0])));
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

    private void compile(Path scratch, Path classes) throws IOException {
        Path changed = scratch.resolve(source().getFileName());
        Files.writeString(changed, spoilt());
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(messages, files, null,
                    List.of("-proc:none", "-nowarn", "-d", classes.toString(), "-cp",
                            System.getProperty("java.class.path")),
                    null, files.getJavaFileObjects(changed)).call();
            if (!compiled) {
                throw new AssertionError(name + " does not compile: " + messages);
            }
        }
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
