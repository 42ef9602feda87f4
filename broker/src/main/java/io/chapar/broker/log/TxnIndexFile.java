package io.chapar.broker.log;

import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.broker.producer.CompletedTxn;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;

import static java.util.Objects.requireNonNull;

/// The transaction index of one segment: in memory from the first use on, and its file, which follows at rolls, flushes
/// and closes.
///
/// The file is believed when it has the checksum that the last checkpoint knew. Else it is built anew from the batches.
final class TxnIndexFile {
    private static final Logger LOG = LoggerFactory.getLogger(TxnIndexFile.class);

    private final Segment segment;
    private final DataFolder data;
    private final LogFolder folder;
    private final String path;
    /// What the file's must be, while nothing is loaded.
    private final long knownChecksum;
    private @Nullable AbortedTxnIndex index;
    /// Entries in the file.
    private int saved;

    /// @param knownChecksum 0 for a file that is empty, or not there
    TxnIndexFile(Segment segment, LogFolder folder, long knownChecksum) {
        this.segment = segment;
        this.data = folder.data();
        this.folder = folder;
        this.path = segment.path(PartitionFiles.TXN_INDEX);
        this.knownChecksum = knownChecksum;
        if (segment.size() == 0) {
            index = new AbortedTxnIndex();
        }
    }

    /// Or throws [IndexBeingBuilt].
    AbortedTxnIndex index() throws IOException {
        if (!isSound()) {
            folder.repair().build(segment, new TxnIndexRebuild(segment, folder, this));
        }
        return requireNonNull(index, "it is known by now");
    }

    /// Whether it is known, or its file can be believed.
    boolean isSound() throws IOException {
        if (index == null) {
            ByteBuffer content = data.disk().read(path);
            AbortedTxnIndex read = AbortedTxnIndex.read(content);
            boolean rest = content != null && content.hasRemaining();
            if (rest || read.checksum() != knownChecksum) {
                return false;
            }
            saved = read.size();
            index = read;
        }
        return true;
    }

    void renew(AbortedTxnIndex fresh) throws IOException {
        LOG.warn("{} was not as the last checkpoint knew it, and has been built anew", path);
        index = fresh;
        saved = 0;
        data.replace(path, fresh.bytesFrom(0));
        saved = fresh.size();
    }

    /// Of what the file holds once it is saved.
    long checksum() {
        return index == null ? knownChecksum : index.checksum();
    }

    int saved() {
        return saved;
    }

    /// The transaction's marker has been appended, or found again.
    void add(CompletedTxn txn) throws IOException {
        AbortedTxnIndex all = index();
        if (!all.reaches(txn.markerOffset())) {
            all.add(txn);
        }
    }

    void save() throws IOException {
        if (index != null && index.size() > saved) {
            data.write(path, index.bytesFrom(saved), (long) saved * AbortedTxnIndex.ENTRY_BYTES);
            saved = index.size();
        }
    }

    /// In memory; [#cut] follows.
    void truncateTo(long offset) throws IOException {
        AbortedTxnIndex all = index();
        all.truncateTo(offset);
        saved = Math.min(saved, all.size());
    }

    void cut() throws IOException {
        data.cut(path, (long) saved * AbortedTxnIndex.ENTRY_BYTES);
    }

    /// Takes so many entries from the file, and of those the ones below the offset; the rest will be found again.
    void begin(int entries, long offset) throws IOException {
        index = head(entries);
        index.truncateTo(offset);
        saved = index.size();
    }

    /// Whether the file begins with so many entries, as the last checkpoint knew them.
    boolean beginsWith(int entries) throws IOException {
        AbortedTxnIndex head = head(entries);
        return head.size() == entries && head.checksum() == knownChecksum;
    }

    private AbortedTxnIndex head(int entries) throws IOException {
        return AbortedTxnIndex.read(data.head(path, entries * AbortedTxnIndex.ENTRY_BYTES));
    }
}
