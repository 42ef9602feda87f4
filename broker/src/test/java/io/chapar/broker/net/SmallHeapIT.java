package io.chapar.broker.net;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

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
            ByteBuffer huge = HugeRecords.ofKey(Compression.GZIP, KEY_BYTES);
            assertTrue(huge.limit() < 140_000);
            assertEquals(ErrorCode.NONE, HugeRecords.append(client, "keys", huge.duplicate()));
            assertEquals(ErrorCode.NONE, HugeRecords.append(client, "keys", huge.duplicate()));
            for (int i = 0; i < 3; i++) {
                assertEquals(ErrorCode.NONE, HugeRecords.append(client, "keys", small(i)));
            }
            Awaitility.await().until(() -> !broker.isAlive() || isStamped(second));
            broker.assertAlive();
            assertEquals(0, RecordBatch.at(ByteBuffer.wrap(Files.readAllBytes(
                    broker.data().resolve("keys-0/00000000000000000000.log"))), 0).recordCount(), "superseded");
            assertEquals(ErrorCode.NONE, HugeRecords.append(client, "keys", small(4)));
        }
    }

    @Test
    void whatWouldDecompressToMoreThanIsAllowedIsSentInSmallerBatchesOrNotAtAll() throws IOException {
        try (WireClient client = new WireClient(broker.address())) {
            SmallBroker.create(client, "keys", 1, Map.of("cleanup.policy", "compact"));
            SmallBroker.create(client, "codec", 1, Map.of("compression.type", "lz4"));
            for (Compression codec : List.of(Compression.ZSTD, Compression.SNAPPY)) {
                ByteBuffer huge = HugeRecords.ofKey(codec, codec == Compression.ZSTD ? 200_000_000 : 135_000_000);
                for (String topic : List.of("keys", "codec")) {
                    assertEquals(ErrorCode.MESSAGE_TOO_LARGE, HugeRecords.append(client, topic, huge.duplicate()));
                }
            }
            broker.assertAlive();
            assertEquals(ErrorCode.NONE, HugeRecords.append(client, "keys", small(1)));
        }
    }
}
