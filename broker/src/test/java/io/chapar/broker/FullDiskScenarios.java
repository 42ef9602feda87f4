package io.chapar.broker;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.JoinGroupRequest;
import io.chapar.protocol.message.JoinGroupResponse;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A disk of 40 MB of which 20 MB are kept for upkeep. Records of clients get none of that, what coordinators write for
/// clients half of it; what ends a transaction, or deletes something, gets all.
final class FullDiskScenarios {
    private static final long CAPACITY = 40L << 20;
    private static final long KEPT = 20L << 20;
    /// Within which the broker notices.
    private static final long LOOK_MS = 5_001;
    private static final UUID NO_ID = new UUID(0, 0);

    private BrokerFixture broker;

    @BeforeEach
    void start() {
        broker = BrokerFixture.onOneLoop(Map.of("disk.reserve.bytes", Long.toString(KEPT),
                "group.initial.rebalance.delay.ms", "0"));
        broker.disk().faults().capacityBytes(CAPACITY);
        broker.createTopic("t", 1);
        for (byte type = 0; type < 2; type++) {
            broker.ask(FindCoordinatorRequest.builder().keyType(type).coordinatorKeys(List.of("g")).build(), 4);
        }
    }

    /// Somebody else writes to the disk until so much is left.
    private void leave(long bytes) {
        broker.disk().faults().capacityBytes(CAPACITY - (broker.disk().usableBytes() - bytes));
        assertEquals(bytes, broker.disk().usableBytes());
        broker.advance(LOOK_MS);
    }

    private ErrorCode produce(int bytes) {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .append(broker.nowMs(), null, ByteBuffer.allocate(bytes)).build();
        ProduceResponse answer = (ProduceResponse) broker.ask(ProduceRequest.builder().acks((short) -1).timeoutMs(1000)
                .topicData(List.of(new ProduceRequest.TopicProduceData("t", NO_ID,
                        List.of(new ProduceRequest.PartitionProduceData(0, new BufferRecords(batch))))))
                .build(), 12);
        return ErrorCode.of(answer.responses().getFirst().partitionResponses().getFirst().errorCode());
    }

    private ErrorCode commit() {
        OffsetCommitResponse answer = (OffsetCommitResponse) broker.ask(OffsetCommitRequest.builder().groupId("g")
                .topics(List.of(new OffsetCommitRequest.OffsetCommitRequestTopic("t", NO_ID, List.of(
                        new OffsetCommitRequest.OffsetCommitRequestPartition(0, 5, -1, "")))))
                .build(), 9);
        return ErrorCode.of(answer.topics().getFirst().partitions().getFirst().errorCode());
    }

    private ErrorCode join() {
        JoinGroupResponse answer = (JoinGroupResponse) broker.ask(JoinGroupRequest.builder()
                .groupId("j").memberId("").protocolType("p").sessionTimeoutMs(10_000).rebalanceTimeoutMs(10_000)
                .protocols(List.of(new JoinGroupRequest.JoinGroupRequestProtocol("p", ByteBuffer.allocate(1))))
                .build(), 3);
        return ErrorCode.of(answer.errorCode());
    }

    private ErrorCode init(String id) {
        InitProducerIdResponse answer = (InitProducerIdResponse) broker.ask(InitProducerIdRequest.builder()
                .transactionalId(id).transactionTimeoutMs(10_000).producerId(-1).producerEpoch((short) -1).build(), 4);
        return ErrorCode.of(answer.errorCode());
    }

    @Test
    void recordsAreRefusedFirst() {
        leave(KEPT - 1);
        assertEquals(ErrorCode.POLICY_VIOLATION, produce(1000));
        assertEquals(ErrorCode.NONE, commit());
        assertEquals(ErrorCode.NONE, init("x"));
        assertEquals(ErrorCode.NONE, join());
    }

    @Test
    void whatCoordinatorsWriteForClientsIsRefusedBeforeTheReserveIsUsedUpAndTakenAgainWhenThereIsRoom() {
        WireProducer open = WireProducer.ofVersion2(broker, "open");
        open.init();
        open.write("t", 0, "a");
        leave(KEPT / 2 - 1);
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, commit());
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, init("x"));
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, join());
        open.commit();
        assertNull(broker.partition("t", 0).offlineReason());
        assertEquals(broker.partition("t", 0).highWatermark(), broker.partition("t", 0).lastStableOffset());

        broker.disk().faults().capacityBytes(CAPACITY);
        assertEquals(ErrorCode.NONE, commit());
        assertEquals(ErrorCode.NONE, init("x"));
        assertEquals(ErrorCode.NONE, join());
        assertEquals(ErrorCode.NONE, produce(1000));
    }

    /// A crowd of commits that nobody stops in time would fill the disk.
    @Test
    void commitsNeverUseTheReserveUp() {
        leave(KEPT / 2 + (1 << 20));
        ErrorCode error = ErrorCode.NONE;
        for (int i = 0; i < 40_000 && error == ErrorCode.NONE; i++) {
            error = commit();
        }
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, error);
        assertTrue(broker.disk().usableBytes() > KEPT / 4);
    }
}
