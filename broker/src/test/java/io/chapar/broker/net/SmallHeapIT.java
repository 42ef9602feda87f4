package io.chapar.broker.net;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import io.chapar.protocol.record.compress.GrowingBytes;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A broker as a process of its own with the heap of a small machine, and records of which a few kilobytes stand for
/// more than that.
@Tag("nightly")
final class SmallHeapIT {
    private static final int KEY_BYTES = 133_000_000;

    @TempDir
    Path folder;

    private SmallBroker broker;

    @BeforeEach
    void start() throws IOException {
        broker = SmallBroker.start(folder, Map.of("log.retention.check.interval.ms", "500"));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private static ErrorCode append(WireClient client, String topic, ByteBuffer batch) throws IOException {
        ProduceResponse answer = (ProduceResponse) client.ask(ProduceRequest.builder()
                .acks((short) -1)
                .timeoutMs(30_000)
                .topicData(List.of(ProduceRequest.TopicProduceData.builder().name(topic)
                        .partitionData(List.of(new ProduceRequest.PartitionProduceData(0, new BufferRecords(batch))))
                        .build()))
                .build(), (short) 9);
        return ErrorCode.of(answer.responses().getFirst().partitionResponses().getFirst().errorCode());
    }

    /// One record with a key of zeros and no value.
    private static ByteBuffer huge(Compression codec, int keyBytes) throws IOException {
        GrowingBytes head = new GrowingBytes(32);
        head.write(0);
        head.writeVarint(0);
        head.writeVarint(0);
        head.writeVarint(keyBytes);
        GrowingBytes out = new GrowingBytes(200_000);
        out.write(new RecordBatchBuilder(codec).append(System.currentTimeMillis(), null, null).build()
                .slice(0, RecordBatch.HEADER_BYTES));
        try (OutputStream records = codec.compressing(out)) {
            GrowingBytes length = new GrowingBytes(8);
            length.writeVarint(head.size() + keyBytes + 2L);
            records.write(length.array(), 0, length.size());
            records.write(head.array(), 0, head.size());
            byte[] zeros = new byte[1000];
            for (int done = 0; done < keyBytes; done += zeros.length) {
                records.write(zeros);
            }
            records.write(1);
            records.write(0);
        }
        ByteBuffer batch = out.toBuffer();
        batch.putInt(8, batch.limit() - RecordBatch.PREFIX_BYTES);
        CRC32C crc = new CRC32C();
        crc.update(batch.slice(RecordBatch.CHECKED_FROM, batch.limit() - RecordBatch.CHECKED_FROM));
        return batch.putInt(17, (int) crc.getValue());
    }

    private static ByteBuffer small(int i) {
        ByteBuffer key = ByteBuffer.wrap(new byte[] {(byte) i});
        return new RecordBatchBuilder(Compression.NONE)
                .append(System.currentTimeMillis(), key, ByteBuffer.allocate(60_000)).build();
    }

    /// Compacted, the newest tombstone has the time at which it may go.
    private static boolean isStamped(Path log) throws IOException {
        return Files.exists(log) && RecordBatch.at(ByteBuffer.wrap(Files.readAllBytes(log)), 0).hasDeleteHorizon();
    }

    @Test
    void aKeyThatWouldFillTheHeapIsCompacted() throws IOException {
        Path second = broker.data().resolve("keys-0/00000000000000000001.log");
        try (WireClient client = new WireClient(broker.address())) {
            SmallBroker.create(client, "keys", 1, Map.of("cleanup.policy", "compact", "segment.bytes", "150000",
                    "min.cleanable.dirty.ratio", "0"));
            ByteBuffer huge = huge(Compression.GZIP, KEY_BYTES);
            assertTrue(huge.limit() < 140_000);
            assertEquals(ErrorCode.NONE, append(client, "keys", huge.duplicate()));
            assertEquals(ErrorCode.NONE, append(client, "keys", huge.duplicate()));
            for (int i = 0; i < 3; i++) {
                assertEquals(ErrorCode.NONE, append(client, "keys", small(i)));
            }
            Awaitility.await().until(() -> !broker.isAlive() || isStamped(second));
            broker.assertAlive();
            assertEquals(0, RecordBatch.at(ByteBuffer.wrap(Files.readAllBytes(
                    broker.data().resolve("keys-0/00000000000000000000.log"))), 0).recordCount(), "superseded");
            assertEquals(ErrorCode.NONE, append(client, "keys", small(4)));
        }
    }

    @Test
    void whatWouldDecompressToMoreThanIsAllowedIsSentInSmallerBatchesOrNotAtAll() throws IOException {
        try (WireClient client = new WireClient(broker.address())) {
            SmallBroker.create(client, "keys", 1, Map.of("cleanup.policy", "compact"));
            SmallBroker.create(client, "codec", 1, Map.of("compression.type", "lz4"));
            for (Compression codec : List.of(Compression.ZSTD, Compression.SNAPPY)) {
                ByteBuffer huge = huge(codec, codec == Compression.ZSTD ? 200_000_000 : 135_000_000);
                for (String topic : List.of("keys", "codec")) {
                    assertEquals(ErrorCode.MESSAGE_TOO_LARGE, append(client, topic, huge.duplicate()));
                }
            }
            broker.assertAlive();
            assertEquals(ErrorCode.NONE, append(client, "keys", small(1)));
        }
    }
}
