package io.chapar.broker;

import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AddOffsetsToTxnRequest;
import io.chapar.protocol.message.AddOffsetsToTxnResponse;
import io.chapar.protocol.message.AddPartitionsToTxnRequest;
import io.chapar.protocol.message.AddPartitionsToTxnRequest.AddPartitionsToTxnTopic;
import io.chapar.protocol.message.AddPartitionsToTxnResponse;
import io.chapar.protocol.message.EndTxnRequest;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceRequest.TopicProduceData;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.ProduceResponse.PartitionProduceResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.TxnOffsetCommitRequest;
import io.chapar.protocol.message.TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition;
import io.chapar.protocol.message.TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic;
import io.chapar.protocol.message.TxnOffsetCommitResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/// A transactional producer that does nothing by itself: the test says which request leaves when, keeps it, repeats it.
/// Version 2 of the protocol or version 1.
public final class WireProducer {
    public static final int TIMEOUT_MS = 10_000;
    private static final UUID NO_ID = new UUID(0, 0);

    private final BrokerFixture broker;
    private final String id;
    private final boolean second;
    private final int timeoutMs;
    private final Map<String, Integer> sequences = new LinkedHashMap<>();
    private long producerId = -1;
    private short epoch = -1;

    private WireProducer(BrokerFixture broker, String id, boolean second, int timeoutMs) {
        this.broker = broker;
        this.id = id;
        this.second = second;
        this.timeoutMs = timeoutMs;
    }

    public static WireProducer ofVersion2(BrokerFixture broker, String id) {
        return new WireProducer(broker, id, true, TIMEOUT_MS);
    }

    public static WireProducer ofVersion2(BrokerFixture broker, String id, int timeoutMs) {
        return new WireProducer(broker, id, true, timeoutMs);
    }

    /// As librdkafka, kafkajs and Java clients before 4.0 are.
    public static WireProducer ofVersion1(BrokerFixture broker, String id) {
        return new WireProducer(broker, id, false, TIMEOUT_MS);
    }

    public long producerId() {
        return producerId;
    }

    public short epoch() {
        return epoch;
    }

    /// Goes on with this pair, from sequence 0.
    public void adopt(long newProducerId, int newEpoch) {
        producerId = newProducerId;
        epoch = (short) newEpoch;
        sequences.clear();
    }

    // ---- requests, as they would leave now

    public Request initRequest() {
        return initRequest(-1, -1);
    }

    /// Names the pair, as a client does that restarts its sequences.
    public Request initRequest(long withProducerId, int withEpoch) {
        return InitProducerIdRequest.builder()
                .transactionalId(id).transactionTimeoutMs(timeoutMs)
                .producerId(withProducerId).producerEpoch((short) withEpoch).build();
    }

    public Request addRequest(String topic, int... partitions) {
        List<Integer> all = new ArrayList<>();
        for (int partition : partitions) {
            all.add(partition);
        }
        return AddPartitionsToTxnRequest.builder()
                .v3AndBelowTransactionalId(id).v3AndBelowProducerId(producerId).v3AndBelowProducerEpoch(epoch)
                .v3AndBelowTopics(List.of(new AddPartitionsToTxnTopic(topic, all))).build();
    }

    /// The next record of that partition; its sequence number is used up.
    public Request produceRequest(String topic, int partition, String value) {
        int sequence = sequences.merge(topic + "-" + partition, 1, Integer::sum) - 1;
        return produceRequest(topic, partition, sequence, value);
    }

    public Request produceRequest(String topic, int partition, int sequence, String value) {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .producer(producerId, epoch, sequence)
                .transactional()
                .append(broker.nowMs(), null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)))
                .build();
        return produce(id, topic, partition, batch);
    }

    /// One batch of anybody's, outside of transactions.
    public static Request plainProduce(String topic, int partition, ByteBuffer batch) {
        return produce(null, topic, partition, batch);
    }

    private static Request produce(String transactionalId, String topic, int partition, ByteBuffer batch) {
        return new ProduceRequest(transactionalId, (short) -1, 5_000, List.of(new TopicProduceData(
                topic, NO_ID, List.of(new PartitionProduceData(partition, new BufferRecords(batch))))));
    }

    public Request offsetsRequest(String group, String topic, int partition, long offset) {
        return TxnOffsetCommitRequest.builder()
                .transactionalId(id).groupId(group).producerId(producerId).producerEpoch(epoch)
                .topics(List.of(new TxnOffsetCommitRequestTopic(topic, NO_ID, List.of(
                        new TxnOffsetCommitRequestPartition(partition, offset, -1, null)))))
                .build();
    }

    public Request addOffsetsRequest(String group) {
        return AddOffsetsToTxnRequest.builder()
                .transactionalId(id).producerId(producerId).producerEpoch(epoch).groupId(group).build();
    }

    public Request endRequest(boolean commit) {
        return endRequest(commit, producerId, epoch);
    }

    public Request endRequest(boolean commit, long withProducerId, int withEpoch) {
        return EndTxnRequest.builder()
                .transactionalId(id).producerId(withProducerId).producerEpoch((short) withEpoch).committed(commit)
                .build();
    }

    // ---- the versions that such a client speaks

    public int initVersion() {
        return second ? 5 : 4;
    }

    public int addVersion() {
        return 3;
    }

    public int produceVersion() {
        return second ? 12 : 11;
    }

    public int offsetsVersion() {
        return second ? 5 : 3;
    }

    public int endVersion() {
        return second ? 5 : 3;
    }

    // ---- whole steps, which must succeed

    public WireProducer init() {
        InitProducerIdResponse answer =
                assertInstanceOf(InitProducerIdResponse.class, broker.ask(initRequest(), initVersion()));
        assertEquals(ErrorCode.NONE.code(), answer.errorCode());
        adopt(answer.producerId(), answer.producerEpoch());
        return this;
    }

    /// One record, with what has to go before it in version 1.
    public void write(String topic, int partition, String value) {
        if (!second) {
            assertEquals(ErrorCode.NONE, error(broker.later(addRequest(topic, partition), addVersion())));
        }
        assertEquals(
                ErrorCode.NONE, error(broker.later(produceRequest(topic, partition, value), produceVersion())));
    }

    public void commitOffset(String group, String topic, int partition, long offset) {
        if (!second) {
            assertEquals(ErrorCode.NONE, error(broker.later(addOffsetsRequest(group), addVersion())));
        }
        assertEquals(ErrorCode.NONE, error(
                broker.later(offsetsRequest(group, topic, partition, offset), offsetsVersion())));
    }

    public void end(boolean commit) {
        Asked asked = broker.later(endRequest(commit), endVersion());
        assertEquals(ErrorCode.NONE, error(asked));
        goOnAfter(asked);
    }

    public void commit() {
        end(true);
    }

    public void abort() {
        end(false);
    }

    /// Takes over the pair that an EndTxn was answered with; in version 1 it stays what it is.
    public void goOnAfter(Asked ended) {
        if (second) {
            EndTxnResponse answer = (EndTxnResponse) ended.answer();
            adopt(answer.producerId(), answer.producerEpoch());
        }
    }

    // ---- answers

    /// The one error code of an answer about one thing.
    public static ErrorCode error(Asked asked) {
        short code = switch (asked.answer()) {
            case null -> throw new AssertionError("not answered");
            case InitProducerIdResponse init -> init.errorCode();
            case EndTxnResponse end -> end.errorCode();
            case ProduceResponse produce -> only(produce).errorCode();
            case AddPartitionsToTxnResponse add -> add.resultsByTopicV3AndBelow().getFirst()
                    .resultsByPartition().getFirst().partitionErrorCode();
            case AddOffsetsToTxnResponse add -> add.errorCode();
            case TxnOffsetCommitResponse offsets ->
                offsets.topics().getFirst().partitions().getFirst().errorCode();
            default -> throw new AssertionError(asked.answer());
        };
        return ErrorCode.of(code);
    }

    public static PartitionProduceResponse only(ProduceResponse answer) {
        return answer.responses().getFirst().partitionResponses().getFirst();
    }
}
