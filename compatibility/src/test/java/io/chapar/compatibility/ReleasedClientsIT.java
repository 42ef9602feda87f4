package io.chapar.compatibility;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's Java clients of the releases before the one that all other tests use, each with the classes of its own jar
/// alone. The build puts the jars into `target/clients`.
class ReleasedClientsIT extends SharedBroker {
    private static final Path JARS = Path.of("target/clients");

    @ParameterizedTest
    @ValueSource(strings = {"3.9.2", "4.0.2", "4.1.2", "4.2.1", "4.3.1"})
    void readsProcessesAndWritesExactlyOnce(String version) throws Exception {
        List<String> expected = new ArrayList<>();
        IntStream.range(0, 30).forEach(number -> expected.add(Integer.toString(number * number)));
        Thread self = Thread.currentThread();
        ClassLoader ours = self.getContextClassLoader();
        try (URLClassLoader only = only(version)) {
            // Kafka's clients load their plug-ins by it.
            self.setContextClassLoader(only);
            Constructor<?> made = only.loadClass(ReleasedClient.class.getName()).getDeclaredConstructor();
            made.setAccessible(true);
            @SuppressWarnings("unchecked")
            BiFunction<String, String, List<String>> client =
                    (BiFunction<String, String, List<String>>) made.newInstance();
            assertEquals(expected, client.apply(broker.bootstrap(), version));
        } finally {
            self.setContextClassLoader(ours);
        }
    }

    /// A loader that sees this client, the logging facade, the class under test and the JDK.
    private static URLClassLoader only(String version) throws IOException {
        List<URL> seen = new ArrayList<>();
        Path jar = JARS.resolve("kafka-clients-" + version + ".jar");
        assertTrue(Files.exists(jar), () -> jar + " is put there by the build");
        seen.add(jar.toUri().toURL());
        for (Class<?> needed : List.of(ReleasedClient.class, org.slf4j.Logger.class,
                org.slf4j.simple.SimpleServiceProvider.class)) {
            seen.add(needed.getProtectionDomain().getCodeSource().getLocation());
        }
        return new URLClassLoader(seen.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    }
}
