package io.chapar.cli;

import io.chapar.client.ChaparException;
import picocli.CommandLine.Option;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;

/// A command that shows what there is, once or again and again, in every format.
abstract class ListCommand extends ClusterCommand {
    private static final int LONGEST_PAUSE_SECONDS = 86_400;
    private static final String CLEAR = "\u001b[H\u001b[2J\u001b[3J";

    @Option(names = "--watch", description = "Show it again and again, until Ctrl-C.")
    boolean watch;

    @Option(names = "--interval", paramLabel = "SECONDS", defaultValue = "2",
        description = "With --watch: how long to wait in between (default: 2).")
    int intervalSeconds;

    /// Refuses a command line that makes no sense, before anybody is asked.
    void check() {
    }

    Cluster open() {
        return connect();
    }

    abstract Listing list(Cluster cluster);

    @Override
    public final Integer call() throws InterruptedException {
        check();
        if (intervalSeconds < 1 || intervalSeconds > LONGEST_PAUSE_SECONDS) {
            throw usage("--interval is between 1 and " + LONGEST_PAUSE_SECONDS + " seconds.");
        }
        try (Cluster cluster = open()) {
            Listing first = list(cluster);
            if (watch) {
                watch(first, cluster);
            } else {
                first.print(format(), out());
            }
        }
        return DONE;
    }

    /// Until nobody reads any more, or the process ends. What fails in between is said where the list would stand: the
    /// next time it may be there again.
    private void watch(Listing first, Cluster cluster) throws InterruptedException {
        show(text(first));
        while (!out().checkError()) {
            Thread.sleep(Duration.ofSeconds(intervalSeconds));
            String next;
            try {
                next = text(list(cluster));
            } catch (CommandFailure | ChaparException e) {
                err().println("chapar: " + e.getMessage());
                continue;
            }
            show(next);
        }
    }

    private String text(Listing listing) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        listing.print(format(), out);
        out.flush();
        return text.toString();
    }

    /// At one go, so that nothing flickers.
    private void show(String text) {
        out().print(switch (format()) {
            case table, wide -> Terminal.isThere()
                ? CLEAR + heading() + text : heading() + text + System.lineSeparator();
            case yaml -> "---" + System.lineSeparator() + text;
            case json, name, csv -> text;
        });
        out().flush();
    }

    private String heading() {
        return String.format("%tT, every %d s%n", LocalTime.now(ZoneId.systemDefault()), intervalSeconds);
    }
}
