package io.chapar.broker.log;

import io.chapar.broker.log.disk.DiskFile;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

/// An open file with a count of its users: the cache is one, each transfer another. Closed with the last of them.
/// Transfers end on loops of connections, hence the atomic count.
final class OpenFile {
    private final DiskFile file;
    private final AtomicInteger users = new AtomicInteger(1);

    /// The creator is the first user.
    OpenFile(DiskFile file) {
        this.file = file;
    }

    /// Valid while the caller is a user.
    DiskFile file() {
        return file;
    }

    /// One more user, unless the last one has left already.
    boolean tryRetain() {
        while (true) {
            int n = users.get();
            if (n == 0) {
                return false;
            }
            if (users.compareAndSet(n, n + 1)) {
                return true;
            }
        }
    }

    void release() {
        if (users.decrementAndGet() == 0) {
            try {
                file.close();
            } catch (IOException e) {
                // Its bytes are with the system; a sync, which goes by the file's name, tells of what became of them.
            }
        }
    }
}
