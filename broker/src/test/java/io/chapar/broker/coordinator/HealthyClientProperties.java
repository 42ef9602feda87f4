package io.chapar.broker.coordinator;

import io.chapar.broker.BrokerFixture;
import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.TopicView;
import io.chapar.broker.WireProducer;
import io.chapar.broker.log.disk.Loss;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.Request;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

import static io.chapar.broker.WireProducer.error;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

/// A client of version 2 that does everything right and repeats what it got no answer to, against a broker whose tasks
/// run in any order and which is killed, or loses power, at any moment. It is never told anything but yes, or that a
/// coordinator or a leader is not there yet; and in the end every commit is there once and no abort is.
class HealthyClientProperties {
    private static final int PARTITIONS = 3;
    private static final List<Loss> LOSSES = List.of(Loss.values());

    @Property(tries = 60)
    void isNeverRefusedAndLosesNothing(@ForAll long seed) {
        Client client = new Client(new Random(seed));
        for (int i = 0; i < 12; i++) {
            client.transaction(i);
        }
        client.look();
    }

    private static final class Client {
        private final Random random;
        private final boolean flushed;
        private final BrokerFixture broker;
        private final TopicView view;
        private final WireProducer producer;
        private final List<List<String>> expected = new ArrayList<>();
        private long groupOffset = -1;

        Client(Random random) {
            this.random = random;
            this.flushed = random.nextInt(3) == 0;
            broker = new BrokerFixture(1 + random.nextInt(3), random::nextInt,
                    Map.of("log.flush.acks", Boolean.toString(flushed)));
            broker.createTopic("t", PARTITIONS);
            broker.createCoordinators();
            view = new TopicView(broker, "t");
            producer = WireProducer.ofVersion2(broker, "id").init();
            for (int i = 0; i < PARTITIONS; i++) {
                expected.add(new ArrayList<>());
            }
        }

        void transaction(int number) {
            List<List<String>> written = new ArrayList<>();
            for (int i = 0; i < PARTITIONS; i++) {
                written.add(new ArrayList<>());
            }
            int writes = 1 + random.nextInt(4);
            for (int i = 0; i < writes; i++) {
                int partition = random.nextInt(PARTITIONS);
                String value = number + "." + i;
                insist(producer.produceRequest("t", partition, value), producer.produceVersion());
                written.get(partition).add(value);
            }
            boolean offsets = random.nextInt(3) == 0;
            if (offsets) {
                insist(producer.offsetsRequest("g", "t", 0, number), producer.offsetsVersion());
            }
            boolean commit = random.nextInt(4) != 0;
            Asked ended = insist(producer.endRequest(commit), producer.endVersion());
            EndTxnResponse answer = (EndTxnResponse) ended.answer();
            assertEquals(producer.producerId(), answer.producerId());
            assertEquals(producer.epoch() + 1, answer.producerEpoch());
            producer.goOnAfter(ended);
            if (commit) {
                for (int i = 0; i < PARTITIONS; i++) {
                    expected.get(i).addAll(written.get(i));
                }
                groupOffset = offsets ? number : groupOffset;
            }
        }

        /// Sends until it is answered with yes. What the broker still has to do of its own waits, or goes on.
        private Asked insist(Request request, int version) {
            for (int attempt = 0; attempt < 100; attempt++) {
                broker.disk().faults().syncDelayMs(flushed ? random.nextInt(3) : 0);
                Asked asked = broker.begin(request, version);
                if (random.nextInt(10) == 0) {
                    broker.steps(random.nextInt(40));
                    die();
                    continue;
                }
                awaitAnswer(asked);
                switch (error(asked)) {
                    case NONE -> {
                        return asked;
                    }
                    case COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR,
                            NOT_ENOUGH_REPLICAS, NOT_LEADER_OR_FOLLOWER -> broker.advance(20);
                    case ErrorCode error -> fail(request + " is refused with " + error);
                }
            }
            return fail("never answered: " + request);
        }

        private void die() {
            if (!flushed || random.nextBoolean()) {
                broker.crash();
            } else {
                broker.losePower(LOSSES.get(random.nextInt(LOSSES.size())));
            }
        }

        private void awaitAnswer(Asked asked) {
            for (int i = 0; i < 20_000 && asked.answer() == null; i++) {
                if (!broker.step()) {
                    broker.advance(1);
                }
            }
            assertTrue(asked.answer() != null, "no answer and no refusal");
        }

        void look() {
            broker.disk().faults().syncDelayMs(0);
            broker.advance(1_000);
            for (int i = 0; i < PARTITIONS; i++) {
                assertEquals(expected.get(i), view.committed(i));
                view.assertNothingOpen(i);
            }
            assertEquals(groupOffset, view.groupOffset("g", 0, true));
        }
    }
}
