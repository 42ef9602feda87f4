package io.chapar.broker.log.model;

import io.chapar.broker.log.disk.MemoryDisk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;

/// Damages index files and that of the leader epochs, synced as they were, in such ways as must be noticed: they are
/// taken away, cut, or one of their bits is turned around. An offset or time index is cut inside of an entry.
final class IndexDamage {
    private static final int TIME_ENTRY_BYTES = 12;

    private final Subject subject;
    private final MemoryDisk disk;
    private final Random random;

    IndexDamage(Subject subject) {
        this.subject = subject;
        this.disk = subject.disk;
        this.random = subject.random;
    }

    void doSome() throws IOException {
        List<String> indexes = disk.paths().stream()
                .filter(path -> path.endsWith("index") || path.endsWith("leader-epoch-checkpoint"))
                .filter(path -> disk.content(path).length > 0).toList();
        if (indexes.isEmpty()) {
            return;
        }
        String path = indexes.get(random.nextInt(indexes.size()));
        byte[] content = disk.content(path);
        boolean vouchedFor = path.endsWith(".txnindex") || path.endsWith("leader-epoch-checkpoint");
        int what = random.nextInt(4);
        if (what == 0) {
            subject.tell("lost: " + path);
            disk.delete(path);
        } else if (what == 1) {
            int left = random.nextInt(content.length);
            if (!vouchedFor && left % 2 == content.length % 2) {
                left++;
            }
            subject.tell("cut: " + path + " to " + left + " of " + content.length);
            disk.replace(path, ByteBuffer.wrap(content, 0, left));
        } else {
            int at = noticed(path, random.nextInt(content.length));
            subject.tell("bit flipped in " + path + " at " + at);
            disk.flipBit(path, at, random.nextInt(8));
        }
        disk.sync(List.of(path));
    }

    /// A byte of the same entry that cannot be wrong without being noticed. The offset of a time may come to be that of
    /// another batch with the very same time.
    private static int noticed(String path, int at) {
        return path.endsWith(".timeindex") && at % TIME_ENTRY_BYTES >= 8 ? at - 8 : at;
    }
}
