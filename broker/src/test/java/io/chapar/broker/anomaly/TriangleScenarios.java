package io.chapar.broker.anomaly;

import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.WireProducer;
import io.chapar.broker.log.disk.Loss;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Producer, partition and coordinator: every moment of two transactions at which the broker may die, and at which any
/// request may arrive once more. Searched one by one, on the whole broker, in virtual time.
class TriangleScenarios {
    /// Of the loops with something to do, always the same one goes on: other orders are other values.
    private static final int ORDERS = 3;

    private static TriangleRun run(int protocol, int order, boolean commits) {
        return new TriangleRun(protocol, 3, busy -> order % busy, commits);
    }

    @ParameterizedTest
    @CsvSource({"2,true", "2,false", "1,true", "1,false"})
    void aBrokerThatDiesAtAnyMomentTearsNothing(int protocol, boolean commits) {
        for (int order = 0; order < ORDERS; order++) {
            TriangleRun undisturbed = run(protocol, order, commits);
            int steps = undisturbed.toTheEnd();
            undisturbed.check();
            assertTrue(steps > 40, "tasks: " + steps);
            for (int at = 0; at < steps; at++) {
                TriangleRun run = run(protocol, order, commits).dieAt(at);
                run.toTheEnd();
                run.check();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2,true", "2,false"})
    void aRequestThatArrivesOnceMoreAtAnyMomentChangesNothing(int protocol, boolean commits) {
        TriangleRun undisturbed = run(protocol, 0, commits);
        int steps = undisturbed.toTheEnd();
        for (int request = 0; request < undisturbed.requests(); request++) {
            for (int at = 0; at < steps; at++) {
                TriangleRun run = run(protocol, (request + at) % ORDERS, commits).repeat(request, at);
                run.toTheEnd();
                run.check();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2,true", "1,true"})
    void aBrokerThatDiesTwiceTearsNothing(int protocol, boolean commits) {
        int steps = run(protocol, 0, commits).toTheEnd();
        for (int at = 0; at < steps; at += 5) {
            // The second death strikes while the first is being mended, task by task, and later now and then.
            for (int later = 1; later < 60; later += later < 25 ? 2 : 7) {
                TriangleRun run = run(protocol, 0, commits).dieAt(at).dieAt(at + later);
                run.toTheEnd();
                run.check();
            }
        }
    }

    private static TriangleRun synced(int protocol, int order) {
        return new TriangleRun(protocol, 3, busy -> order % busy, true, Map.of("log.flush.acks", "true"));
    }

    /// Where acknowledgements wait for the disk.
    @ParameterizedTest
    @CsvSource({"2,ALL_UNSYNCED", "2,TAILS", "2,SECTORS", "1,ALL_UNSYNCED"})
    void aPowerCutAtAnyMomentTearsNothing(int protocol, Loss loss) {
        int steps = synced(protocol, 0).toTheEnd();
        for (int at = 0; at < steps; at++) {
            TriangleRun run = synced(protocol, at % ORDERS).losePowerAt(at, loss);
            run.toTheEnd();
            run.check();
        }
    }

    /// what a killed broker left in the page cache is read by the next one, which must not act on it before it is
    /// synced. The power cut takes it away, and whatever was done in its name must not have lasted.
    @Test
    void A28_whatWasReadButNotSyncedHasNoEffect() {
        dieAndLosePower(9);
    }

    @Test
    @Tag("nightly")
    void A28_whatWasReadButNotSyncedHasNoEffectAtAnyMoment() {
        dieAndLosePower(1);
    }

    private void dieAndLosePower(int every) {
        int steps = synced(2, 0).toTheEnd();
        for (int at = 0; at < steps; at += every) {
            for (int later = 1; later < 40; later += later < 16 ? 2 : 8) {
                TriangleRun run = synced(2, 0).dieAt(at).losePowerAt(at + later, Loss.ALL_UNSYNCED);
                run.toTheEnd();
                run.check();
            }
        }
    }

    @Test
    void aNewInstanceAtAnyMomentFencesTheOldOneAndTearsNothing() {
        for (int order = 0; order < ORDERS; order++) {
            int steps = run(2, order, true).toTheEnd();
            for (int at = 0; at < steps; at++) {
                List<Asked> init = new ArrayList<>();
                TriangleRun run = run(2, order, true).takeOverAt(at, init);
                run.untilRefused();
                assertEquals(ErrorCode.NONE, WireProducer.error(init.getFirst()));
                run.checkWhole();
            }
        }
    }

    /// Every order of the loops' tasks that differs from the usual one in one choice, and in two.
    @Test
    void theOrderInWhichLoopsWorkDecidesNothing() {
        searchOrders(1);
    }

    @Test
    @Tag("nightly")
    void theOrderInWhichLoopsWorkDecidesNothingInTwoPlaces() {
        searchOrders(2);
    }

    private static void searchOrders(int deviations) {
        int[] choices = {0};
        TriangleRun undisturbed = new TriangleRun(2, 3, _ -> {
            choices[0]++;
            return 0;
        }, true);
        undisturbed.toTheEnd();
        undisturbed.check();
        for (int first = 0; first < choices[0]; first++) {
            for (int then = first + 1; then < (deviations == 1 ? first + 2 : choices[0]); then++) {
                int from = first;
                int second = deviations == 1 ? -1 : then;
                int[] made = {0};
                TriangleRun run = new TriangleRun(2, 3, busy -> {
                    int now = made[0]++;
                    return now == from || now == second ? busy - 1 : 0;
                }, true);
                run.toTheEnd();
                run.check();
            }
        }
    }

    @Test
    @Tag("nightly")
    void aRepetitionAndADeathAtAnyTwoMomentsChangeNothing() {
        TriangleRun undisturbed = run(2, 0, true);
        int steps = undisturbed.toTheEnd();
        for (int request = 0; request < undisturbed.requests(); request++) {
            for (int at = 0; at < steps; at++) {
                for (int death = at % 3; death < steps; death += 3) {
                    TriangleRun run = run(2, 0, true).repeat(request, at).dieAt(death);
                    run.toTheEnd();
                    run.check();
                }
            }
        }
    }
}
