package io.chapar.broker.net;

import io.chapar.protocol.message.ProduceResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Strangers who take all the memory for large requests and do not get on, and one who does: how long that one waits.
final class RoomInLineTest extends ServerConnectionSteps {
    private static final int STEP_MS = 50;
    private static final int LARGEST = 400_000;
    private static final int FOR_THE_LINE = ROOM / 2;
    private static final int TURN_MS = 1_000;
    private static final long MOST_PATIENT_MS = 60_000;

    /// Somebody at a socket: what it has sent waits there until it is read.
    private final class Sender {
        final Client client = new Client();
        final byte[] begin;
        final int length;
        int sent;
        int taken;
        boolean gone;

        /// @param begin of what it sends; behind that are zeros
        Sender(byte[] begin, int length) {
            this.begin = begin;
            this.length = length;
        }

        void sends(int bytes) {
            sent = Math.min(length, sent + bytes);
        }

        void step() {
            while (!client.isClosed && client.reading && taken < sent) {
                byte[] next = new byte[Math.min(sent - taken, client.core.setup().smallFrame())];
                if (taken < begin.length) {
                    System.arraycopy(begin, taken, next, 0, Math.min(begin.length - taken, next.length));
                }
                taken += next.length;
                client.receives(next);
            }
            if (!client.isClosed && client.core.deadlineNs() <= nowNs) {
                on(client.core::tick);
            }
            if (client.isClosed) {
                goes();
            }
        }

        void goes() {
            gone = true;
            on(client.core::gone);
        }

        void goesWhenServed() {
            if (!gone && !client.begun.isEmpty()) {
                on(() -> client.begun.getFirst().reply(ProduceResponse.DEFAULT));
                goes();
            }
        }
    }

    private static int lengthOf(int bytes) {
        return produce(1, bytes).length;
    }

    private static final int BESIDE_RECORDS = lengthOf(LARGEST) - LARGEST;

    /// A Produce request of such a length, all in all.
    private static byte[] begin(int length) {
        return ByteBuffer.wrap(part(produce(1, 100), 0, BESIDE_RECORDS)).putInt(0, length - Integer.BYTES).array();
    }

    private final List<Sender> strangers = new ArrayList<>();

    /// What each stranger sends in a step.
    private int pace;

    private void step(@Nullable Sender honest) {
        strangers.forEach(one -> one.sends(pace));
        strangers.forEach(Sender::step);
        strangers.forEach(Sender::goesWhenServed);
        strangers.removeIf(one -> one.gone);
        if (honest != null) {
            honest.step();
        }
        passes(STEP_MS);
    }

    /// Milliseconds until the request of one who sends all of it at once has begun.
    private long untilServed(int bytes) {
        byte[] request = produce(1, bytes);
        Sender honest = new Sender(request, request.length);
        honest.sends(request.length);
        long begunNs = nowNs;
        while (honest.client.begun.isEmpty()) {
            step(honest);
            assertFalse(honest.client.isClosed, () -> honest.client.closedBecause);
            assertTrue(nowNs - begunNs < TimeUnit.MILLISECONDS.toNanos(MOST_PATIENT_MS), "for ever");
        }
        on(() -> honest.client.begun.getFirst().reply(ProduceResponse.DEFAULT));
        on(honest.client.core::gone);
        return TimeUnit.NANOSECONDS.toMillis(nowNs - begunNs);
    }

    private void come(int count, Random random, int least, int most) {
        for (int i = 0; i < count; i++) {
            int length = random.nextInt(least, most);
            Sender stranger = new Sender(begin(length), length);
            stranger.sends(random.nextInt(17_000, length - 1));
            strangers.add(stranger);
            if (random.nextInt(10) == 0) {
                step(null);
            }
        }
    }

    private void allGo() {
        strangers.forEach(one -> on(one.client.core::gone));
        strangers.clear();
        nothingIsHeld();
    }

    /// However many they are.
    @ParameterizedTest
    @ValueSource(ints = {3, 30, 100, 300})
    void whoStandsStillWithALargerRequestKeepsNobodyWaitingForLongerThanTwoTurns(int count) {
        for (int seed = 0; seed < 3; seed++) {
            come(count, new Random(seed), 150_000, LARGEST);
            for (int request = 0; request < 5; request++) {
                long tookMs = untilServed(100_000);
                assertTrue(tookMs <= 2_500, () -> tookMs + " ms behind " + count);
            }
            allGo();
        }
    }

    /// One turn for each half of the memory that they ask for.
    @ParameterizedTest
    @ValueSource(ints = {3, 10, 20, 30})
    void whoStandsStillWithOneThatIsNotTakesATurnWithOthers(int count) {
        for (int seed = 0; seed < 3; seed++) {
            int bytes = 100_000;
            come(count, new Random(seed), 50_000, bytes);
            long tookMs = untilServed(bytes);
            int turns = 1 + (int) Math.ceilDiv((long) count * bytes, FOR_THE_LINE);
            assertTrue(tookMs <= 2 * TURN_MS + turns * TURN_MS, () -> tookMs + " ms, " + turns + " turns");
            allGo();
        }
    }

    /// They bring what is asked of them, and not more.
    @ParameterizedTest
    @ValueSource(ints = {3, 30, 100})
    void whoIsAsSlowAsMayBeIsThroughAfterEightWindows(int count) {
        for (int seed = 0; seed < 3; seed++) {
            come(count, new Random(seed), 150_000, LARGEST);
            pace = LARGEST / 8 / (TURN_MS / STEP_MS) + 1;
            long tookMs = untilServed(100_000);
            assertTrue(tookMs <= 9 * TURN_MS, () -> tookMs + " ms behind " + count);
            pace = 0;
            allGo();
        }
    }
}
