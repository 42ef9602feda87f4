package io.chapar.broker.log;

import io.chapar.broker.log.disk.DiskFile;
import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import static java.util.Objects.requireNonNull;

/// A segment in the making that will take the place of others: its files have [PartitionFiles#CLEANED] behind their
/// names and are synced before it is finished. For one thread at a time, any.
final class SegmentRewrite {
    private static final int BUFFER_BYTES = 256 * 1024;

    private final DataFolder data;
    private final String folder;
    private final long baseOffset;
    private final int intervalBytes;
    private final SegmentIndex index = new SegmentIndex();
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private @Nullable DiskFile file;
    private long written;
    private int size;
    private long abortedChecksum;

    SegmentRewrite(DataFolder data, String folder, long baseOffset, int intervalBytes) {
        this.data = data;
        this.folder = folder;
        this.baseOffset = baseOffset;
        this.intervalBytes = intervalBytes;
    }

    long baseOffset() {
        return baseOffset;
    }

    int size() {
        return size;
    }

    /// Once it is finished.
    long abortedChecksum() {
        return abortedChecksum;
    }

    void append(ByteBuffer bytes) throws IOException {
        RecordBatch batch = RecordBatch.at(bytes, bytes.position());
        int length = bytes.remaining();
        if (Integer.MAX_VALUE - size < length) {
            throw new IOException("the cleaned segment " + baseOffset + " of " + folder + " would be too large");
        }
        index.add((int) (batch.lastOffset() - baseOffset), size, length, batch.maxTimestamp(), intervalBytes);
        size += length;
        if (length > buffer.remaining()) {
            flush();
        }
        if (length > buffer.capacity()) {
            write(bytes);
        } else {
            buffer.put(bytes);
        }
    }

    private void flush() throws IOException {
        buffer.flip();
        write(buffer);
        buffer.clear();
    }

    private void write(ByteBuffer bytes) throws IOException {
        if (file == null) {
            file = create(PartitionFiles.LOG);
        }
        int length = bytes.remaining();
        file.write(bytes, written);
        written += length;
    }

    private DiskFile create(String suffix) throws IOException {
        data.disk().delete(path(suffix));
        return data.disk().open(path(suffix));
    }

    private String path(String suffix) {
        return PartitionFiles.segmentFile(folder, baseOffset, suffix) + PartitionFiles.CLEANED;
    }

    /// Writes the indexes and syncs it all.
    void finish(List<AbortedTxnIndex.Entry> aborted) throws IOException {
        flush();
        requireNonNull(file, "what is kept is written to a file").close();
        file = null;
        index.seal();
        AbortedTxnIndex txns = new AbortedTxnIndex();
        aborted.forEach(txns::add);
        abortedChecksum = txns.checksum();
        writeWhole(PartitionFiles.OFFSET_INDEX, index.offsetBytes(0));
        writeWhole(PartitionFiles.TIME_INDEX, index.timeBytes(0));
        writeWhole(PartitionFiles.TXN_INDEX, txns.bytesFrom(0));
        List<String> paths = new ArrayList<>();
        for (String suffix : SegmentSwap.SUFFIXES) {
            paths.add(path(suffix));
        }
        data.disk().sync(paths);
    }

    private void writeWhole(String suffix, ByteBuffer bytes) throws IOException {
        try (DiskFile whole = create(suffix)) {
            whole.write(bytes, 0);
        }
    }

    /// Removes what was made.
    void discard() throws IOException {
        if (file != null) {
            file.close();
            file = null;
        }
        for (String suffix : SegmentSwap.SUFFIXES) {
            data.disk().delete(path(suffix));
        }
    }
}
