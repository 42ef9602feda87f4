package io.chapar.broker.log;

import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.broker.producer.CompletedTxn;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;

import static java.util.Objects.requireNonNull;

/// The transaction index of one segment: in memory while the segment is appended to, and its file, which follows at
/// rolls, flushes and closes.
///
/// The file is believed when it has the checksum that the last checkpoint knew. Else it is built anew from the batches.
final class TxnIndexFile {
    private static final Logger LOG = LoggerFactory.getLogger(TxnIndexFile.class);
    /// Of all files that hold none; never changed.
    private static final AbortedTxnIndex NONE = new AbortedTxnIndex();

    private final Segment segment;
    private final DataFolder data;
    private final LogFolder folder;
    private final String path;
    /// What the file's must be, while nothing is kept here.
    private long knownChecksum;
    /// Of a segment that may get more of them; null where they come from the file, or the data folder's bounded cache.
    private @Nullable AbortedTxnIndex index;
    /// The file is known to hold none: readers of committed records, who ask all segments behind them, need neither the
    /// disk nor the cache for most.
    private boolean bare;
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
        AbortedTxnIndex found = find();
        if (found == null) {
            folder.repair().build(segment, new TxnIndexRebuild(segment, folder, this));
            found = requireNonNull(find(), "it has been built");
        }
        return found;
    }

    /// Whether it is known, or its file can be believed. Of the segment that is appended to, each time: it is kept here
    /// from now on.
    boolean isSound() throws IOException {
        if (index == null) {
            AbortedTxnIndex found = find();
            if (found == null) {
                return false;
            }
            keep(found);
        }
        return true;
    }

    /// Null where the file cannot be believed.
    private @Nullable AbortedTxnIndex find() throws IOException {
        AbortedTxnIndex known = index != null ? index : bare ? NONE : data.abortedTxns().getIfPresent(path);
        if (known != null) {
            return known;
        }
        ByteBuffer content = data.disk().read(path);
        AbortedTxnIndex read = AbortedTxnIndex.read(content);
        boolean rest = content != null && content.hasRemaining();
        if (rest || read.checksum() != knownChecksum) {
            return null;
        }
        saved = read.size();
        show(read);
        return read;
    }

    /// Nothing changes it from now on.
    private void show(AbortedTxnIndex whole) {
        bare = whole.size() == 0;
        if (!bare) {
            data.abortedTxns().put(path, whole);
        }
    }

    /// To be changed: it is kept here from now on.
    private AbortedTxnIndex own() throws IOException {
        AbortedTxnIndex all = index();
        return index != null ? index : keep(all);
    }

    private AbortedTxnIndex keep(AbortedTxnIndex all) {
        AbortedTxnIndex own = all.size() == 0 ? new AbortedTxnIndex() : all;
        index = own;
        bare = false;
        data.abortedTxns().invalidate(path);
        return own;
    }

    /// Nothing more comes, and what is here has been saved: whoever asks reads it.
    void release() {
        if (index != null && saved == index.size()) {
            knownChecksum = index.checksum();
            show(index);
            index = null;
        }
    }

    /// That are kept here.
    int kept() {
        return index == null ? 0 : index.size();
    }

    void renew(AbortedTxnIndex fresh) throws IOException {
        LOG.warn("{} was not as the last checkpoint knew it, and has been built anew", path);
        saved = 0;
        data.replace(path, fresh.bytesFrom(0));
        saved = fresh.size();
        keep(fresh);
        release();
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
        AbortedTxnIndex all = own();
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
        AbortedTxnIndex all = own();
        all.truncateTo(offset);
        saved = Math.min(saved, all.size());
    }

    void cut() throws IOException {
        data.cut(path, (long) saved * AbortedTxnIndex.ENTRY_BYTES);
    }

    /// Takes so many entries from the file, and of those the ones below the offset; the rest will be found again.
    void begin(int entries, long offset) throws IOException {
        AbortedTxnIndex head = head(entries);
        head.truncateTo(offset);
        saved = head.size();
        keep(head);
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
