package io.chapar.broker.log;

import io.chapar.protocol.Records;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicBoolean;

/// A range of a segment file, for transfers that never enter the heap. It keeps the file open: whoever got it calls
/// [#release] once, from any thread, when the bytes have left or are not wanted any more.
///
/// The range never changes: the log only grows behind it, and deletion leaves open files readable.
public final class FileRecords implements Records {
    private final OpenFile file;
    private final long position;
    private final int size;
    private final AtomicBoolean released = new AtomicBoolean();

    /// Takes over one reference to the file.
    FileRecords(OpenFile file, long position, int size) {
        this.file = file;
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
    public FileChannel channel() {
        return file.file().channel();
    }

    /// The bytes themselves, for callers that need to look at them. Before [#release] alone.
    public ByteBuffer load() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(size);
        if (file.file().read(bytes, position) != size) {
            throw new IOException("segment file ends before " + (position + size));
        }
        return bytes.flip();
    }

    /// Lets the file go. Only the first call counts.
    public void release() {
        if (released.compareAndSet(false, true)) {
            file.release();
        }
    }
}
