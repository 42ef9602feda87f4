package io.chapar.simulator;

import java.io.IOException;
import java.io.InputStream;
import java.lang.instrument.ClassDefinition;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/// A bug in the very classes that this process has loaded, until it is closed.
final class PlantedInPlace implements PlantedBug.Planted {
    private final Instrumentation code;
    /// By class name, what the change makes another class of: without the bug, and with it.
    private final SortedMap<String, byte[]> sound = new TreeMap<>();
    private final SortedMap<String, byte[]> spoilt = new TreeMap<>();

    /// @param classes the folder with what the changed file has become
    PlantedInPlace(Instrumentation code, Path classes) throws IOException {
        this.code = code;
        try (Stream<Path> all = Files.walk(classes)) {
            for (Path one : all.filter(Files::isRegularFile).toList()) {
                String path = classes.relativize(one).toString();
                byte[] now = Files.readAllBytes(one);
                byte[] before = before(path);
                if (!Arrays.equals(before, now)) {
                    String name = path.substring(0, path.lastIndexOf('.')).replace('/', '.');
                    sound.put(name, before);
                    spoilt.put(name, now);
                }
            }
        }
    }

    /// Empty where no such class was before.
    private static byte[] before(String path) throws IOException {
        try (InputStream in = PlantedInPlace.class.getResourceAsStream("/" + path)) {
            return in == null ? new byte[0] : in.readAllBytes();
        }
    }

    /// Tried with copies of the classes that nobody uses: there are some, records among them, that the virtual machine
    /// changes once, wrongly, and never again.
    ///
    /// @param copies is closed
    boolean canBePutBack(URLClassLoader copies) throws IOException, ReflectiveOperationException {
        try (copies) {
            redefine(spoilt, copies);
            redefine(sound, copies);
            redefine(spoilt, copies);
            return true;
        } catch (ClassNotFoundException | UnsupportedOperationException e) {
            return false;
        }
    }

    void plant() throws ReflectiveOperationException {
        redefine(spoilt, PlantedInPlace.class.getClassLoader());
    }

    @Override
    public String broken(long seed) {
        return Simulation.run(seed).broken();
    }

    @Override
    public void close() throws IOException {
        try {
            redefine(sound, PlantedInPlace.class.getClassLoader());
        } catch (ReflectiveOperationException e) {
            throw new IOException(e);
        }
    }

    private void redefine(SortedMap<String, byte[]> all, ClassLoader loader) throws ReflectiveOperationException {
        List<ClassDefinition> definitions = new ArrayList<>();
        for (String name : all.keySet()) {
            definitions.add(new ClassDefinition(Class.forName(name, false, loader), all.get(name)));
        }
        try {
            code.redefineClasses(definitions.toArray(new ClassDefinition[0]));
        } catch (UnmodifiableClassException e) {
            throw new IllegalStateException("the project's classes can be changed", e);
        }
    }
}
