package io.chapar.simulator;

import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// One line of the real code, and what it becomes: a bug that somebody might make. The changed file is compiled by itself, and
/// the simulation runs with it in a class loader of its own.
///
/// @param file below the root of the project
/// @param old stands in the file exactly once
record PlantedBug(String name, String file, String old, String now) {
    /// What caught it.
    ///
    /// @param promise null when nothing did
    record Caught(int seeds, String promise) {}

    @Override
    public String toString() {
        return name;
    }

    /// Runs seeds from the first on until one breaks a promise.
    Caught hunt(Path scratch, int first, int most) throws Exception {
        Path classes = Files.createDirectories(scratch.resolve("classes"));
        compile(scratch, classes);
        List<URL> path = new ArrayList<>();
        path.add(classes.toUri().toURL());
        for (String entry : System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator), -1)) {
            path.add(Path.of(entry).toUri().toURL());
        }
        try (URLClassLoader loader =
                new URLClassLoader(path.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
            var run = loader.loadClass("io.chapar.simulator.Simulation").getMethod("run", long.class);
            for (int i = 0; i < most; i++) {
                Object result = run.invoke(null, (long) first + i);
                Object broken = result.getClass().getMethod("broken").invoke(result);
                if (broken != null) {
                    return new Caught(i + 1, broken.toString());
                }
            }
            return new Caught(most, null);
        }
    }

    private Path source() {
        return Path.of("..").resolve(file);
    }

    /// The file with the bug in it.
    String spoilt() throws IOException {
        String text = Files.readString(source());
        int at = text.indexOf(old);
        if (at < 0 || text.indexOf(old, at + 1) >= 0) {
            throw new AssertionError("'" + old + "' is not exactly once in " + file + ": plant the bug anew");
        }
        return text.replace(old, now);
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
}
