package io.chapar.cli.process;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Alone, since what it sets is seen by all that start a process.
@Isolated
final class JavaCommandTest {
    /// Else classes that are kept ready do not fit, and a broker of a cluster is not what `chapar broker` runs. What
    /// `bin/chapar` has found out about the terminal is no matter of a broker that lasts.
    @Test
    void aBrokerGetsTheFlagsThatBinChaparGivesIt() throws IOException {
        Set<String> flags = new LinkedHashSet<>();
        boolean here = false;
        for (String line : Files.readAllLines(Path.of("..", "bin", "chapar"))) {
            here = here ? !line.strip().startsWith("*)") : line.startsWith("flags_for() {");
            String flagsAlone = line.strip().replaceFirst("^broker\\) ", "");
            if (here && flagsAlone.startsWith("flags=\"")) {
                flags.addAll(List.of(flagsAlone.replaceFirst("flags=\"(\\$flags )?", "").replaceFirst("\".*", "")
                        .split(" ")));
            }
        }
        flags.removeIf(flag -> flag.startsWith("-Dchapar.columns=") || flag.startsWith("-Dpicocli.ansi="));
        Set<String> given = new LinkedHashSet<>(JavaCommand.brokerFlags(""));
        given.removeIf(flag -> flag.startsWith("-Djava.library.path=") || flag.startsWith("-Dchapar.natives="));
        assertEquals(flags, given);
    }

    @Test
    void eachKindOfProcessHasItsOwnClassesKeptReady() {
        for (JavaCommand.Kind kind : JavaCommand.Kind.values()) {
            String name = switch (kind) {
                case BROKER -> "chapar.aot";
                case BROKER_OF_A_CLUSTER -> "chapar.aot.cluster";
                case COMMAND -> "chapar.aot.commands";
            };
            String before = System.getProperty(name);
            System.setProperty(name, "of " + kind);
            try {
                assertTrue(JavaCommand.flags(kind, List.of()).contains("-XX:AOTCache=of " + kind));
            } finally {
                if (before == null) {
                    System.clearProperty(name);
                } else {
                    System.setProperty(name, before);
                }
            }
        }
    }

    @Test
    void furtherFlagsComeLastAndWin() {
        List<String> flags = JavaCommand.brokerFlags("  -Xmx1g\n\t-Da=b ");
        assertEquals(List.of("-Xmx1g", "-Da=b"), flags.subList(flags.size() - 2, flags.size()));
    }
}
