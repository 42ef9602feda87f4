package io.chapar.broker;

import io.chapar.broker.metrics.MeasuredThings;
import io.chapar.broker.metrics.Totals;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitRequest.OffsetCommitRequestPartition;
import io.chapar.protocol.message.OffsetCommitRequest.OffsetCommitRequestTopic;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Whoever looks at a large broker holds none of its loops: what one turn looks at is bounded, however much there is.
class MeasuringScenarios {
    private static final int TOPICS = 1_500;
    private static final int GROUPS = 700;
    private static final int IDS = 600;

    private boolean done;

    private static BrokerFixture large(int loops) {
        BrokerFixture broker = new BrokerFixture(loops, _ -> 0, Map.of());
        broker.ask(CreateTopicsRequest.builder().topics(IntStream.range(0, TOPICS).mapToObj(i ->
                CreateTopicsRequest.CreatableTopic.builder().name("t" + i).numPartitions(1)
                        .replicationFactor((short) 1).build()).toList()).build(), 7);
        broker.createCoordinators();
        for (int i = 0; i < GROUPS; i++) {
            broker.ask(OffsetCommitRequest.builder().groupId("g" + i).topics(IntStream.range(0, 16).mapToObj(topic ->
                    new OffsetCommitRequestTopic("t" + topic, new UUID(0, 0),
                            List.of(new OffsetCommitRequestPartition(0, 5, -1, "")))).toList()).build(), 8);
        }
        for (int i = 0; i < IDS; i++) {
            InitProducerIdResponse begun = (InitProducerIdResponse) broker.ask(InitProducerIdRequest.builder()
                    .transactionalId("id" + i).transactionTimeoutMs(60_000).build(), 4);
            assertEquals(ErrorCode.NONE.code(), begun.errorCode());
        }
        IntStream.range(0, TOPICS).forEach(i -> broker.partition("t" + i, 0));
        return broker;
    }

    /// The most that one task of a loop looked at.
    private int mostInATurn(BrokerFixture broker, Totals totals) {
        broker.measure(totals, () -> done = true);
        int most = 0;
        int before = 0;
        while (broker.step()) {
            int now = MeasuredThings.all(totals);
            most = Math.max(most, now - before);
            before = now;
        }
        return most;
    }

    @Test
    void oneTurnLooksAtLittleOfALargeBroker() {
        BrokerFixture broker = large(1);
        Totals totals = new Totals();
        int most = mostInATurn(broker, totals);
        assertTrue(done);
        assertTrue(MeasuredThings.partitions(totals) >= TOPICS, "partitions");
        assertEquals(GROUPS, MeasuredThings.groups(totals));
        assertEquals(IDS, MeasuredThings.transactionalIds(totals));
        // The end of one kind and the beginning of the next may share a turn.
        assertTrue(most <= 2 * Slices.COST_PER_TURN, "in one turn: " + most);
    }

    @Test
    void eachLoopTellsOfItsOwnAlone() {
        BrokerFixture broker = large(3);
        Totals totals = new Totals();
        int most = mostInATurn(broker, totals);
        assertTrue(most <= 2 * Slices.COST_PER_TURN, "in one turn: " + most);
        assertEquals(GROUPS, MeasuredThings.groups(totals));
        assertEquals(IDS, MeasuredThings.transactionalIds(totals));
        assertEquals(TOPICS + 2, MeasuredThings.partitions(totals), "with those of the internal topics");
    }

    @Test
    void othersHaveTheirTurnMeanwhile() {
        BrokerFixture broker = large(1);
        Totals totals = new Totals();
        broker.measure(totals, () -> done = true);
        boolean[] asked = new boolean[1];
        assertTrue(broker.step());
        broker.loop(0).execute(() -> asked[0] = true);
        while (!asked[0]) {
            assertTrue(broker.step());
        }
        assertFalse(done, "the question came after the look had begun, and was answered long before its end");
    }
}
