package io.chapar.protocol.record;

import io.chapar.protocol.record.compress.Compression;
import io.chapar.protocol.record.compress.GrowingBytes;

import java.nio.ByteBuffer;
import java.util.function.Predicate;

/// New batches out of old ones. Offsets, timestamps, headers and producer fields stay as they were; so does the range
/// of offsets that the batch covers, and with it the range of sequences.
public final class BatchRewrite {
    private BatchRewrite() {
    }

    /// The same records under another codec; the batch's own bytes if that is the codec it has.
    public static ByteBuffer recompress(RecordBatch batch, Compression codec) {
        return recompress(batch, codec, RecordBatch.MAX_DECOMPRESSED_BYTES);
    }

    /// The records are not parsed. All of them are in memory at once, as many bytes as the bound allows.
    public static ByteBuffer recompress(RecordBatch batch, Compression codec, int maxDecompressedBytes) {
        if (batch.compression() == codec) {
            return batch.bytes();
        }
        ByteBuffer payload = batch.payload();
        GrowingBytes plain = payload.hasRemaining()
                ? batch.compression().decompressAll(payload, maxDecompressedBytes)
                : new GrowingBytes(0);
        return assemble(batch, codec, plain, batch.recordCount(), batch.maxTimestamp());
    }

    /// The batch with those records alone that `keep` accepts; the cursor stands on the record in question. If all
    /// stay, these are the batch's own bytes. If none stays, it is a header that still covers the offsets and
    /// remembers the producer.
    public static ByteBuffer retain(RecordBatch batch, Predicate<RecordCursor> keep) {
        GrowingBytes kept = new GrowingBytes(Math.max(64, batch.payload().remaining()));
        int count = 0;
        long maxTimestamp = Long.MIN_VALUE;
        try (RecordCursor cursor = batch.cursor()) {
            while (cursor.advance()) {
                if (keep.test(cursor)) {
                    ByteBuffer record = cursor.encoded();
                    kept.writeVarint(record.remaining());
                    kept.write(record);
                    maxTimestamp = Math.max(maxTimestamp, cursor.timestamp());
                    count++;
                }
            }
        }
        if (count == batch.recordCount()) {
            return batch.bytes();
        }
        return count == 0
                ? assemble(batch, Compression.NONE, kept, 0, batch.maxTimestamp())
                : assemble(batch, batch.compression(), kept, count, maxTimestamp);
    }

    /// The batch without its records, which are not looked at: a header that still covers the offsets and remembers the
    /// producer.
    public static ByteBuffer emptied(RecordBatch batch) {
        return batch.recordCount() == 0
                ? batch.bytes()
                : assemble(batch, Compression.NONE, new GrowingBytes(0), 0, batch.maxTimestamp());
    }

    /// The batch with a delete horizon: from then on its tombstones, or its marker, may go. The horizon takes the
    /// place of the base timestamp, so every record is written anew.
    public static ByteBuffer withDeleteHorizon(RecordBatch batch, long horizonMs) {
        RecordBatchBuilder builder = new RecordBatchBuilder(batch.compression(), batch.sizeInBytes())
                .baseOffset(batch.baseOffset())
                .deleteHorizon(horizonMs)
                .partitionLeaderEpoch(batch.partitionLeaderEpoch())
                .producer(batch.producerId(), batch.producerEpoch(), batch.baseSequence())
                .lastOffset(batch.lastOffset());
        if (batch.isTransactional()) {
            builder.transactional();
        }
        if (batch.isControl()) {
            builder.control();
        }
        if (batch.timestampType() == TimestampType.LOG_APPEND_TIME) {
            builder.logAppendTime(batch.maxTimestamp());
        }
        for (Record record : batch.records()) {
            builder.append(record);
        }
        ByteBuffer rewritten = builder.build();
        RecordBatch.at(rewritten, 0).stampMaxTimestamp(batch.maxTimestamp());
        return rewritten;
    }

    private static ByteBuffer assemble(
            RecordBatch batch, Compression codec, GrowingBytes records, int count, long maxTimestamp) {
        GrowingBytes out = new GrowingBytes(RecordBatch.HEADER_BYTES + Math.max(64, records.size()));
        out.write(batch.bytes().slice(0, RecordBatch.HEADER_BYTES));
        if (count > 0) {
            codec.compress(records.array(), 0, records.size(), out);
        }
        ByteBuffer bytes = out.toBuffer();
        int attributes = (batch.attributes() & ~RecordBatch.CODEC_MASK) | codec.id();
        bytes.putInt(RecordBatch.LENGTH_AT, bytes.limit() - RecordBatch.PREFIX_BYTES);
        bytes.putShort(RecordBatch.ATTRIBUTES_AT, (short) attributes);
        bytes.putLong(RecordBatch.MAX_TIMESTAMP_AT, maxTimestamp);
        bytes.putInt(RecordBatch.RECORD_COUNT_AT, count);
        int crcLength = bytes.limit() - RecordBatch.ATTRIBUTES_AT;
        bytes.putInt(RecordBatch.CRC_AT, (int) Crc32c.of(bytes, RecordBatch.ATTRIBUTES_AT, crcLength));
        return bytes;
    }
}
