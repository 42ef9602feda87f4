package io.chapar.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Client programs, each in a Java process of its own with the flags of Kafka's scripts, so that one measurement does
/// not warm up the next one's code.
final class Clients {
    private static final List<String> AS_KAFKAS_SCRIPTS = List.of("-server", "-XX:+UseG1GC",
            "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent");
    /// Where nothing is measured: it begins and ends in half of the time.
    private static final List<String> QUICKLY = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    private final Workplace workplace;
    private final List<String> flags;

    Clients(Workplace workplace, Amounts amounts) {
        this.workplace = workplace;
        this.flags = amounts.equals(Amounts.TINY) ? QUICKLY : AS_KAFKAS_SCRIPTS;
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    ProcessBuilder command(String mainClass, List<String> arguments) {
        return command(List.of(), mainClass, arguments);
    }

    /// With `more` flags.
    ProcessBuilder command(List<String> more, String mainClass, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(java(), "-Xmx512M"));
        command.addAll(flags);
        command.addAll(more);
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", System.getProperty("java.class.path"),
                mainClass));
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }

    /// Runs it to its end.
    ///
    /// @param lines gets every line of standard output as it comes
    /// @return all of them
    List<String> run(String mainClass, List<String> arguments, Consumer<String> lines) throws InterruptedException {
        File errors = workplace.folder().resolve("client.txt").toFile();
        Process process = workplace.start(command(mainClass, arguments).redirectError(errors));
        List<String> all = new ArrayList<>();
        try (BufferedReader output = process.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                all.add(line);
                lines.accept(line);
            }
            int code = process.waitFor();
            if (workplace.isClosing()) {
                throw new BenchFailure("Interrupted.");
            }
            if (code != 0) {
                throw new BenchFailure(mainClass.substring(mainClass.lastIndexOf('.') + 1) + " ended with " + code
                        + ": " + Program.lastLine(errors));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            workplace.end(process);
        }
        return all;
    }
}
