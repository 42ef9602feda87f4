package io.chapar.broker.partition;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.FileRecords;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.Records;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.RecordBatches;
import io.chapar.protocol.record.compress.Compression;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/// One partition on virtual time over a given disk, with the few calls that tests make again and again.
final class PartitionFixture {
    static final TopicPartition ID = new TopicPartition("orders", 3);
    static final UUID TOPIC_ID = new UUID(0x1122334455667788L, 0x99aabbccddeeff00L);
    static final short V = 12;

    final ManualLoop loop = new ManualLoop();
    final Disk disk;
    LogConfig config;
    Partition partition;

    PartitionFixture(Disk disk, LogConfig config) {
        this.disk = disk;
        this.config = config;
        open();
    }

    Partition open() {
        return open(TOPIC_ID);
    }

    /// As a partition of the topic that has the name now.
    Partition open(UUID topicId) {
        partition = Partition.open(new PartitionSetup(ID, topicId, 0, config, new DataFolder(disk, 8), loop));
        return partition;
    }

    Partition reopen() {
        partition.close();
        return open();
    }

    OffsetAtTime offsetForTimestamp(long timestamp, Isolation isolation, int leaderEpoch) {
        OffsetAtTime[] found = new OffsetAtTime[1];
        partition.offsetForTimestamp(timestamp, isolation, leaderEpoch, one -> found[0] = one);
        loop.runAll();
        return Objects.requireNonNull(found[0]);
    }

    static ByteBuffer bytes(String text) {
        return text == null ? null : ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    RecordBatchBuilder batch(String... values) {
        return batch(Compression.NONE, values);
    }

    RecordBatchBuilder batch(Compression compression, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder(compression);
        for (String value : values) {
            builder.append(loop.nowMs(), bytes("k"), bytes(value));
        }
        return builder;
    }

    AppendOutcome append(RecordBatchBuilder builder) {
        return append(builder, null);
    }

    AppendOutcome append(RecordBatchBuilder builder, VerificationGuard guard) {
        return partition.appendFromClient(builder.build(), new ClientAppend(V, (short) -1, guard), loop.nowMs());
    }

    AppendOutcome append(String... values) {
        return append(batch(values));
    }

    /// As a version 2 client does: verified with the coordinator first when there is need.
    AppendOutcome appendTxn(long producerId, int epoch, int sequence, String... values) {
        VerificationGuard guard = partition.verificationGuard(producerId, (short) epoch, sequence, true);
        return append(batch(values).producer(producerId, (short) epoch, sequence).transactional(), guard);
    }

    AppendOutcome marker(long producerId, int epoch, boolean commit) {
        return marker(producerId, epoch, 0, commit, 2);
    }

    static MarkerAppend end(long producerId, int epoch, boolean commit) {
        return new MarkerAppend(producerId, (short) epoch, 0, commit, (short) 2);
    }

    List<AppendOutcome> markers(MarkerAppend... markers) {
        return partition.appendMarkers(List.of(markers), loop.nowMs());
    }

    AppendOutcome marker(long producerId, int epoch, int coordinatorEpoch, boolean commit, int version) {
        return partition.appendMarker(
                new MarkerAppend(producerId, (short) epoch, coordinatorEpoch, commit, (short) version), loop.nowMs());
    }

    /// As it is told when it is done.
    ErrorCode deleteRecords(long before) {
        List<ErrorCode> told = new ArrayList<>();
        partition.deleteRecordsBefore(before, told::add);
        settle(told);
        return told.getFirst();
    }

    void housekeep() {
        List<Boolean> done = new ArrayList<>();
        partition.housekeep(() -> done.add(true));
        settle(done);
    }

    private void settle(List<?> done) {
        loop.runAll();
        while (done.isEmpty()) {
            loop.awaitTask();
        }
    }

    ReadOutcome read(long offset, int maxBytes, Isolation isolation) {
        return partition.read(new ReadRequest(offset, maxBytes, isolation, -1, -1, true));
    }

    ReadOutcome.Slice slice(long offset, int maxBytes, Isolation isolation) {
        return (ReadOutcome.Slice) read(offset, maxBytes, isolation);
    }

    static ByteBuffer load(Records records) {
        try {
            return switch (records) {
                case BufferRecords buffer -> buffer.bytes();
                case FileRecords file -> {
                    try {
                        yield file.load();
                    } finally {
                        file.release();
                    }
                }
                default -> throw new AssertionError(records);
            };
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    /// Everything from the offset on, in as many reads as it takes.
    List<RecordBatch> batches(long from, int maxBytes, Isolation isolation) {
        List<RecordBatch> all = new ArrayList<>();
        long next = from;
        while (true) {
            ByteBuffer bytes = load(slice(next, maxBytes, isolation).records());
            if (!bytes.hasRemaining()) {
                return all;
            }
            for (RecordBatch batch : RecordBatches.of(bytes)) {
                all.add(batch);
                next = batch.nextOffset();
            }
        }
    }

    List<String> values(long from, Isolation isolation) {
        List<String> values = new ArrayList<>();
        for (RecordBatch batch : batches(from, 1 << 20, isolation)) {
            if (!batch.isControl()) {
                for (Record record : batch.records()) {
                    values.add(StandardCharsets.UTF_8.decode(record.value()).toString());
                }
            }
        }
        return values;
    }
}
