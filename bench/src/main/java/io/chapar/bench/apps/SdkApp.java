package io.chapar.bench.apps;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.Stream;
import io.chapar.processor.Topology;

import java.nio.file.Path;

/// An application of the processor SDK with its defaults (exactly once, one thread), as a process of its own.
public final class SdkApp {
    private SdkApp() {
    }

    public static void main(String[] args) throws InterruptedException {
        AppSettings settings = AppSettings.of(args);
        ProcessorConfig.Builder config = ProcessorConfig.builder(settings.bootstrap(), settings.id())
                .commitIntervalMs(settings.commitMs()).parallel(settings.parallel());
        if (settings.kind() == AppKind.COUNT_ON_DISK) {
            config.stateDirectory(Path.of(settings.folder()));
        }
        ProcessorApp app = ProcessorApp.start(config.build(), topology(settings));
        Runtime.getRuntime().addShutdownHook(new Thread(app::close, "bench-close"));
        app.awaitStopped();
    }

    private static Topology topology(AppSettings settings) {
        Stream<String, byte[]> input = Topology.from(settings.input(), Serdes.string(), Serdes.bytes());
        return switch (settings.kind()) {
            case STATELESS -> input.filter(record -> record.value() != null).mapValues(Numbered::changed)
                    .to(settings.output(), Serdes.string(), Serdes.bytes());
            case COUNT, COUNT_ON_DISK -> input.groupByKey(Serdes.string()).count("totals")
                    .to(settings.output(), Serdes.string(), Serdes.int64());
            case CALL -> input.mapValues(value -> called(value, settings.callMs()))
                    .to(settings.output(), Serdes.string(), Serdes.bytes());
        };
    }

    private static byte[] called(byte[] value, int callMs) {
        try {
            Thread.sleep(callMs);
            return value;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the application ends during a call", e);
        }
    }
}
