package io.chapar.compatibility;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.ProcessorStatus;
import io.chapar.processor.Topology;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Counts what comes to `NAME-in` by key, with a copy of its state at another instance; a process that can be killed.
/// Says what its status is whenever that has changed: `PARTITIONS RESTORING STANDBYS BEHIND RESTORED`.
final class StandbyApplication {
    private static final int SESSION_MS = 6_000;

    private StandbyApplication() {
    }

    /// BOOTSTRAP NAME [FOLDER]
    public static void main(String[] arguments) throws InterruptedException {
        ProcessorConfig.Builder config = ProcessorConfig.builder(arguments[0], arguments[1] + "-app").standbys(1)
                .sessionTimeoutMs(SESSION_MS);
        if (arguments.length > 2) {
            config.stateDirectory(Path.of(arguments[2]));
        }
        ProcessorApp app = ProcessorApp.start(config.build(), topology(arguments[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(app::close));
        app.awaitRunning(Duration.ofMinutes(2));
        String told = "";
        while (true) {
            ProcessorStatus now = app.status();
            String line = now.partitions() + " " + now.restoring() + " " + now.standbys() + " " + now.standbyLag() + " "
                    + now.restoredEntries();
            if (!line.equals(told)) {
                told = line;
                System.out.println(line);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static Topology topology(String name) {
        Serde<String> text = Serdes.string();
        return Topology.from(name + "-in", text, text).groupByKey(text).aggregate("counts", text, () -> "0",
                        (key, value, count) -> "" + (Long.parseLong(count) + 1))
                .to(name + "-out", text, text);
    }
}
