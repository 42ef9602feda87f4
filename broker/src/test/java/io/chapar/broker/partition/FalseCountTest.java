package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.partition.AppendOutcome.Appended;
import io.chapar.broker.partition.AppendOutcome.Rejected;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.zip.CRC32C;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/// Compressed batches whose header does not tell the truth about what is inside.
final class FalseCountTest {
    private static final int CRC_AT = 17;
    private static final int CHECKED_FROM = 21;
    private static final int LAST_OFFSET_DELTA_AT = 23;
    private static final int COUNT_AT = 57;

    private final PartitionFixture f = new PartitionFixture(new MemoryDisk(), LogConfig.defaults());

    private AppendOutcome append(ByteBuffer batch) {
        return f.partition.appendFromClient(
                batch, new ClientAppend(PartitionFixture.V, (short) -1, null), f.loop.nowMs());
    }

    private static ByteBuffer claiming(int records, ByteBuffer batch) {
        batch.putInt(LAST_OFFSET_DELTA_AT, records - 1).putInt(COUNT_AT, records);
        CRC32C crc = new CRC32C();
        crc.update(batch.duplicate().position(CHECKED_FROM));
        return batch.putInt(CRC_AT, (int) crc.getValue());
    }

    @Test
    void offsetsAreNotGivenOutByTheMillionForABatchOfThree() {
        ByteBuffer small = f.batch(Compression.ZSTD, "a", "b", "c").build();
        Rejected rejected =
                assertInstanceOf(Rejected.class, append(claiming(Integer.MAX_VALUE, small)));
        assertEquals(ErrorCode.INVALID_RECORD, rejected.error());
        assertEquals(0, f.partition.logEndOffset());
    }

    @Test
    void moreRecordsThanBytesAreFineWhenTheyAreThere() {
        String[] same = Collections.nCopies(5_000, "x").toArray(String[]::new);
        ByteBuffer dense = f.batch(Compression.ZSTD, same).build();
        assertEquals(true, dense.remaining() < 5_000);
        Appended appended = assertInstanceOf(Appended.class,
                f.partition.appendFromClient(dense, new ClientAppend(PartitionFixture.V, (short) -1, null),
                        f.loop.nowMs()));
        assertEquals(4_999, appended.lastOffset());
    }
}
