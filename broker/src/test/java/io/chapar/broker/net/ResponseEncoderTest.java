package io.chapar.broker.net;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.FileRecords;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PartitionSetup;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.partition.ReadRequest;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.Records;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.FetchResponse.FetchableTopicResponse;
import io.chapar.protocol.message.FetchResponse.PartitionData;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.DefaultFileRegion;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class ResponseEncoderTest {
    private static final short VERSION = 12;
    private static final int RECORD_BYTES = 500_000;

    @TempDir
    Path folder;

    private FileDisk disk;
    private Partition partition;

    @BeforeEach
    void write() {
        disk = new FileDisk(folder);
        ManualLoop loop = new ManualLoop();
        partition = Partition.open(new PartitionSetup(new TopicPartition("t", 0), new UUID(1, 1), 0,
                LogConfig.builder().build(), new DataFolder(disk), loop));
        RecordBatchBuilder batch = new RecordBatchBuilder(Compression.NONE);
        batch.append(loop.nowMs(), null, ByteBuffer.allocate(RECORD_BYTES));
        partition.appendFromClient(batch.build(), new ClientAppend(VERSION, (short) -1, null), loop.nowMs());
    }

    @AfterEach
    void close() {
        partition.close();
        disk.close();
    }

    private Records records() {
        ReadOutcome read = partition.read(
                new ReadRequest(0, RECORD_BYTES, Isolation.READ_UNCOMMITTED, -1, -1, true));
        return assertInstanceOf(FileRecords.class, ((ReadOutcome.Slice) read).records());
    }

    private static ResponseEncoder.Encoded encode(Records... each) {
        List<PartitionData> partitions = IntStream.range(0, each.length)
                .mapToObj(i -> PartitionData.builder().partitionIndex(i).records(each[i]).build()).toList();
        return ResponseEncoder.encode(UnpooledByteBufAllocator.DEFAULT,
                FetchResponse.builder().responses(List.of(
                        FetchableTopicResponse.builder().topic("t").partitions(partitions).build())).build(),
                ApiKey.FETCH, VERSION, 7);
    }

    /// A buffer as long as the records would be cleared and thrown away for each fetch.
    @Test
    void takesMemoryForWhatIsNotInAFileAlone() {
        ResponseEncoder.Encoded answer = encode(records(), records());
        try {
            assertEquals(5, answer.pieces().size());
            int inMemory = Integer.BYTES + answer.size();
            for (Object piece : answer.pieces()) {
                switch (piece) {
                    case DefaultFileRegion region -> inMemory -= (int) region.count();
                    case ByteBuf buffer -> {
                        assertEquals(buffer.readableBytes(), buffer.capacity());
                        inMemory -= buffer.readableBytes();
                    }
                    default -> throw new AssertionError(piece);
                }
            }
            assertEquals(0, inMemory, "the size at the front tells what follows it");
            assertTrue(answer.size() > 2 * RECORD_BYTES);
        } finally {
            answer.discard();
        }
    }
}
