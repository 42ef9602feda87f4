package io.chapar.broker.log;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalListener;
import io.chapar.broker.log.disk.Disk;

import java.io.IOException;
import java.io.UncheckedIOException;

/// Files that are open, by path, up to a bound. Thread-safe: partitions of all loops share it.
final class OpenFiles {
    private final Disk disk;
    private final Cache<String, OpenFile> open;

    OpenFiles(Disk disk, int max) {
        this.disk = disk;
        RemovalListener<String, OpenFile> letGo = (_, file, _) -> {
            if (file != null) {
                file.release();
            }
        };
        this.open = Caffeine.newBuilder()
                .maximumSize(max)
                .executor(Runnable::run)
                .removalListener(letGo)
                .build();
    }

    /// The file, opened or created. The caller is a user of it and releases it.
    OpenFile acquire(String path) throws IOException {
        try {
            while (true) {
                OpenFile file = open.get(path, this::openFile);
                if (file.tryRetain()) {
                    return file;
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private OpenFile openFile(String path) {
        try {
            return new OpenFile(disk.open(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Drops a file that is about to be deleted, renamed or replaced. Transfers under way keep theirs.
    void forget(String path) {
        open.invalidate(path);
    }

    void closeAll() {
        open.invalidateAll();
        open.cleanUp();
    }
}
