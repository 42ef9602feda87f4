package io.chapar.client.producer;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.scripted.ScriptedTransport.Fault;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static io.chapar.client.producer.CorePieces.T0;
import static io.chapar.client.producer.CorePieces.T1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

class ProduceRequestsTest {
    private final CorePieces it = CorePieces.with(KafkaConfigNames.BATCH_SIZE, 0,
            KafkaConfigNames.MAX_IN_FLIGHT, 2, KafkaConfigNames.ENABLE_IDEMPOTENCE, false);
    private final List<ProduceCall> answered = new ArrayList<>();
    private final ProduceRequests requests = new ProduceRequests(it.bench.transport, it.bench.metadata,
            it.bench.config, it.queues, it.numbering, it.txn, (call, outcome) -> answered.add(call));

    private void add(int count) {
        for (int i = 0; i < count; i++) {
            assertFalse(it.add(T0).isDone());
        }
    }

    private int sent() {
        return it.bench.transport.count(ApiKey.PRODUCE);
    }

    @Test
    void whatGoesToOneBrokerTravelsTogether() {
        add(1);
        assertFalse(it.add(T1).isDone());
        requests.send(0, it.nowMs());
        assertEquals(1, sent());
        it.bench.loop.advance(5);
        assertEquals(2, answered.getFirst().unanswered().size());
    }

    @Test
    void noMoreThanTheLimitAreUnanswered() {
        it.bench.transport.always = api -> api == ApiKey.PRODUCE ? new Fault.Delay(50) : null;
        add(5);
        requests.send(0, it.nowMs());
        assertEquals(2, sent());
        requests.send(0, it.nowMs());
        assertEquals(2, sent());
        it.bench.loop.advance(60);
        assertEquals(2, answered.size());
        answered.forEach(call -> call.unanswered().forEach(batch -> it.queues.of(T0).written(batch)));
        requests.send(0, it.nowMs());
        assertEquals(4, sent(), "as many as were answered");
    }

    @Test
    void withoutALeaderNothingLeaves() {
        assertFalse(it.add(new TopicPartition("t", 9)).isDone());
        requests.send(0, it.nowMs());
        assertEquals(0, sent());
        assertFalse(it.queues.isEmpty());
    }
}
