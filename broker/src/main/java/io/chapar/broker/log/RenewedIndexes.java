package io.chapar.broker.log;

import io.chapar.broker.runtime.Loop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Index files of sealed segments that were built anew, beside those whose place they take once they are synced: one
/// that a loss of power had cut short might not be noticed. Until then they are read where they are.
final class RenewedIndexes {
    private static final String NEW = ".new";

    private final DataFolder data;
    /// By the path whose place is taken.
    private final Map<String, Segment> waiting = new LinkedHashMap<>();

    RenewedIndexes(DataFolder data) {
        this.data = data;
    }

    void put(Segment segment, String path, ByteBuffer content) throws IOException {
        data.disk().replace(path + NEW, content);
        waiting.put(path, segment);
    }

    /// Where the file is now.
    String place(String path) {
        return waiting.containsKey(path) ? path + NEW : path;
    }

    /// To be synced before [#adopt].
    List<String> unsynced() {
        List<String> paths = new ArrayList<>();
        waiting.keySet().forEach(path -> paths.add(path + NEW));
        return paths;
    }

    /// @param synced from [#unsynced]; what came since waits for the next time
    /// @param isThere whether the log still has the segment
    void adopt(List<String> synced, Predicate<Segment> isThere) throws IOException {
        for (String fresh : synced) {
            String path = fresh.substring(0, fresh.length() - NEW.length());
            Segment segment = waiting.remove(path);
            if (segment != null && isThere.test(segment)) {
                data.files().forget(path);
                data.disk().rename(fresh, path);
            } else {
                data.disk().delete(fresh);
            }
        }
    }

    /// Syncs and adopts all that there is. `done` as in [PartitionLog#advanceLogStart].
    void adoptLater(PartitionLog log, Loop loop, Consumer<IOException> done) {
        List<String> fresh = unsynced();
        if (fresh.isEmpty()) {
            done.accept(null);
            return;
        }
        Away away = new Away(log, data.disk(), loop, done);
        away.sync(fresh, () -> {
            adopt(fresh, log::holds);
            away.end();
        });
    }

    /// The segment is appended to again, and its files are written as its index is. True when some were waiting.
    boolean drop(Segment segment) throws IOException {
        List<String> paths = new ArrayList<>();
        waiting.forEach((path, owner) -> {
            if (owner == segment) {
                paths.add(path);
            }
        });
        for (String path : paths) {
            waiting.remove(path);
            data.disk().delete(path + NEW);
        }
        return !paths.isEmpty();
    }
}
