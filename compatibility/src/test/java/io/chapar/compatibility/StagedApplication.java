package io.chapar.compatibility;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.JoinWindows;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.ProcessorStatus;
import io.chapar.processor.Topology;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// An application of three stages with its state on disk, as a process that can be killed: what comes to `NAME-left` is
/// brought together with `NAME-right` by account, joined where both are of one moment, and the pairs are counted and
/// summed by what their number ends with. Says `restored N` when it has its partitions and their state.
final class StagedApplication {
    static final int ACCOUNTS = 50;
    static final int SUMS = 10;
    /// Of each commit at most; an input changes a few entries of state.
    static final int COMMIT_RECORDS = 100;
    /// A killed instance is back before that, and has its partitions again.
    private static final int SESSION_MS = 180_000;

    private StagedApplication() {
    }

    /// BOOTSTRAP NAME INSTANCE FOLDER THREADS
    public static void main(String[] arguments) throws InterruptedException {
        ProcessorConfig config = ProcessorConfig.builder(arguments[0], arguments[1] + "-app")
                .instanceName(arguments[2]).stateDirectory(Path.of(arguments[3]))
                .threads(Integer.parseInt(arguments[4])).delivery(Delivery.EXACTLY_ONCE)
                .commitRecords(COMMIT_RECORDS).sessionTimeoutMs(SESSION_MS).build();
        ProcessorApp app = ProcessorApp.start(config, topology(arguments[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(app::close));
        app.awaitRunning(Duration.ofMinutes(2));
        while (!isReady(app.status())) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
        System.out.println("restored " + app.status().restoredEntries());
        app.awaitStopped();
    }

    private static boolean isReady(ProcessorStatus status) {
        return status.partitions() >= status.threads() && status.restoring() == 0;
    }

    static Topology topology(String name) {
        Serde<String> text = Serdes.string();
        JoinWindows moment = JoinWindows.within(Duration.ZERO).grace(Duration.ofDays(1));
        return Topology.from(name + "-left", text, text)
                .groupBy(left -> left.value().substring(0, left.value().indexOf(':')), text, text)
                .join("pairs", Topology.from(name + "-right", text, text).groupByKey(text), moment, text, text,
                        (left, right) -> left.substring(left.indexOf(':') + 1) + "+" + right)
                .groupBy(pair -> "s" + left(pair.value()) % SUMS, text, text)
                .aggregate("sums", text, () -> "0:0", (key, pair, sum) -> {
                    int colon = sum.indexOf(':');
                    long count = Long.parseLong(sum.substring(0, colon)) + 1;
                    long total = Long.parseLong(sum.substring(colon + 1)) + left(pair) + right(pair);
                    return count + ":" + total;
                })
                .to(name + "-out", text, text);
    }

    private static long left(String pair) {
        return Long.parseLong(pair.substring(0, pair.indexOf('+')));
    }

    private static long right(String pair) {
        return Long.parseLong(pair.substring(pair.indexOf('+') + 1));
    }
}
