package io.chapar.compatibility;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.Topology;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Calls somebody for 20 ms for each record of `NAME-in`, for many keys at a time, counts by key, and writes
/// `VALUE:COUNT` to `NAME-out`; a process that can be killed. Says `running` when it is.
final class KeyedCallsApplication {
    static final int CALL_MS = 20;
    /// A killed instance is back before that, and has its partitions again.
    private static final int SESSION_MS = 180_000;

    private KeyedCallsApplication() {
    }

    /// BOOTSTRAP NAME FOLDER KEYS-AT-ONCE
    public static void main(String[] arguments) throws InterruptedException {
        ProcessorConfig config = ProcessorConfig.builder(arguments[0], arguments[1] + "-app")
                .instanceName("one").stateDirectory(Path.of(arguments[2]))
                .parallel(Integer.parseInt(arguments[3])).delivery(Delivery.EXACTLY_ONCE)
                .sessionTimeoutMs(SESSION_MS).build();
        ProcessorApp app = ProcessorApp.start(config, topology(arguments[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(app::close));
        app.awaitRunning(Duration.ofMinutes(2));
        System.out.println("running");
        app.awaitStopped();
    }

    private static Topology topology(String name) {
        Serde<String> text = Serdes.string();
        return Topology.from(name + "-in", text, text).peek(record -> call()).groupByKey(text)
                .aggregate("counts", text, () -> ":0", (key, value, before) ->
                        value + ":" + (1 + Long.parseLong(before.substring(before.indexOf(':') + 1))))
                .to(name + "-out", text, text);
    }

    private static void call() {
        try {
            TimeUnit.MILLISECONDS.sleep(CALL_MS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
