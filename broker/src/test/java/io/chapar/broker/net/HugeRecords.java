package io.chapar.broker.net;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import io.chapar.protocol.record.compress.GrowingBytes;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/// Batches of a few kilobytes that decompress to many megabytes.
final class HugeRecords {
    private HugeRecords() {}

    /// One record with a key of zeros and no value.
    static ByteBuffer ofKey(Compression codec, int keyBytes) throws IOException {
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

    static ErrorCode append(WireClient client, String topic, ByteBuffer batch) throws IOException {
        ProduceResponse answer = (ProduceResponse) client.ask(produce(topic, batch), (short) 9);
        return ErrorCode.of(answer.responses().getFirst().partitionResponses().getFirst().errorCode());
    }

    static ProduceRequest produce(String topic, ByteBuffer batch) {
        return ProduceRequest.builder()
                .acks((short) -1)
                .timeoutMs(30_000)
                .topicData(List.of(ProduceRequest.TopicProduceData.builder().name(topic)
                        .partitionData(List.of(new ProduceRequest.PartitionProduceData(0, new BufferRecords(batch))))
                        .build()))
                .build();
    }
}
