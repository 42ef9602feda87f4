package io.chapar.cli;

import io.chapar.testing.StartedProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class SimulateIT {
    private static final Pattern GO_ON = Pattern.compile("Go on: chapar simulate --seeds (\\d+)\\.\\.1000 --trace");

    @Test
    void whoInterruptsIsToldWhatHeldAndHowToGoOn(@TempDir Path folder) throws Exception {
        try (StartedProcess simulate = ChaparProcess.start(folder, "simulate", "--seeds", "1..1000", "--trace")) {
            String line = simulate.line();
            while (!line.startsWith("seed 1: trace hash ")) {
                line = simulate.line();
            }
            int exitCode = simulate.interrupt();
            List<String> told = new ArrayList<>();
            for (line = simulate.line(); line != null; line = simulate.line()) {
                if (line.startsWith("Interrupted") || line.startsWith("Go on")) {
                    told.add(line);
                }
            }
            assertEquals(exitCode, simulate.exitCode());
            assertEquals(2, told.size(), told.toString());
            Matcher goOn = GO_ON.matcher(told.getLast());
            assertTrue(goOn.matches(), told.toString());
            long next = Long.parseLong(goOn.group(1));
            assertTrue(next == 1 ? told.getFirst().startsWith("Interrupted in seed 1,")
                    : told.getFirst().startsWith("Interrupted. All promises held for seeds 1 to " + (next - 1) + " "),
                    told.toString());
        }
    }
}
