package io.chapar.processor;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import javax.tools.ToolProvider;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

/// That the properties of state notice what they are there for: each of these bugs, put into the SDK, fails some trial.
class PlantedStateBugsTest {
    private static final int TRIALS = 400;
    private static final int SOUND_TRIALS = 60;
    private static final String PACKAGE = "io.chapar.processor.";

    /// `line` is in `file` once, and is replaced.
    record Bug(String name, String file, String line, String instead) {
        @Override
        public String toString() {
            return name;
        }

        String source() throws IOException {
            return Files.readString(Path.of("src/main/java/io/chapar/processor", file));
        }
    }

    static Stream<Bug> bugs() {
        return Stream.of(
                new Bug("a commit before the flush", "CycleRunner.java", "then(sink().flush(), () -> {",
                        "then(CompletableFuture.completedFuture(null), () -> {"),
                new Bug("the overlay is applied before the commit is known", "Cycle.java",
                        "boolean nothing = tasks.positions().isEmpty();",
                        "tasks.keepState(0); boolean nothing = tasks.positions().isEmpty();"),
                new Bug("the position in the changelog is one too far after a restore", "Filling.java",
                        "store.reached(standing);", "store.reached(new Standing(standing.topic(),"
                                + " standing.offset() + 1, standing.epoch(), standing.atMs()));"),
                new Bug("a window closes too early", "WindowFold.java",
                        "return bytes(closed - windows.sizeMs() + 1);",
                        "return bytes(closed - windows.sizeMs() + 7);"),
                new Bug("what is finished is one record further", "Task.java", "above.add(record.offset());",
                        "above.add(record.offset() + 1);"),
                new Bug("a timer is lost at a move", "Filling.java", "store.restore(key, value);",
                        "if (key.length == 0 || key[0] != 's') { store.restore(key, value); }"),
                new Bug("a join gives again after a restore what it gave without a partner", "Filling.java",
                        "store.restore(key, value);",
                        "if (value != null || key.length == 0 || key[0] != 'w') { store.restore(key, value); }"),
                new Bug("a version is removed too early", "VersionRows.java", "byte[] to = over(horizonMs + 1);",
                        "byte[] to = over(horizonMs + 4);"),
                new Bug("a version that comes out of order is what its key has", "VersionRows.java",
                        "boolean isLatest = last == null || last.fromMs <= fromMs;", "boolean isLatest = true;"),
                new Bug("what says when a version is over is lost at a move", "Filling.java",
                        "store.restore(key, value);",
                        "if (key.length == 0 || key[0] != 'x') { store.restore(key, value); }"),
                new Bug("an abort leaves what was changed", "Store.java",
                        "dropped |= !changes.isEmpty();\n        written = null;\n        dropChanges();",
                        "dropped |= !changes.isEmpty();\n        written = null;"),
                new Bug("a removed key stays on disk", "Overlay.java",
                        "removed.keySet().forEach(key -> all.put(key, null));", ""),
                new Bug("after a commit of unknown outcome nothing is read anew", "Tasks.java",
                        "stages.values().forEach(TaskState::restoreAnew);", ""),
                new Bug("what a poll brings while the disk is full is forgotten", "Cycle.java",
                        "boolean keeping = state instanceof CycleState.Keeping;", "boolean keeping = false;"),
                new Bug("a store that could not be written goes on", "Cycle.java",
                        "return ending() ? new CycleState.Closing(endCause) : new CycleState.Keeping();",
                        "tasks.restoreAnew(); return then;"));
    }

    @Test
    void theSoundOneIsFaultless() {
        assertNull(StateTrial.firstFault(SOUND_TRIALS));
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void theLineIsThereOnce(Bug bug) throws IOException {
        assertEquals(1, bug.source().split(Pattern.quote(bug.line()), -1).length - 1);
    }

    @ParameterizedTest
    @MethodSource("bugs")
    @Tag("nightly")
    void isCaught(Bug bug, @TempDir Path folder) throws Exception {
        Path source = Files.createDirectories(folder.resolve("io/chapar/processor")).resolve(bug.file());
        Files.writeString(source, bug.source().replace(bug.line(), bug.instead()));
        Path classes = Files.createDirectories(folder.resolve("classes"));
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, "-d", classes.toString(), "-nowarn",
                "-proc:none", "-cp", System.getProperty("java.class.path"), source.toString()));
        URL[] places = {classes.toUri().toURL(), place(Plan.class), place(StateTrial.class)};
        try (URLClassLoader loader = new OwnFirst(places)) {
            Object found = loader.loadClass(StateTrial.class.getName()).getMethod("firstFault", int.class)
                    .invoke(null, TRIALS);
            assertNotNull(found, "no trial has noticed it");
        }
    }

    private static URL place(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    /// The SDK's classes are its own, all others those of the test.
    private static final class OwnFirst extends URLClassLoader {
        OwnFirst(URL[] places) {
            super(places, OwnFirst.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> known = findLoadedClass(name);
                if (known != null || !name.startsWith(PACKAGE)) {
                    return known != null ? known : super.loadClass(name, resolve);
                }
                return findClass(name);
            }
        }
    }
}
