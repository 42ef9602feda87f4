package io.chapar.broker;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceRequest.TopicProduceData;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.ProduceResponse.PartitionProduceResponse;
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarker;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarkerTopic;
import io.chapar.protocol.message.WriteTxnMarkersResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Which producer ids a partition takes in.
final class ProducerIdScenarios {
    private static final UUID NO_ID = new UUID(0, 0);

    private BrokerFixture broker = BrokerFixture.onOneLoop(Map.of());

    private void broker(Map<String, String> settings) {
        broker = BrokerFixture.onOneLoop(settings);
    }

    private long givenId() {
        InitProducerIdResponse given = (InitProducerIdResponse) broker.ask(InitProducerIdRequest.builder()
                .transactionalId(null).producerId(-1).producerEpoch((short) -1).transactionTimeoutMs(1000).build(), 4);
        assertEquals(ErrorCode.NONE.code(), given.errorCode());
        return given.producerId();
    }

    private PartitionProduceResponse produce(int partition, long producerId, int sequence) {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .producer(producerId, (short) 0, sequence)
                .append(broker.nowMs(), null, ByteBuffer.allocate(1))
                .build();
        ProduceResponse answer = (ProduceResponse) broker.ask(ProduceRequest.builder().acks((short) -1)
                .timeoutMs(1000)
                .topicData(List.of(new TopicProduceData("t", NO_ID,
                        List.of(new PartitionProduceData(partition, new BufferRecords(batch))))))
                .build(), 12);
        return answer.responses().getFirst().partitionResponses().getFirst();
    }

    private void wrote(PartitionProduceResponse answer) {
        assertEquals(ErrorCode.NONE.code(), answer.errorCode(), answer.errorMessage());
    }

    private void refused(ErrorCode error, String why, PartitionProduceResponse answer) {
        assertEquals(error.code(), answer.errorCode());
        assertTrue(answer.errorMessage().contains(why), answer.errorMessage());
    }

    private short marker(long producerId) {
        WriteTxnMarkersResponse answer = (WriteTxnMarkersResponse) broker.ask(new WriteTxnMarkersRequest(List.of(
                new WritableTxnMarker(producerId, (short) 0, false,
                        List.of(new WritableTxnMarkerTopic("t", List.of(0))), 0, (byte) 1))), 2);
        return answer.markers().getFirst().topics().getFirst().partitions().getFirst().errorCode();
    }

    @Test
    void anIdThatTheClusterHasNotGivenAwayIsRefused() {
        broker.createTopic("t", 1);
        long mine = givenId();
        wrote(produce(0, mine, 0));
        refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING, "never given away", produce(0, mine + 1_000_000, 0));
        refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING, "never given away", produce(0, Long.MAX_VALUE, 0));
        assertEquals(ErrorCode.INVALID_PRODUCER_ID_MAPPING.code(), marker(mine + 1_000_000));
        wrote(produce(0, mine, 1));
        assertEquals(1, broker.partition("t", 0).describeProducers().size());
    }

    @Test
    void aPartitionThatIsFullRefusesWhomItDoesNotKnow() {
        broker(Map.of("producer.ids.max.per.partition", "2"));
        broker.createTopic("t", 2);
        long first = givenId();
        long second = givenId();
        long third = givenId();
        wrote(produce(0, first, 0));
        wrote(produce(0, second, 0));
        refused(ErrorCode.POLICY_VIOLATION, "producer.ids.max.per.partition", produce(0, third, 0));
        assertEquals(ErrorCode.POLICY_VIOLATION.code(), marker(third));
        wrote(produce(1, third, 0));
        wrote(produce(0, first, 1));
    }

    @Test
    void aBrokerThatIsFullRefusesAndForgetsNobodyBeforeTheirTime() {
        broker(Map.of("producer.ids.max", "2", "log.retention.check.interval.ms", "60000"));
        broker.createTopic("t", 2);
        long first = givenId();
        long second = givenId();
        wrote(produce(0, first, 0));
        wrote(produce(1, first, 0));
        refused(ErrorCode.POLICY_VIOLATION, "producer.ids.max", produce(0, second, 0));
        broker.advance(3_500_000);
        wrote(produce(1, first, 1));
        refused(ErrorCode.POLICY_VIOLATION, "producer.ids.max", produce(0, second, 0));
        broker.advance(200_000);
        wrote(produce(0, second, 0));
        wrote(produce(1, first, 2));
    }

    @Test
    void aBoundThatWasLoweredKeepsNothingFromBeingLoaded() {
        broker.createTopic("t", 1);
        long first = givenId();
        long second = givenId();
        wrote(produce(0, first, 0));
        wrote(produce(0, second, 0));
        broker.set("producer.ids.max.per.partition", "1");
        broker.set("producer.ids.max", "1");
        broker.crashAndRestart();
        PartitionProduceResponse repeated = produce(0, first, 0);
        wrote(repeated);
        assertEquals(0, repeated.baseOffset());
        wrote(produce(0, second, 1));
        refused(ErrorCode.POLICY_VIOLATION, "producer.ids.max.per.partition", produce(0, givenId(), 0));
    }
}
