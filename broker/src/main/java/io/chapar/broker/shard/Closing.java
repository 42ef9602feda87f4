package io.chapar.broker.shard;

import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.log.disk.Disk;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// One of many logs that are closed together, side by side, while the loop that owns them waits: first all that they
/// hold is synced, then the marks that say so.
final class Closing {
    private final PartitionLog log;
    private final long highWatermark;
    private List<String> unsynced = List.of();
    private boolean begun;

    Closing(PartitionLog log, long highWatermark) {
        this.log = log;
        this.highWatermark = highWatermark;
    }

    /// A log that cannot be closed keeps none of the others from it.
    static void all(Disk disk, List<Closing> logs) throws IOException {
        IOException failure = run(disk, logs.stream().<Disk.Work>map(one -> one::begin).toList());
        disk.sync(unsynced(logs));
        IOException later = run(disk, logs.stream().<Disk.Work>map(one -> one::end).toList());
        disk.sync(unsynced(logs));
        if (failure != null || later != null) {
            throw failure != null ? failure : later;
        }
    }

    private static @Nullable IOException run(Disk disk, List<Disk.Work> works) {
        try {
            disk.runAll(works);
            return null;
        } catch (IOException e) {
            return e;
        }
    }

    private static List<String> unsynced(List<Closing> logs) {
        List<String> paths = new ArrayList<>();
        logs.forEach(one -> paths.addAll(one.unsynced));
        return paths;
    }

    private void begin() throws IOException {
        unsynced = log.beginClose(highWatermark);
        begun = true;
    }

    private void end() throws IOException {
        unsynced = List.of();
        if (begun) {
            unsynced = log.endClose();
        }
    }
}
