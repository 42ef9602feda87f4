package io.chapar.broker.log;

import com.sun.management.ThreadMXBean;
import io.chapar.broker.log.disk.DiskFile;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class BatchScanTest {
    private static final int LENGTH_AT = 8;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /// A batch at the beginning of very many zeros.
    private record Zeros(ByteBuffer beginning, int length) implements DiskFile {
        @Override
        public long size() {
            return length;
        }

        @Override
        public int read(ByteBuffer into, long position) {
            int count = (int) Math.min(into.remaining(), length - position);
            for (int i = 0; i < count; i++) {
                int at = (int) position + i;
                into.put(at < beginning.limit() ? beginning.get(at) : 0);
            }
            return count;
        }

        @Override
        public void write(ByteBuffer bytes, long position) throws IOException {
            throw new IOException("nobody writes here");
        }

        @Override
        public void truncate(long size) throws IOException {
            throw new IOException("nobody writes here");
        }

        @Override
        public FileChannel channel() {
            return null;
        }

        @Override
        public void close() {}
    }

    @Test
    void aLengthThatWasSpoiltAsksForNoMemory() throws IOException {
        int claimed = 100 << 20;
        ByteBuffer bytes = new RecordBatchBuilder(Compression.NONE)
                .append(1, ByteBuffer.allocate(9), null).build();
        bytes.putInt(LENGTH_AT, claimed - RecordBatch.PREFIX_BYTES);
        DiskFile file = new Zeros(bytes, claimed + 1000);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        BatchScan scan = new BatchScan(file, 0, claimed + 1000, BatchScan.FAR, true);
        RecordBatch batch = scan.advance();
        long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertEquals(claimed, batch.sizeInBytes());
        assertFalse(batch.isCrcValid());
        assertTrue(taken < 4 << 20, "took " + taken);
        assertTrue(scan.advance() == null && scan.torn(), "zeros are no batch");
    }
}
