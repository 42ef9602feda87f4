package io.chapar.broker.log;

import io.chapar.protocol.Records;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// A range of a segment file, for transfers that never enter the heap. It keeps the file open: whoever got it calls
/// [#release] once, from any thread, when the bytes have left or are not wanted any more.
///
/// The range never changes: the log only grows behind it, and deletion leaves open files readable.
public final class FileRecords implements Records {
    /// What a transfer reads at least of a file, in bytes: a page.
    private static final int PROBE_BYTES = 4096;

    private final OpenFile file;
    private final String path;
    private final long position;
    private final int size;
    private final AtomicBoolean released = new AtomicBoolean();
    private Consumer<IOException> onUnreadable = _ -> { };

    /// Takes over one reference to the file.
    FileRecords(OpenFile file, String path, long position, int size) {
        this.file = file;
        this.path = path;
        this.position = position;
        this.size = size;
    }

    @Override
    public int sizeInBytes() {
        return size;
    }

    /// First byte of the range in the file.
    public long position() {
        return position;
    }

    /// For `transferTo`; null on a disk without operating system files. Valid until [#release].
    public @Nullable FileChannel channel() {
        return file.file().channel();
    }

    /// The bytes themselves, for callers that need to look at them. Before [#release] alone.
    public ByteBuffer load() throws IOException {
        return read(position, size);
    }

    /// Whether the file gives the bytes that a transfer met which came so far and no further. Before [#release] alone.
    public void probe(long transferred) throws IOException {
        read(position + transferred, (int) Math.min(PROBE_BYTES, size - transferred));
    }

    private ByteBuffer read(long from, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        int got = file.file().read(bytes, from);
        if (got != count) {
            throw new IOException("reading at byte " + (from + got) + " of " + path + " failed: the file ends there");
        }
        return bytes.flip();
    }

    /// To be set by whoever hands the range out; runs on the thread of whoever then could not send it.
    public void onUnreadable(Consumer<IOException> listener) {
        onUnreadable = listener;
    }

    /// The range could not be sent, since the file did not give it.
    public void unreadable(IOException cause) {
        onUnreadable.accept(cause);
    }

    /// Lets the file go. Only the first call counts.
    public void release() {
        if (released.compareAndSet(false, true)) {
            file.release();
        }
    }
}
