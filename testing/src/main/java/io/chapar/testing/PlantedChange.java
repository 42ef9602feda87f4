package io.chapar.testing;

import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// A piece of the real code, and what it becomes: a bug that somebody might make. The changed file is compiled by
/// itself, and whatever is to notice the bug runs with it in a class loader of its own.
///
/// @param file below the root of the project, which is the folder above the one that tests run in
/// @param old stands in the file exactly once, however its lines are broken
public record PlantedChange(String name, String file, String old, String now) {
    private static final Pattern SPACE = Pattern.compile("\\s+");

    /// The changes that a resource lists: lines of one mark each, `- ` and `+ ` for what stands there and what stands
    /// there instead. An empty line comes between two; what begins with `#` is for the reader.
    public static List<List<String>> listedIn(Class<?> test, String resource) {
        List<List<String>> all = new ArrayList<>();
        for (String each : text(test, resource).split("\n\n+")) {
            List<String> lines = Arrays.stream(each.split("\n")).filter(line -> !line.startsWith("#")).toList();
            if (!lines.isEmpty()) {
                all.add(lines);
            }
        }
        return all;
    }

    /// What stands behind this mark; one that is missing is an error of the list.
    public static String after(String mark, List<String> lines) {
        List<String> found = lines.stream().filter(line -> line.startsWith(mark))
                .map(line -> line.substring(mark.length())).toList();
        if (found.isEmpty()) {
            throw new AssertionError("no line begins with '" + mark + "' in " + lines);
        }
        return String.join("\n", found);
    }

    private static String text(Class<?> test, String resource) {
        try (InputStream in = test.getResourceAsStream(resource)) {
            if (in == null) {
                throw new AssertionError("there is no " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path source() {
        return Path.of("..").resolve(file);
    }

    /// The file with the bug in it.
    public String spoilt() throws IOException {
        String text = Files.readString(source());
        String words = Arrays.stream(SPACE.split(old.strip())).map(Pattern::quote).collect(Collectors.joining("\\s+"));
        Matcher place = Pattern.compile(words).matcher(text);
        if (!place.find() || Pattern.compile(words).matcher(text).find(place.start() + 1)) {
            throw new AssertionError("'" + old + "' is not exactly once in " + file + ": plant '" + name + "' anew");
        }
        return text.substring(0, place.start()) + now + text.substring(place.end());
    }

    /// The folder with what the changed file has become.
    public Path compiled(Path scratch) throws IOException {
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

    /// A loader that has the classes of these folders before all others, and everything of the project to itself but
    /// the protocol, in which no bugs are planted and which is warm already.
    public static URLClassLoader apart(Path... first) throws IOException {
        List<URL> path = new ArrayList<>();
        for (Path one : first) {
            path.add(one.toUri().toURL());
        }
        for (String entry : System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator), -1)) {
            path.add(Path.of(entry).toUri().toURL());
        }
        return new Apart(path.toArray(new URL[0]));
    }

    private static final class Apart extends URLClassLoader {
        Apart(URL[] path) {
            super(path, PlantedChange.class.getClassLoader());
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
