package io.chapar.broker;

import io.chapar.broker.metrics.MeasuredThings;
import io.chapar.broker.metrics.Totals;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.DescribeClusterRequest;
import io.chapar.protocol.message.DescribeClusterResponse;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import org.junit.jupiter.api.Test;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The metadata log's disk fails for a while: what is wrong is said meanwhile, and when it is over all goes on by
/// itself.
class FailingMetadataScenarios {
    private static final short STORAGE = ErrorCode.KAFKA_STORAGE_ERROR.code();

    private final BrokerFixture broker = BrokerFixture.onOneLoop(Map.of());

    private CreateTopicsResponse.CreatableTopicResult create(String name) {
        CreateTopicsResponse created = (CreateTopicsResponse) broker.ask(CreateTopicsRequest.builder()
                .topics(List.of(CreateTopicsRequest.CreatableTopic.builder()
                        .name(name).numPartitions(1).replicationFactor((short) 1).build()))
                .build(), 7);
        return created.topics().getFirst();
    }

    private String trouble() {
        DescribeClusterResponse described =
                (DescribeClusterResponse) broker.ask(DescribeClusterRequest.builder().build(), 2);
        assertEquals(ErrorCode.NONE.code(), described.errorCode());
        return described.errorMessage();
    }

    private double metric() {
        Totals totals = new Totals();
        broker.measureWhole(totals);
        return MeasuredThings.gauge(totals, "chapar_metadata_failing");
    }

    private void fillUp() {
        long used = broker.disk().paths().stream().mapToLong(path -> broker.disk().content(path).length).sum();
        broker.disk().faults().capacityBytes(used + 8);
    }

    private void makeRoom() {
        broker.disk().faults().capacityBytes(Long.MAX_VALUE);
    }

    @Test
    void aFullDiskFreezesMetadataOnlyWhileItIsFull() {
        broker.settle();
        fillUp();
        assertEquals(STORAGE, create("a").errorCode());
        CreateTopicsResponse.CreatableTopicResult refused = create("b");
        assertEquals(STORAGE, refused.errorCode());
        assertTrue(refused.errorMessage().startsWith("Nothing was done: the metadata log cannot be written (No space"),
                refused.errorMessage());
        assertTrue(trouble().startsWith("the metadata log cannot be written (No space"), trouble());
        assertEquals(1, metric());
        broker.advance(120_000);
        assertEquals(STORAGE, create("b").errorCode());
        makeRoom();
        broker.advance(30_000);
        assertNull(trouble());
        assertEquals(0, metric());
        assertEquals(ErrorCode.NONE.code(), create("b").errorCode());
        broker.crashAndRestart();
        assertEquals(ErrorCode.TOPIC_ALREADY_EXISTS.code(), create("b").errorCode());
        assertEquals(ErrorCode.NONE.code(), create("a").errorCode());
    }

    private int configure(String topic, int value) {
        var setting = new IncrementalAlterConfigsRequest.AlterableConfig(
                "leader.replication.throttled.replicas", (byte) 0,
                String.join(",", Collections.nCopies(200, value + ":1")));
        var resource = new IncrementalAlterConfigsRequest.AlterConfigsResource((byte) 2, topic, List.of(setting));
        var answer = (IncrementalAlterConfigsResponse) broker.ask(
                IncrementalAlterConfigsRequest.builder().resources(List.of(resource)).build(), 1);
        return answer.responses().getFirst().errorCode();
    }

    /// The file that is there is as good as before, and larger than it need be.
    @Test
    void wholeRewritingFailsNothingElseDoes() {
        assertEquals(ErrorCode.NONE.code(), create("a").errorCode());
        for (int i = 0; i < 200; i++) {
            assertEquals(ErrorCode.NONE.code(), create("kept" + i).errorCode());
        }
        int value = 0;
        while (broker.disk().content("metadata.log").length < (1 << 20) - 10_000) {
            assertEquals(ErrorCode.NONE.code(), configure("a", value++ % 10));
        }
        long used = broker.disk().paths().stream().mapToLong(path -> broker.disk().content(path).length).sum();
        broker.disk().faults().capacityBytes(used + 14_000);
        for (int i = 0; i < 14; i++) {
            assertEquals(ErrorCode.NONE.code(), configure("a", value++ % 10), "change " + i);
            assertNull(trouble());
        }
    }

    @Test
    void afterAFailedSyncWhatIsWholeIsKept() {
        broker.settle();
        broker.disk().faults().failSyncs(true);
        assertEquals(STORAGE, create("a").errorCode());
        assertTrue(create("b").errorMessage().startsWith("Nothing was done"));
        broker.advance(5_000);
        broker.disk().faults().failSyncs(false);
        broker.advance(30_000);
        // It was not known whether there is such a topic, and now it is.
        assertEquals(ErrorCode.TOPIC_ALREADY_EXISTS.code(), create("a").errorCode());
        assertEquals(ErrorCode.NONE.code(), create("b").errorCode());
        broker.crashAndRestart();
        assertEquals(ErrorCode.TOPIC_ALREADY_EXISTS.code(), create("a").errorCode());
        assertEquals(ErrorCode.TOPIC_ALREADY_EXISTS.code(), create("b").errorCode());
    }

    @Test
    void whileNoFileCanBeOpenedNothingIsLost() {
        broker.settle();
        assertEquals(ErrorCode.NONE.code(), create("kept").errorCode());
        broker.disk().faults().broken(_ -> true);
        assertEquals(STORAGE, create("a").errorCode());
        broker.advance(90_000);
        assertEquals(STORAGE, create("a").errorCode());
        broker.disk().faults().broken(_ -> false);
        broker.advance(30_000);
        assertEquals(ErrorCode.TOPIC_ALREADY_EXISTS.code(), create("kept").errorCode());
        assertEquals(ErrorCode.NONE.code(), create("a").errorCode());
    }

    @Test
    void producerIdsAreGivenOutAgainAndNoneTwice() {
        broker.createCoordinators();
        Set<Long> ids = new LinkedHashSet<>();
        for (int round = 0; round < 6; round++) {
            broker.disk().faults().failSyncs(round % 2 == 1);
            if (round % 2 == 0) {
                broker.advance(30_000);
            }
            for (int i = 0; i < 700; i++) {
                BrokerFixture.Asked asked = broker.later(
                        InitProducerIdRequest.builder().transactionalId(null).transactionTimeoutMs(1).build(), 4);
                InitProducerIdResponse answer = (InitProducerIdResponse) asked.answer();
                if (answer != null && answer.errorCode() == ErrorCode.NONE.code()) {
                    assertTrue(ids.add(answer.producerId()), "given twice: " + answer.producerId());
                }
            }
        }
        assertTrue(ids.size() >= 3 * 700, "only " + ids.size());
    }
}
