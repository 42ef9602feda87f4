package io.chapar.cli;

import io.chapar.testing.StartedProcess;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/// `chapar` as a process of its own, with this test's class path.
final class ChaparProcess {
    private ChaparProcess() {
    }

    /// Without any input.
    static StartedProcess start(Path folder, String... line) throws IOException {
        StartedProcess started = startWithInput(folder, line);
        started.input().close();
        return started;
    }

    static StartedProcess startWithInput(Path folder, String... line) {
        return StartedProcess.start(folder, command(line));
    }

    /// For a shell.
    static String commandLine(String... line) {
        return command(line).stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    }

    static List<String> command(String... line) {
        return StartedProcess.java("256m", Chapar.class.getName(), List.of(line));
    }
}
