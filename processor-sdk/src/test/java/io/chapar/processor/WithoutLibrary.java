package io.chapar.processor;

import io.chapar.client.serde.Serdes;

import java.nio.file.Path;

/// Starts an application with state on disk where there is no library for it.
public final class WithoutLibrary {
    private WithoutLibrary() {
    }

    public static void start(Path folder) {
        Topology topology = Topology.from("in", Serdes.int32(), Serdes.int32()).groupByKey(Serdes.int32())
                .count("counts").to("counts", Serdes.int32(), Serdes.int64());
        ProcessorApp.start(ProcessorConfig.builder("127.0.0.1:1", "app").stateDirectory(folder).build(), topology)
                .close();
    }
}
