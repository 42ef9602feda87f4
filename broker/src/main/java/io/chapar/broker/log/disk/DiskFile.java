package io.chapar.broker.log.disk;

import org.jspecify.annotations.Nullable;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/// An open file, addressed by position; it has no cursor.
public interface DiskFile extends Closeable {
    long size() throws IOException;

    /// Writes all remaining bytes at the position, or throws; after a throw any prefix may have been written.
    void write(ByteBuffer bytes, long position) throws IOException;

    /// Fills the buffer from the position until it is full or the file ends; gives the number of bytes read.
    int read(ByteBuffer into, long position) throws IOException;

    void truncate(long size) throws IOException;

    /// The operating system's file for transfers that never enter the heap, or null where there is none.
    @Nullable FileChannel channel();
}
