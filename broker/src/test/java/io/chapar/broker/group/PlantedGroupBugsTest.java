package io.chapar.broker.group;

import io.chapar.testing.PlantedChange;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Tests and properties of groups are worth what they catch: each of the bugs of `planted-group-bugs.txt`, planted into
/// the real code, breaks the test that is there for it.
///
/// ```
/// bug: what it is called
/// test: class below io.chapar.broker # method
/// file: below the root of the project
/// - what stands in the file
/// + what stands there instead
/// ```
class PlantedGroupBugsTest {
    private static final String FILE = "/planted-group-bugs.txt";
    private static final String PACKAGE = "io.chapar.broker.";
    /// The nightly run takes all.
    private static final List<String> SOME = List.of("a record goes to two members", "a task is run by two members");

    @TempDir
    Path scratch;

    /// @param test the class, below [#PACKAGE]
    record Bug(PlantedChange change, String test, String method) {
        @Override
        public String toString() {
            return change.name();
        }
    }

    static List<Bug> all() {
        return PlantedChange.listedIn(PlantedGroupBugsTest.class, FILE).stream().map(lines -> {
            String[] test = PlantedChange.after("test: ", lines).split("#");
            return new Bug(new PlantedChange(PlantedChange.after("bug: ", lines), PlantedChange.after("file: ", lines),
                    PlantedChange.after("- ", lines), PlantedChange.after("+", lines).strip()), test[0], test[1]);
        }).toList();
    }

    static List<Bug> some() {
        return all().stream().filter(bug -> SOME.contains(bug.change().name())).toList();
    }

    /// What is wrong when the test runs with these classes before all others; null when nothing is. A property is run
    /// as often as it says, with seeds from 1 on.
    private static Throwable broken(Bug bug, Path... classes) throws IOException, ReflectiveOperationException {
        try (URLClassLoader loader = PlantedChange.apart(classes)) {
            Class<?> test = loader.loadClass(PACKAGE + bug.test());
            Method method = Arrays.stream(test.getDeclaredMethods())
                    .filter(one -> one.getName().equals(bug.method())).findFirst().orElseThrow();
            Constructor<?> constructor = test.getDeclaredConstructor();
            method.setAccessible(true);
            constructor.setAccessible(true);
            Property property = method.getAnnotation(Property.class);
            int tries = property == null ? 1 : property.tries();
            for (long seed = 1; seed <= tries; seed++) {
                Object[] arguments = method.getParameterCount() == 0 ? new Object[0] : new Object[] {seed};
                try {
                    method.invoke(constructor.newInstance(), arguments);
                } catch (InvocationTargetException e) {
                    return e.getCause();
                }
            }
            return null;
        }
    }

    /// A bug may make what is to catch it run for ever, which catches nothing.
    @ParameterizedTest
    @Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @Tag("nightly")
    @MethodSource("all")
    void everyPlantedBugIsCaughtByItsTest(Bug bug) throws Exception {
        Throwable broken = broken(bug, bug.change().compiled(scratch));
        assertTrue(broken != null, () -> bug + " is not caught");
        System.out.println(bug + ": " + String.valueOf(broken.getMessage()).lines().findFirst().orElse(""));
    }

    @ParameterizedTest
    @MethodSource("some")
    void someAreCaughtInEachBuild(Bug bug) throws Exception {
        assertNull(broken(bug), "without the bug");
        assertTrue(broken(bug, bug.change().compiled(scratch)) != null, () -> bug + " is not caught");
    }

    /// Whoever changes one of these lines plants its bug anew.
    @ParameterizedTest
    @MethodSource("all")
    void everyBugCanStillBePlanted(Bug bug) throws IOException {
        assertFalse(bug.change().spoilt().isEmpty());
    }

    @Test
    void everyBugHasANameOfItsOwn() {
        List<String> names = all().stream().map(bug -> bug.change().name()).toList();
        assertEquals(names.stream().distinct().toList(), names);
        assertEquals(SOME.size(), some().size());
    }
}
