package io.chapar.broker.log.model;

import io.chapar.broker.log.disk.MemoryDisk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;

/// Damages index files that were synced, in such ways as can be noticed: they are taken away, cut inside of an entry,
/// or one of their bits is turned around.
final class IndexDamage {
    private static final int TIME_ENTRY_BYTES = 12;
    private static final int TXN_ENTRY_BYTES = 34;

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
                .filter(path -> path.endsWith("index") && disk.content(path).length > 0).toList();
        if (indexes.isEmpty()) {
            return;
        }
        String path = indexes.get(random.nextInt(indexes.size()));
        byte[] content = disk.content(path);
        boolean ofTxns = path.endsWith(".txnindex");
        int what = random.nextInt(4);
        if (what == 0 && !ofTxns) {
            subject.tell("lost: " + path);
            disk.delete(path);
        } else if (what == 1 && content.length % 2 == 0) {
            int left = content.length - 1 - 2 * random.nextInt(4);
            subject.tell("cut: " + path + " to " + left + " of " + content.length);
            disk.replace(path, ByteBuffer.wrap(content, 0, Math.max(1, left)));
        } else {
            int at = noticed(path, random.nextInt(content.length));
            subject.tell("bit flipped in " + path + " at " + at);
            disk.flipBit(path, at, random.nextInt(8));
        }
        disk.sync(List.of(path));
    }

    /// A byte of the same entry that cannot be wrong without being noticed. The offset of a time may come to be that of
    /// another batch with the very same time; where an aborted transaction began nobody can tell from its marker.
    private static int noticed(String path, int at) {
        if (path.endsWith(".timeindex")) {
            return at % TIME_ENTRY_BYTES >= 8 ? at - 8 : at;
        }
        if (!path.endsWith(".txnindex")) {
            return at;
        }
        int inEntry = at % TXN_ENTRY_BYTES;
        return inEntry >= 26 || (inEntry >= 10 && inEntry < 18) ? at - 8 : at;
    }
}
