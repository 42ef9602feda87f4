package io.chapar.broker.coordinator;

import io.chapar.broker.BrokerFixture;
import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.TopicView;
import io.chapar.broker.WireProducer;
import io.chapar.broker.log.disk.Loss;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.Request;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.List;
import java.util.Map;

import static io.chapar.broker.WireProducer.error;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Where an append counts only once it is synced, there is a long way between what was written and what is committed.
/// The power fails at every moment of it: nothing that was not committed has been acted upon, so what the log has lost
/// nobody has seen.
class TxnPowerLossScenarios {
    private static final int SYNC_MS = 3;
    private static final int MOMENTS = 120;

    private BrokerFixture broker;
    private TopicView view;
    private WireProducer producer;

    private void start() {
        broker = BrokerFixture.onOneLoop(Map.of("log.flush.acks", "true"));
        broker.createTopic("t", 2);
        broker.createCoordinators();
        view = new TopicView(broker, "t");
        producer = WireProducer.ofVersion2(broker, "id").init();
    }

    /// Every moment with the hardest loss; some of them with the others.
    private static int stride(Loss loss) {
        return loss == Loss.ALL_UNSYNCED ? 1 : 5;
    }

    /// Lets so many things happen, and time pass where nothing else is left to do.
    private void go(int moments) {
        for (int i = 0; i < moments; i++) {
            if (!broker.step()) {
                broker.advance(1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Loss.class)
    void anEndIsWholeOrNotYetAndARepetitionBringsIt(Loss loss) {
        int answeredBefore = 0;
        for (int moment = 0; moment < MOMENTS; moment += stride(loss)) {
            start();
            producer.write("t", 0, "a");
            producer.write("t", 1, "b");
            broker.disk().faults().syncDelayMs(SYNC_MS);
            Request commit = producer.endRequest(true);
            Asked asked = broker.begin(commit, 5);
            go(moment);
            boolean answered = asked.answer() != null && error(asked) == ErrorCode.NONE;
            broker.disk().faults().syncDelayMs(0);
            broker.losePower(loss);
            broker.advance(1_000);

            String when = "the power failed after moment " + moment;
            List<String> first = view.committed(0);
            assertEquals(first.isEmpty(), view.committed(1).isEmpty(), when);
            if (answered) {
                answeredBefore++;
                assertEquals(List.of("a"), first, when + ", when the commit was answered");
            }
            assertEquals(ErrorCode.NONE, error(broker.later(commit, 5)), when);
            broker.advance(1_000);
            assertEquals(List.of("a"), view.committed(0), when);
            assertEquals(List.of("b"), view.committed(1), when);
            view.assertNothingOpen(0);
            view.assertNothingOpen(1);
        }
        assertTrue(answeredBefore > 0 && answeredBefore < MOMENTS, "answered before " + answeredBefore);
    }

    @ParameterizedTest
    @EnumSource(Loss.class)
    void aWriteThatWasAnsweredIsInItsTransaction(Loss loss) {
        for (int moment = 0; moment < MOMENTS; moment += stride(loss)) {
            start();
            producer.write("t", 0, "a");
            broker.disk().faults().syncDelayMs(SYNC_MS);
            Request write = producer.produceRequest("t", 1, 0, "b");
            Asked asked = broker.begin(write, 12);
            go(moment);
            boolean answered = asked.answer() != null && error(asked) == ErrorCode.NONE;
            broker.disk().faults().syncDelayMs(0);
            broker.losePower(loss);
            broker.advance(1_000);

            String when = "the power failed after moment " + moment;
            if (!answered) {
                assertEquals(ErrorCode.NONE, error(broker.later(write, 12)), when);
            }
            producer.commit();
            assertEquals(List.of("a"), view.committed(0), when);
            assertEquals(List.of("b"), view.committed(1), when);
            view.assertNothingOpen(1);
        }
    }
}
