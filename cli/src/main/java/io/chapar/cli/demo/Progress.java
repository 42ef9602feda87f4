package io.chapar.cli.demo;

import java.io.Console;
import java.io.PrintWriter;

/// What the demo is doing right now: one line that is written over on a terminal, a line for each event elsewhere.
final class Progress {
    private final PrintWriter out;
    private final boolean terminal;
    private int shown;

    Progress(PrintWriter out) {
        this(out, isTerminal());
    }

    Progress(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    @SuppressWarnings("SystemConsoleNull") // it is null without a terminal, again, in Java 25
    private static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal() && !"dumb".equals(System.getenv("TERM"));
    }

    /// Something that stays on the screen.
    synchronized void event(String text) {
        clear();
        out.println(text);
        out.flush();
    }

    /// Something that the next line may replace; not shown where lines cannot be replaced.
    synchronized void passing(String text) {
        if (terminal) {
            clear();
            out.print(text);
            out.flush();
            shown = text.length();
        }
    }

    private void clear() {
        if (shown > 0) {
            out.print("\r" + " ".repeat(shown) + "\r");
            shown = 0;
        }
    }
}
