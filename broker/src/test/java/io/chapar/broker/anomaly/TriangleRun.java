package io.chapar.broker.anomaly;

import io.chapar.broker.BrokerFixture;
import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.TopicView;
import io.chapar.broker.WireProducer;
import io.chapar.broker.log.disk.Loss;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.Request;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Two transactions of one client over two partitions and a group, one task of the broker after the other, with
/// something happening at chosen moments: the broker dies, a request arrives once more.
///
/// The client sends its next request when the one before is answered, and the same request again when the broker has
/// died under it; nothing else. Since it lives and nobody has taken over from it, every one of its requests must
/// succeed.
final class TriangleRun {
    private static final int PATIENCE = 400;
    private static final String TOPIC = "t";

    private final BrokerFixture broker;
    private final TopicView view;
    private final WireProducer producer;
    private final boolean commits;
    private final boolean second;
    private final List<Supplier<Sent>> script = new ArrayList<>();
    private final List<Sent> sent = new ArrayList<>();
    private final Map<Integer, Runnable> events = new LinkedHashMap<>();
    private Asked outstanding;
    private int lives = 1;
    private int steps;

    private record Sent(Request request, int version, boolean isEnd) {}

    /// @param commits the first transaction; the second has the other outcome
    TriangleRun(int protocol, int loops, IntUnaryOperator choose, boolean commits) {
        this(protocol, loops, choose, commits, Map.of());
    }

    TriangleRun(
            int protocol, int loops, IntUnaryOperator choose, boolean commits, Map<String, String> settings) {
        this.commits = commits;
        this.second = protocol == 2;
        broker = new BrokerFixture(loops, choose, settings);
        broker.createTopic(TOPIC, 2);
        broker.createCoordinators();
        view = new TopicView(broker, TOPIC);
        producer = (second ? WireProducer.ofVersion2(broker, "id") : WireProducer.ofVersion1(broker, "id")).init();
        for (int n = 1; n <= 2; n++) {
            transaction(n, (n == 1) == commits);
        }
    }

    private void transaction(int n, boolean commit) {
        for (int partition = 0; partition < 2; partition++) {
            int to = partition;
            if (!second) {
                script.add(() -> new Sent(producer.addRequest(TOPIC, to), producer.addVersion(), false));
            }
            script.add(() -> new Sent(
                    producer.produceRequest(TOPIC, to, "r" + n), producer.produceVersion(), false));
        }
        if (!second) {
            script.add(() -> new Sent(producer.addOffsetsRequest("g"), producer.addVersion(), false));
        }
        script.add(() -> new Sent(
                producer.offsetsRequest("g", TOPIC, 0, n), producer.offsetsVersion(), false));
        script.add(() -> new Sent(producer.endRequest(commit), producer.endVersion(), true));
    }

    // ---- what happens when

    /// The broker dies before its task of that number and starts again.
    TriangleRun dieAt(int step) {
        events.merge(step, broker::crash, TriangleRun::both);
        return this;
    }

    /// The power fails before that task, and what was not synced is lost as that kind of loss says.
    TriangleRun losePowerAt(int step, Loss loss) {
        events.merge(step, () -> broker.crash(loss), TriangleRun::both);
        return this;
    }

    /// The client's request of that number arrives once more before that task, if it has been sent by then.
    TriangleRun repeat(int request, int step) {
        events.merge(step, () -> {
            if (request < sent.size()) {
                broker.begin(sent.get(request).request(), sent.get(request).version());
            }
        }, TriangleRun::both);
        return this;
    }

    /// A new instance of the same transactional id starts before that task.
    TriangleRun takeOverAt(int step, List<Asked> init) {
        events.merge(step, () -> init.add(broker.begin(producer.initRequest(), producer.initVersion())),
                TriangleRun::both);
        return this;
    }

    private static Runnable both(Runnable first, Runnable then) {
        return () -> {
            first.run();
            then.run();
        };
    }

    int requests() {
        return script.size();
    }

    // ---- the run

    /// Until the client is through and the broker quiet. Gives the number of the broker's tasks.
    int toTheEnd() {
        run(true);
        assertEquals(script.size(), sent.size());
        return steps;
    }

    /// As [#toTheEnd], for a client that may be refused: it stops there.
    void untilRefused() {
        run(false);
    }

    private void run(boolean mustSucceed) {
        int idle = 0;
        boolean refused = false;
        while (true) {
            Runnable event = events.remove(steps);
            if (event != null) {
                event.run();
                if (outstanding != null && !outstanding.isEnded() && died()) {
                    outstanding = null;
                }
            }
            refused = refused || !clientGoesOn(mustSucceed);
            boolean worked = broker.step();
            steps++;
            if (!worked && clientIsThrough(refused) && events.keySet().stream().noneMatch(at -> at >= steps)) {
                return;
            }
            idle = worked ? 0 : idle + 1;
            assertTrue(idle < PATIENCE, () -> "stuck at " + sent.getLast());
        }
    }

    private boolean died() {
        boolean again = broker.lives() != lives;
        lives = broker.lives();
        return again;
    }

    private boolean clientIsThrough(boolean refused) {
        return refused || (sent.size() == script.size() && outstanding != null && outstanding.isEnded());
    }

    /// False when the client was refused.
    private boolean clientGoesOn(boolean mustSucceed) {
        if (outstanding == null && !sent.isEmpty()) {
            again();
            return true;
        }
        if (outstanding != null) {
            if (!outstanding.isEnded()) {
                return true;
            }
            ErrorCode error = WireProducer.error(outstanding);
            if (error == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS || error == ErrorCode.NOT_COORDINATOR
                    || error == ErrorCode.NOT_ENOUGH_REPLICAS) {
                again();
                return true;
            }
            if (error != ErrorCode.NONE) {
                assertTrue(!mustSucceed, () -> sent.getLast() + " was answered " + error);
                return false;
            }
            if (sent.size() == script.size()) {
                return true;
            }
            if (sent.getLast().isEnd()) {
                producer.goOnAfter(outstanding);
            }
        }
        sent.add(script.get(sent.size()).get());
        again();
        return true;
    }

    private void again() {
        outstanding = broker.begin(sent.getLast().request(), sent.getLast().version());
    }

    // ---- what must hold in the end

    void check() {
        broker.advance(2L * WireProducer.TIMEOUT_MS);
        String visible = commits ? "r1" : "r2";
        for (int partition = 0; partition < 2; partition++) {
            view.assertNothingOpen(partition);
            assertEquals(List.of(visible), view.committed(partition));
            assertEquals(List.of("r1", "r2"), view.everything(partition));
        }
        assertEquals(commits ? 1 : 2, view.groupOffset("g", 0, true));
        view.assertNothingOpenInOffsets();
    }

    /// For a client that another took over from: each of its transactions is whole or not there at all, and nothing is
    /// open.
    void checkWhole() {
        broker.advance(2L * WireProducer.TIMEOUT_MS);
        List<String> first = view.committed(0);
        assertEquals(first, view.committed(1));
        assertTrue(first.isEmpty() || first.equals(List.of(commits ? "r1" : "r2")), first::toString);
        assertEquals(first.isEmpty() ? -1 : commits ? 1 : 2, view.groupOffset("g", 0, true));
        view.assertNothingOpen(0);
        view.assertNothingOpen(1);
        view.assertNothingOpenInOffsets();
    }
}
