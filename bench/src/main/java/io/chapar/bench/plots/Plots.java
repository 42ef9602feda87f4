package io.chapar.bench.plots;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// `chapar bench plot RESULT.json ... FOLDER`: pictures of what `chapar bench --json` has written, for documentation.
/// Each is a file `brokers-N-GROUP.svg`, and the same result gives the same bytes.
public final class Plots {
    private static final String USAGE = "Usage: chapar bench plot RESULT.json [RESULT.json...] FOLDER";

    private Plots() {
    }

    /// Exit codes as everywhere: 0 done, 1 failed, 2 the command line makes no sense.
    public static int run(List<String> arguments, PrintStream out, PrintStream err) {
        if (arguments.size() < 2) {
            err.println(USAGE);
            return 2;
        }
        Path folder = Path.of(arguments.getLast());
        try {
            Files.createDirectories(folder);
            for (String name : arguments.subList(0, arguments.size() - 1)) {
                draw(Path.of(name), folder, out);
            }
            return 0;
        } catch (JacksonException | IllegalArgumentException e) {
            err.println("chapar: not a result of chapar bench --json: " + e.getMessage());
            return 1;
        } catch (IOException e) {
            err.println("chapar: " + e);
            return 1;
        }
    }

    private static void draw(Path result, Path folder, PrintStream out) throws IOException {
        JsonNode report = new ObjectMapper().readTree(Files.readString(result));
        for (Picture picture : Picture.of(report)) {
            Path file = folder.resolve(picture.name() + ".svg");
            Files.writeString(file, Drawing.of(picture));
            out.println(file);
        }
    }
}
