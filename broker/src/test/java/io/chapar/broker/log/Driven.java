package io.chapar.broker.log;

import io.chapar.broker.runtime.ManualLoop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// What a log does with the help of its loop, driven to its end.
public final class Driven {
    private Driven() {}

    public static void advanceLogStart(PartitionLog log, ManualLoop loop, long to, long highWatermark)
            throws IOException {
        toItsEnd(loop, done -> log.advanceLogStart(to, highWatermark, loop, done));
    }

    public static void truncate(PartitionLog log, ManualLoop loop, long to) throws IOException {
        toItsEnd(loop, done -> log.truncateLater(to, loop, done));
    }

    private static void toItsEnd(ManualLoop loop, Consumer<Consumer<IOException>> work) throws IOException {
        List<IOException> ended = new ArrayList<>();
        work.accept(ended::add);
        loop.runAll();
        assertEquals(1, ended.size(), "told once");
        if (ended.getFirst() != null) {
            throw ended.getFirst();
        }
    }
}
