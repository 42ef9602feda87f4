package io.chapar.bench.recording;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// `chapar bench record FILE.svg`: what a terminal shows of `chapar demo` and `chapar status`, for documentation. The
/// commands are run on a terminal of their own (`script` of util-linux makes it), with a broker at the usual address.
public final class Recording {
    private static final String USAGE = "Usage: chapar bench record FILE.svg";
    private static final int COLUMNS = 116;
    private static final int STOP_SECONDS = 10;
    private static final String METRICS = "127.0.0.1:9404";
    private static final String TITLE = "A terminal: bin/chapar demo passes, and bin/chapar status shows a broker";
    private static final List<String> OF_BROKER = List.of(
            "bin/chapar topic create flights --partitions 4",
            "seq 100000 | bin/chapar produce flights",
            "bin/chapar group reset billing flights --to -500 --execute",
            "bin/chapar status");

    private final Path home;
    private final PrintStream err;

    private Recording(Path home, PrintStream err) {
        this.home = home;
        this.err = err;
    }

    /// Exit codes as everywhere: 0 done, 1 failed, 2 the command line makes no sense.
    ///
    /// @param home the folder that has `bin/chapar`
    public static int run(List<String> arguments, Path home, PrintStream err) throws InterruptedException {
        if (arguments.size() != 1) {
            err.println(USAGE);
            return 2;
        }
        try {
            Files.writeString(Path.of(arguments.getFirst()), new Recording(home, err).filmed());
            return 0;
        } catch (IOException e) {
            err.println("chapar: " + e.getMessage());
            return 1;
        }
    }

    private String filmed() throws IOException, InterruptedException {
        Film film = new Film(COLUMNS);
        film(film, "bin/chapar demo");
        Path folder = Files.createTempDirectory("chapar-recording-");
        Process broker = new ProcessBuilder("bin/chapar", "broker", "--data", folder.resolve("data").toString(),
                "--metrics", METRICS).directory(home.toFile()).redirectErrorStream(true).start();
        try {
            requireReady(broker);
            film.remark("in another terminal: bin/chapar broker --metrics " + METRICS);
            for (String command : OF_BROKER) {
                film(film, command);
            }
        } finally {
            broker.destroy();
            if (!broker.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                broker.destroyForcibly().waitFor();
            }
            delete(folder);
        }
        return film.svg(TITLE);
    }

    private static void requireReady(Process broker) throws IOException {
        String said = broker.inputReader().readLine();
        while (said != null && !said.startsWith("chapar ready")) {
            said = broker.inputReader().readLine();
        }
        if (said == null) {
            throw new IOException("no broker started at its usual address; is another one there?");
        }
        // Whatever else it says is read by nobody, and is less than a pipe holds.
    }

    private void film(Film film, String command) throws IOException, InterruptedException {
        err.println(command);
        ProcessBuilder line = new ProcessBuilder("script", "-qec",
                "stty cols " + COLUMNS + " rows 40; " + command, "/dev/null").directory(home.toFile());
        line.environment().put("TERM", "xterm-256color");
        line.environment().remove("CHAPAR_BOOTSTRAP");
        Process process = line.start();
        process.getOutputStream().close();
        Screen screen = new Screen(COLUMNS);
        long beganNs = System.nanoTime();
        try (InputStream said = process.getInputStream()) {
            Reader text = new InputStreamReader(said, StandardCharsets.UTF_8);
            char[] some = new char[4_096];
            for (int count = text.read(some); count >= 0; count = text.read(some)) {
                screen.take(new String(some, 0, count), (System.nanoTime() - beganNs) / 1_000_000);
            }
        }
        int code = process.waitFor();
        if (code != 0) {
            throw new IOException("'" + command + "' ended with " + code + ": " + screen.lines());
        }
        film.command(command, screen.lines());
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
