package io.chapar.cli;

import java.io.PrintWriter;
import java.io.Writer;

/// What `bin/chapar` runs once after a build to record which classes a start needs. Prints nothing that anybody reads.
final class Warmup {
    private Warmup() {
    }

    public static void main(String[] args) {
        PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
        for (String[] line : new String[][] {{"--help"}, {"no-such-command"}}) {
            Chapar.commandLine().setOut(nowhere).setErr(nowhere).execute(line);
        }
        Json.println(new Table("name").row("value").objects(), nowhere);
    }
}
