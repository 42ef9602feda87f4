package io.chapar.simulator;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.RequestHeader;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.RecordBatches;
import io.chapar.protocol.record.RecordCursor;
import io.chapar.protocol.record.compress.Compression;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// Writes that come once more when no server may take them: the first of an epoch, when its producer writes in a
/// later one; and one of several records that is in the log, as it was, or with fewer records, as from a client that
/// has cut a batch which was too large.
final class LateWrites extends Promise {
    private static final long MOST_LATE_US = 500_000;
    private static final int MOST_KEPT = 400;
    private static final int BATCH_BYTES = 1024;
    /// While it is one of its producer's last.
    private static final long SOON_US = 20_000;
    private static final int REPEATED_IN_ONE_OF = 4;
    private static final List<String> TOPICS = List.of("t0", "t1", "input");

    /// A request with one batch.
    private record Kept(Link stream, ByteBuffer frame, short epoch) {}

    private final FaultCount faults;
    private final boolean known;
    private final RandomGenerator random;
    /// By producer and partition.
    private final Map<String, Kept> firsts = new TreeMap<>();
    /// By producer, partition, epoch and first sequence.
    private final TreeMap<String, Kept> several = new TreeMap<>();

    LateWrites(World world, FaultCount faults, boolean known) {
        super("Late writes are refused");
        this.faults = faults;
        this.known = known;
        random = world.random("late writes");
    }

    void sent(Link stream, byte[] frame) {
        ByteBuffer bytes = ByteBuffer.wrap(frame);
        if (!known || ApiKey.of(bytes.getShort(0)) != ApiKey.PRODUCE) {
            return;
        }
        ProduceRequest request = body(bytes, bytes.getShort(2));
        if (request.topicData().size() != 1 || request.topicData().getFirst().partitionData().size() != 1
                || !(one(request).records() instanceof BufferRecords records)) {
            return;
        }
        RecordBatch batch = RecordBatches.single(records.bytes().duplicate());
        if (!batch.hasProducerId() || batch.baseSequence() < 0) {
            return;
        }
        Kept kept = new Kept(stream, ByteBuffer.wrap(frame), batch.producerEpoch());
        String topic = request.topicData().getFirst().name();
        String producer = producer(topic.isEmpty() ? request.topicData().getFirst().topicId() : topic,
                one(request).index(), batch.producerId());
        if (batch.baseSequence() == 0) {
            firsts.putIfAbsent(producer, kept);
        }
        if (batch.recordCount() > 1) {
            several.put(producer + "/" + batch.producerEpoch() + "/" + batch.baseSequence(), kept);
            if (several.size() > MOST_KEPT) {
                several.pollFirstEntry();
            }
        }
    }

    private static ProduceRequest body(ByteBuffer frame, short version) {
        WireReader in = new WireReader(frame.duplicate());
        RequestHeader.read(in, ApiKey.PRODUCE.requestHeaderVersion(version));
        return (ProduceRequest) ApiKey.PRODUCE.readRequest(in, version);
    }

    private static ProduceRequest.PartitionProduceData one(ProduceRequest request) {
        return request.topicData().getFirst().partitionData().getFirst();
    }

    @Override
    void folded(GhostLog log, SeenBatch batch) {
        if (!known || !batch.isFromClient() || !TOPICS.contains(log.id().topic()) || ghosts().isLossy(log)) {
            return;
        }
        again(log, batch, producer(log.id().topic(), log.id().partition(), batch.producerId()));
        again(log, batch, producer(log.topicId(), log.id().partition(), batch.producerId()));
    }

    private static String producer(Object topic, int partition, long producerId) {
        return producerId + "/" + topic + "/" + partition;
    }

    private void again(GhostLog log, SeenBatch batch, String producer) {
        Kept first = firsts.get(producer);
        if (first != null && first.stream().leadsTo(log.broker()) && first.epoch() < batch.epoch()) {
            firsts.remove(producer);
            faults.count("write came in the next epoch");
            first.stream().repeatLater(first.frame().array(), 1 + random.nextLong(MOST_LATE_US));
        }
        Kept whole = several.remove(producer + "/" + batch.epoch() + "/" + batch.firstSequence());
        if (whole == null || !whole.stream().leadsTo(log.broker())) {
            return;
        }
        int which = random.nextInt(REPEATED_IN_ONE_OF);
        if (which == 0) {
            faults.count("write came again with fewer records");
            whole.stream().repeatLater(shortened(whole.frame().array()), 1 + random.nextLong(MOST_LATE_US));
        } else if (which == 1) {
            faults.count("write of several records came again");
            whole.stream().repeatLater(whole.frame().array(), 1 + random.nextLong(SOON_US));
        }
    }

    /// The same request with the first record of its batch alone.
    private static byte[] shortened(byte[] frame) {
        ByteBuffer bytes = ByteBuffer.wrap(frame);
        short version = bytes.getShort(2);
        WireReader in = new WireReader(bytes.duplicate());
        RequestHeader header = RequestHeader.read(in, ApiKey.PRODUCE.requestHeaderVersion(version));
        ProduceRequest request = (ProduceRequest) ApiKey.PRODUCE.readRequest(in, version);
        BufferRecords sent = (BufferRecords) requireNonNull(one(request).records(), "a write has records");
        RecordBatch whole = RecordBatches.single(sent.bytes().duplicate());
        RecordBatchBuilder batch = new RecordBatchBuilder(Compression.NONE, BATCH_BYTES)
                .producer(whole.producerId(), whole.producerEpoch(), whole.baseSequence());
        if (whole.isTransactional()) {
            batch.transactional();
        }
        try (RecordCursor records = whole.cursor()) {
            records.advance();
            batch.append(records.timestamp(), records.key(), records.value());
        }
        ProduceRequest.TopicProduceData topic = request.topicData().getFirst();
        ProduceRequest less = request.toBuilder().topicData(List.of(topic.toBuilder().partitionData(List.of(
                one(request).toBuilder().records(new BufferRecords(batch.build())).build())).build())).build();
        WireWriter out = new WireWriter();
        header.write(out, ApiKey.PRODUCE.requestHeaderVersion(version));
        less.write(out, version);
        ByteBuffer written = out.toBuffer();
        byte[] result = new byte[written.remaining()];
        written.get(result);
        return result;
    }
}
