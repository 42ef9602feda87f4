package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.function.BiConsumer;

/// What one stateful step knows at one partition as of the last commit, and how much of its changelog that is. Calls
/// are made one at a time.
interface CommittedRows extends Rows {
    /// Before that it has nothing, and takes nothing. [io.chapar.client.ChaparException] when it cannot be opened; the
    /// cause says whether another attempt may help.
    void open();

    /// In their order, up to so many from `from` on.
    void from(byte[] from, int atMost, BiConsumer<byte[], byte[]> each);

    /// All of the changes and the standing, or nothing of them if the process dies meanwhile. `standing` null: nothing
    /// is known of the changelog, so that it is read from its beginning the next time.
    void commit(Overlay changes, @Nullable Standing standing);

    /// Every entry before it is in the rows; later ones may be. Null: read from the beginning.
    @Nullable Standing standing();

    void clear();

    /// Nothing is asked any more.
    void close();
}
