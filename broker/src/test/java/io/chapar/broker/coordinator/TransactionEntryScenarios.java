package io.chapar.broker.coordinator;

import io.chapar.broker.BrokerFixture;
import io.chapar.broker.partition.Followers;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.ProduceResponse.PartitionProduceResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// How far a write goes when it is the first of its transaction, and connection, partition and coordinator each live on
/// a loop of their own.
final class TransactionEntryScenarios {
    private static final int LOOPS = 3;
    private static final int CONNECTION = LOOPS - 1;
    private static final int COORDINATOR = 0;

    private final BrokerFixture broker = new BrokerFixture(
            LOOPS, _ -> 0, Map.of("transaction.state.log.num.partitions", "3"), _ -> Followers.NONE);

    private static int loopOf(String topic, int partition) {
        return Math.floorMod(topic.hashCode() + partition, LOOPS);
    }

    private static String idOnTheCoordinatorsLoop() {
        return IntStream.range(0, 100).mapToObj(i -> "x" + i).filter(id -> COORDINATOR == loopOf(
                CoordinatorKeys.TRANSACTION_STATE, CoordinatorKeys.partitionOf(id, 3))).findFirst().orElseThrow();
    }

    private static int partitionOn(int loop) {
        return IntStream.range(0, LOOPS).filter(p -> loopOf("t", p) == loop).findFirst().orElseThrow();
    }

    private static PartitionProduceData data(InitProducerIdResponse pair, int partition) {
        return new PartitionProduceData(partition, new BufferRecords(new RecordBatchBuilder(Compression.NONE)
                .producer(pair.producerId(), pair.producerEpoch(), 0).transactional()
                .append(1_700_000_000_000L, null, ByteBuffer.wrap(new byte[1])).build()));
    }

    /// @return the tasks of loops between the request's beginning and the moment in which its answer is known
    private int tasks(int... partitions) {
        broker.settle();
        broker.createTopic("t", LOOPS);
        broker.createCoordinators();
        String id = idOnTheCoordinatorsLoop();
        InitProducerIdResponse pair = (InitProducerIdResponse) broker.ask(InitProducerIdRequest.builder()
                .transactionalId(id).transactionTimeoutMs(10_000).producerId(-1).producerEpoch((short) -1).build(), 5);
        assertEquals(ErrorCode.NONE.code(), pair.errorCode());
        BrokerFixture.Asked asked = broker.begin(new ProduceRequest(id, (short) -1, 5_000, List.of(
                new ProduceRequest.TopicProduceData("t", new UUID(0, 0),
                        IntStream.of(partitions).mapToObj(p -> data(pair, p)).toList()))), 12);
        int tasks = 0;
        while (!asked.isEnded()) {
            broker.step();
            tasks++;
        }
        for (PartitionProduceResponse answer : ((ProduceResponse) asked.answer()).responses().getFirst()
                .partitionResponses()) {
            assertEquals(ErrorCode.NONE.code(), answer.errorCode());
        }
        return tasks;
    }

    /// One on the connection's loop, one on the partition's, two on the coordinator's, which appends at the end of its
    /// turn, and one more on the partition's, which hands the answer over.
    @Test
    void thePartitionsLoopAsksTheCoordinatorItself() {
        assertEquals(5, tasks(partitionOn(1)));
    }

    /// They are asked about together, from where all of them can be reached.
    @Test
    void partitionsOfSeveralLoopsAreAskedAboutOnce() {
        tasks(partitionOn(1), partitionOn(CONNECTION));
        int log = CoordinatorKeys.partitionOf(idOnTheCoordinatorsLoop(), 3);
        assertEquals(2, broker.partition(CoordinatorKeys.TRANSACTION_STATE, log).logEndOffset(),
                "one record of the id, one of the transaction with both");
    }
}
