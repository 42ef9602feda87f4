package io.chapar.protocol.record;

import io.chapar.protocol.record.compress.Compression;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's own reader and writer of batches as the oracle, both ways.
class KafkaInteropTest {
    private static final int LIMIT = RecordBatch.MAX_DECOMPRESSED_BYTES;
    private static final long BASE_OFFSET = 1_000_000_000_000L;
    private static final long PRODUCER_ID = 4711;
    private static final short EPOCH = 3;
    private static final int SEQUENCE = Integer.MAX_VALUE - 10;
    private static final int LEADER_EPOCH = 12;

    @ParameterizedTest
    @EnumSource(Compression.class)
    void kafkaReadsOurs(Compression codec) {
        List<Record> records = Samples.records(BASE_OFFSET);
        ByteBuffer ours = builder(codec, records).build();

        MutableRecordBatch batch = onlyBatch(ours);
        batch.ensureValid();
        assertEquals(kafkaCodec(codec), batch.compressionType());
        assertEquals(BASE_OFFSET, batch.baseOffset());
        assertEquals(BASE_OFFSET + records.size() - 1, batch.lastOffset());
        assertEquals(records.size(), batch.countOrNull());
        assertEquals(Samples.FIRST_TIMESTAMP + 90_000, batch.maxTimestamp());
        assertEquals(PRODUCER_ID, batch.producerId());
        assertEquals(EPOCH, batch.producerEpoch());
        assertEquals(SEQUENCE, batch.baseSequence());
        assertEquals(RecordBatch.at(ours, 0).lastSequence(), batch.lastSequence());
        assertEquals(LEADER_EPOCH, batch.partitionLeaderEpoch());
        assertTrue(batch.isTransactional());
        assertFalse(batch.isControlBatch());
        List<Record> seen = new ArrayList<>();
        batch.forEach(record -> seen.add(fromKafka(record)));
        assertEquals(records, seen);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void weReadKafkas(Compression codec) {
        List<Record> records = Samples.records(BASE_OFFSET);
        ByteBuffer kafkas = kafkaBatch(codec, records, SEQUENCE);

        for (ByteBuffer form : List.of(kafkas, Samples.direct(kafkas), Samples.embedded(kafkas))) {
            RecordBatch batch = RecordBatches.single(form);
            assertNull(batch.fault());
            assertTrue(batch.isCrcValid());
            assertEquals(codec, batch.compression());
            assertEquals(records.size(), batch.recordCount());
            assertEquals(BASE_OFFSET + records.size(), batch.nextOffset());
            assertEquals(PRODUCER_ID, batch.producerId());
            assertEquals(EPOCH, batch.producerEpoch());
            assertEquals(SEQUENCE, batch.baseSequence());
            assertEquals(LEADER_EPOCH, batch.partitionLeaderEpoch());
            assertTrue(batch.isTransactional());
            assertEquals(records, Samples.list(batch.records()));
            assertEquals(kafkas, batch.bytes());
        }
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, names = {"NONE", "LZ4", "SNAPPY"})
    void sameBytes(Compression codec) {
        List<Record> records = Samples.records(BASE_OFFSET);
        assertEquals(kafkaBatch(codec, records, SEQUENCE), builder(codec, records).build());
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void epochBumpRewritesAsKafkaDoes(Compression codec) {
        List<Record> records = Samples.records(0);
        var kafkas = MemoryRecords.builder(ByteBuffer.allocate(1 << 20), (byte) 2,
                kafkaCompression(codec), TimestampType.CREATE_TIME, 0, -1, PRODUCER_ID, EPOCH, 40, true, -1);
        records.forEach(record -> kafkas.append(toKafka(record)));
        kafkas.build();
        ByteBuffer mine = ByteBuffer.allocate(1 << 20).put(kafkas.build().buffer().duplicate()).flip();
        kafkas.reopenAndRewriteProducerState(PRODUCER_ID + 1, (short) (EPOCH + 1), 0, true);
        kafkas.close();

        RecordBatch.at(mine, 0).stampProducer(PRODUCER_ID + 1, (short) (EPOCH + 1), 0);

        assertEquals(kafkas.build().buffer(), mine);
    }

    @Test
    void logAppendTimeAndLeaderEpochStampedAsKafkaDoes() {
        List<Record> records = Samples.records(0);
        ByteBuffer ours = kafkaBatch(Compression.LZ4, records, 0);
        ByteBuffer theirs = ByteBuffer.allocate(ours.remaining()).put(ours.duplicate()).flip();
        MutableRecordBatch kafka = onlyBatch(theirs);
        kafka.setLastOffset(99_999);
        kafka.setPartitionLeaderEpoch(77);
        kafka.setMaxTimestamp(TimestampType.LOG_APPEND_TIME, 123_456);

        RecordBatch batch = RecordBatch.at(ours, 0);
        batch.stamp(99_999 - records.size() + 1, 77);
        batch.stampLogAppendTime(123_456);

        assertEquals(theirs, ours);
        assertEquals(io.chapar.protocol.record.TimestampType.LOG_APPEND_TIME, batch.timestampType());
        batch.records().forEach(record -> assertEquals(123_456, record.timestamp()));
    }

    @Test
    void builtWithLogAppendTimeAsKafkaDoes() {
        ByteBuffer kafkas = MemoryRecords.withRecords((byte) 2, 5, kafkaCompression(Compression.NONE),
                TimestampType.LOG_APPEND_TIME, new SimpleRecord(10L, new byte[] {107}, new byte[] {118})).buffer();
        long appendTime = RecordBatch.at(kafkas, 0).maxTimestamp();

        ByteBuffer ours = new RecordBatchBuilder(Compression.NONE).baseOffset(5).logAppendTime(appendTime)
                .append(10, Samples.bytes("k"), Samples.bytes("v")).build();

        assertEquals(kafkas, ours);
    }

    @Test
    void endMarkersAreTheSameBytes() {
        for (boolean commit : new boolean[] {true, false}) {
            ByteBuffer kafkas = MemoryRecords.withEndTransactionMarker(42, 1_234_567, LEADER_EPOCH, PRODUCER_ID, EPOCH,
                    new EndTransactionMarker(commit ? ControlRecordType.COMMIT : ControlRecordType.ABORT, 9)).buffer();
            EndTxnMarker marker = new EndTxnMarker(PRODUCER_ID, EPOCH, 9, commit);

            assertEquals(kafkas, marker.build(42, LEADER_EPOCH, 1_234_567));
            assertEquals(marker, EndTxnMarker.of(RecordBatches.single(kafkas)));
            assertEquals(commit ? ControlType.COMMIT : ControlType.ABORT, ControlType.of(RecordBatch.at(kafkas, 0)));
        }
    }

    @Test
    void emptiedBatchOfKafkaIsRead() {
        ByteBuffer bytes = ByteBuffer.allocate(RecordBatch.HEADER_BYTES);
        DefaultRecordBatch.writeEmptyHeader(bytes, (byte) 2, PRODUCER_ID, EPOCH, 10, 100, 104, LEADER_EPOCH,
                TimestampType.CREATE_TIME, 77, true, false);
        RecordBatch batch = RecordBatches.single(bytes.flip());

        assertNull(batch.fault());
        assertTrue(batch.isCrcValid());
        assertEquals(0, batch.recordCount());
        assertEquals(104, batch.lastOffset());
        assertEquals(14, batch.lastSequence());
        assertEquals(List.of(), Samples.list(batch.records()));
    }

    @Test
    void kafkaReadsOurEmptiedBatch() {
        RecordBatch full = RecordBatch.at(builder(Compression.ZSTD, Samples.records(BASE_OFFSET)).build(), 0);
        MutableRecordBatch batch = onlyBatch(BatchRewrite.retain(full, LIMIT, KeyPieces.NONE, record -> false));

        batch.ensureValid();
        assertEquals(0, batch.countOrNull());
        assertEquals(full.lastOffset(), batch.lastOffset());
        assertEquals(full.baseSequence(), batch.baseSequence());
        assertEquals(full.lastSequence(), batch.lastSequence());
        assertFalse(batch.iterator().hasNext());
    }

    @Test
    void deleteHorizonIsReadByKafka() {
        RecordBatch full = RecordBatch.at(builder(Compression.GZIP, Samples.records(BASE_OFFSET)).build(), 0);
        ByteBuffer rewritten = BatchRewrite.withDeleteHorizon(full, LIMIT, 5_000);
        MutableRecordBatch batch = onlyBatch(rewritten);

        batch.ensureValid();
        assertEquals(5_000, batch.deleteHorizonMs().getAsLong());
        assertTrue(RecordBatch.at(rewritten, 0).hasDeleteHorizon());
        assertEquals(Samples.list(full.records()), Samples.list(RecordBatch.at(rewritten, 0).records()));
    }

    @Test
    void sequencesWrapAsKafkas() {
        for (int sequence : new int[] {0, 1, 5, Integer.MAX_VALUE - 1, Integer.MAX_VALUE}) {
            for (int count : new int[] {0, 1, 7, Integer.MAX_VALUE}) {
                assertEquals(DefaultRecordBatch.incrementSequence(sequence, count), Sequences.next(sequence, count));
                assertEquals(DefaultRecordBatch.decrementSequence(sequence, count),
                        Sequences.previous(sequence, count));
            }
        }
        assertEquals(0, Sequences.next(Integer.MAX_VALUE, 1));
        assertEquals(Integer.MAX_VALUE, Sequences.previous(0, 1));
    }

    private static RecordBatchBuilder builder(Compression codec, List<Record> records) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec)
                .baseOffset(records.getFirst().offset())
                .partitionLeaderEpoch(LEADER_EPOCH)
                .transactional();
        records.forEach(builder::append);
        return builder.producer(PRODUCER_ID, EPOCH, SEQUENCE);
    }

    private static ByteBuffer kafkaBatch(Compression codec, List<Record> records, int sequence) {
        return MemoryRecords.withTransactionalRecords((byte) 2, records.getFirst().offset(), kafkaCompression(codec),
                PRODUCER_ID, EPOCH, sequence, LEADER_EPOCH,
                records.stream().map(KafkaInteropTest::toKafka).toArray(SimpleRecord[]::new)).buffer();
    }

    private static CompressionType kafkaCodec(Compression codec) {
        return CompressionType.forId(codec.id());
    }

    private static org.apache.kafka.common.compress.Compression kafkaCompression(Compression codec) {
        return org.apache.kafka.common.compress.Compression.of(kafkaCodec(codec)).build();
    }

    private static MutableRecordBatch onlyBatch(ByteBuffer bytes) {
        List<MutableRecordBatch> batches = new ArrayList<>();
        MemoryRecords.readableRecords(bytes.duplicate()).batches().forEach(batches::add);
        assertEquals(1, batches.size());
        return batches.getFirst();
    }

    private static SimpleRecord toKafka(Record record) {
        var headers = record.headers().stream()
                .map(header -> new RecordHeader(header.key(), array(header.value())))
                .toArray(org.apache.kafka.common.header.Header[]::new);
        return new SimpleRecord(record.timestamp(), array(record.key()), array(record.value()), headers);
    }

    private static Record fromKafka(org.apache.kafka.common.record.internal.Record record) {
        List<Header> headers = new ArrayList<>();
        for (var header : record.headers()) {
            headers.add(new Header(header.key(), header.value() == null ? null : ByteBuffer.wrap(header.value())));
        }
        return new Record(record.offset(), record.timestamp(), record.key(), record.value(), headers);
    }

    private static byte[] array(ByteBuffer bytes) {
        if (bytes == null) {
            return null;
        }
        byte[] array = new byte[bytes.remaining()];
        bytes.get(bytes.position(), array);
        return array;
    }
}
