package io.chapar.dist;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// What the build has made, in `dist/target`.
final class Archives {
    static final Path TARGET = Path.of("target").toAbsolutePath();

    private Archives() {
    }

    /// The one file of the build whose name ends so.
    static Path file(String end) {
        try (Stream<Path> files = Files.list(TARGET)) {
            List<Path> all = files.filter(each -> each.getFileName().toString().endsWith(end)).toList();
            assertEquals(1, all.size(), () -> "one file *" + end + " in " + TARGET + ": " + all);
            return all.getFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void unpack(Path archive, Path into) {
        run(into, "tar", "-xzf", archive.toString());
    }

    /// The one folder in which an archive was unpacked.
    static Path home(Path unpacked) {
        try (Stream<Path> files = Files.list(unpacked)) {
            return files.filter(each -> each.getFileName().toString().startsWith("chapar-")).findFirst().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What it said, of a program that has to succeed.
    static String run(Path folder, String... command) {
        return run(folder, List.of(), command);
    }

    /// @param environment further words NAME=VALUE
    static String run(Path folder, List<String> environment, String... command) {
        List<String> line = new ArrayList<>(List.of("/usr/bin/env"));
        line.addAll(environment);
        line.addAll(List.of(command));
        try {
            Process process = new ProcessBuilder(line).directory(folder.toFile()).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertEquals(0, process.waitFor(), () -> String.join(" ", command) + ": " + said);
            return said;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
