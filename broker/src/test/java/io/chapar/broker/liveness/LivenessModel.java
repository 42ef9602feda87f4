package io.chapar.broker.liveness;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metadata.SharedMetadata;
import io.chapar.broker.metadata.quorum.QuorumRole;
import io.chapar.broker.peer.LinkEvents.Evidence;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.peer.socket.Suspect;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.ShuffledLoops;
import io.chapar.protocol.message.BrokerHeartbeatRequest;
import io.chapar.protocol.message.BrokerHeartbeatResponse;
import io.chapar.protocol.message.Request;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Some brokers on virtual time, with one metadata log that comes to each at its own time. Two may believe that they
/// decide.
final class LivenessModel {
    private static final long SESSION_MS = 2_000;
    private static final long INTERVAL_MS = 400;
    private static final long SLOWEST_MS = 100;
    private static final long METADATA_LAG_MS = 200;
    /// A controller is found, it hears of everybody, and what it orders comes about.
    private static final long SOON_MS = 3_000;

    private final Random random;
    private final ShuffledLoops loops;
    private final Loop outside;
    private final SharedMetadata metadata;
    private final Map<Integer, Node> nodes = new LinkedHashMap<>();
    /// Lives that are over.
    private final List<Suspect> gone = new ArrayList<>();
    private int controller = 1;
    private int lossPercent;
    private int fencesWished;
    private int wished;

    LivenessModel(long seed) {
        random = new Random(seed);
        loops = new ShuffledLoops(0, 1_700_000_000_000L, random);
        outside = loops.add();
        metadata = new SharedMetadata(random, METADATA_LAG_MS, TopicConfig::problem);
        int count = 2 + random.nextInt(4);
        for (int id = 1; id <= count; id++) {
            nodes.put(id, new Node(id, 1));
        }
        elect(1);
    }

    /// One life of a broker.
    private final class Node {
        private final int id;
        private final int number;
        private final Loop loop = loops.add();
        private final SharedMetadata.View view = metadata.open(loop);
        private final BrokerSessions sessions = new BrokerSessions(new Watched(this), loop, SESSION_MS);
        private QuorumRole role = new QuorumRole.NoController();
        private Heartbeats heartbeats;
        private BrokerImage life;
        private String replaced;

        Node(int id, int number) {
            this.id = id;
            this.number = number;
            register();
        }

        private void register() {
            view.propose(new RegisterBroker(Registration.alone(id, new UUID(id, number)), new TreeMap<>(), true),
                    loop.nowMs() + 1_000, loop, registered -> {
                        if (registered instanceof MetadataLog.Committed<BrokerImage>(BrokerImage begun)) {
                            life = begun;
                            report();
                        } else {
                            register();
                        }
                    });
        }

        private void report() {
            heartbeats = new Heartbeats(life, new Heartbeats.Times(INTERVAL_MS, SESSION_MS), loop, view,
                    (to, request, version, caller, deadlineMs, done) ->
                            outside.execute(() -> new Errand(caller, deadlineMs, done).leave(to, request)),
                    sessions, () -> role, new Heartbeats.Events() {
                        @Override
                        public void replaced(String why) {
                            replaced = why;
                        }

                        @Override
                        public void mayStop() {
                            throw new AssertionError("nobody stops");
                        }
                    });
            heartbeats.start();
            loop.schedule(random.nextLong(500), heartbeats::ready);
        }

        void become(QuorumRole now) {
            role = now;
            sessions.role(now);
            if (heartbeats != null) {
                heartbeats.controllerChanged();
            }
        }

        boolean isActive() {
            BrokerImage here = metadata.decided().brokers().get(id);
            return here != null && life != null && here.epoch() == life.epoch() && here.isActive();
        }
    }

    /// Counts what sessions order, which is one thing at a time for each broker.
    private final class Watched implements MetadataLog {
        private final Node by;
        private final Map<MetadataCommand<?>, Integer> underWay = new LinkedHashMap<>();

        Watched(Node by) {
            this.by = by;
        }

        @Override
        public io.chapar.broker.metadata.ClusterImage image() {
            return by.view.image();
        }

        @Override
        public <R> void propose(
                MetadataCommand<R> command, long deadlineMs, Loop replyOn, Consumer<Proposed<R>> done) {
            wished++;
            fencesWished += command instanceof FenceBroker ? 1 : 0;
            assertTrue(command instanceof FenceBroker || command instanceof UnfenceBroker);
            // One of this term, and one each of a term before and of a time when another decided.
            assertTrue(underWay.merge(command, 1, Integer::sum) <= 3, command::toString);
            by.view.propose(command, deadlineMs, replyOn, ended -> {
                underWay.merge(command, -1, Integer::sum);
                done.accept(ended);
            });
        }

        @Override
        public void onChange(ChangeListener listener) {
            by.view.onChange(listener);
        }

        @Override
        public String trouble() {
            return null;
        }
    }

    /// A question on its way, which may be lost, or its answer.
    private final class Errand {
        private final Loop caller;
        private final Consumer<Peers.Asked> done;
        private boolean isOver;

        Errand(Loop caller, long deadlineMs, Consumer<Peers.Asked> done) {
            this.caller = caller;
            this.done = done;
            outside.schedule(deadlineMs - outside.nowMs(), () -> end(new Peers.Lost("no answer came")));
        }

        void leave(int to, Request request) {
            if (random.nextInt(100) >= lossPercent) {
                outside.schedule(random.nextLong(SLOWEST_MS / 2), () -> arrive(to, (BrokerHeartbeatRequest) request));
            }
        }

        private void arrive(int to, BrokerHeartbeatRequest request) {
            Node node = nodes.get(to);
            if (node == null) {
                end(new Peers.Unsent("nobody is there"));
                return;
            }
            node.loop.execute(() -> node.sessions.heartbeat(request, node.loop, this::answered));
        }

        private void answered(BrokerHeartbeatResponse response) {
            outside.execute(() -> {
                if (random.nextInt(100) >= lossPercent) {
                    outside.schedule(random.nextLong(SLOWEST_MS / 2), () -> end(new Peers.Answered(response)));
                }
            });
        }

        private void end(Peers.Asked how) {
            if (!isOver) {
                isOver = true;
                caller.execute(() -> done.accept(how));
            }
        }
    }

    // ---- trouble

    void trouble(int times) {
        loops.advance(2_000);
        long beganMs = loops.nowMs();
        for (int i = 0; i < times; i++) {
            int id = anybody();
            switch (random.nextInt(7)) {
                case 0 -> elect(id);
                case 1 -> standStill(id, random.nextInt(6_000));
                case 2 -> dieAndComeBack(id);
                case 3 -> lossPercent = random.nextInt(60);
                case 4 -> lossPercent = 0;
                case 5 -> accuse(id);
                default -> loops.advance(random.nextInt(3_000));
            }
            loops.advance(random.nextInt(500));
        }
        long pauses = (loops.nowMs() - beganMs) / LivenessCore.PAUSE_MS;
        assertTrue(wished <= 2L * nodes.size() * (times + pauses), "a storm: " + wished);
    }

    private int anybody() {
        return 1 + random.nextInt(nodes.size());
    }

    private void elect(int id) {
        controller = id;
        nodes.values().forEach(this::tell);
    }

    /// Who decides comes to each at its own time.
    private void tell(Node node) {
        QuorumRole role = node.id == controller ? new QuorumRole.Controls() : new QuorumRole.Follows(controller);
        int now = controller;
        outside.schedule(random.nextInt(300), () -> node.loop.execute(() -> {
            if (controller == now) {
                node.become(role);
            }
        }));
    }

    private void standStill(int id, long ms) {
        Node node = nodes.get(id);
        loops.hold(node.loop);
        outside.schedule(ms, () -> goOn(node));
    }

    private void goOn(Node node) {
        loops.goOn(node.loop);
    }

    private void die(int id) {
        Node node = nodes.remove(id);
        loops.kill(node.loop);
        node.view.close();
        if (node.life != null) {
            gone.add(new Suspect(id, new UUID(id, node.number), node.life.epoch(), Evidence.REFUSED));
        }
    }

    private void dieAndComeBack(int id) {
        int number = nodes.get(id).number;
        die(id);
        if (!gone.isEmpty() && random.nextBoolean()) {
            tellAll(gone.getLast());
        }
        loops.advance(random.nextInt(3_000));
        Node node = new Node(id, number + 1);
        TreeMap<Integer, Node> ordered = new TreeMap<>(nodes);
        ordered.put(id, node);
        nodes.clear();
        nodes.putAll(ordered);
        tell(node);
    }

    /// The address of a broker that lives refused all the same.
    private void accuse(int id) {
        Node node = nodes.get(id);
        if (node.life != null) {
            tellAll(new Suspect(id, new UUID(id, node.number), node.life.epoch(), Evidence.REFUSED));
        }
    }

    private void tellAll(Suspect suspect) {
        nodes.values().forEach(node -> outside.schedule(random.nextLong(SLOWEST_MS),
                () -> node.loop.execute(() -> node.sessions.suspect(suspect))));
    }

    // ---- what must hold when the trouble is over

    void everybodyServesSoon() {
        lossPercent = 0;
        nodes.values().forEach(this::goOn);
        elect(1 + controller % nodes.size());
        loops.advance(SOON_MS);
        assertEverybodyServes();
        int before = wished;
        loops.advance(20_000);
        assertEverybodyServes();
        assertEquals(before, wished, "nothing is ordered where nothing happens");
    }

    private void assertEverybodyServes() {
        for (Node node : nodes.values()) {
            assertEquals(null, node.replaced);
            assertTrue(node.isActive(), () -> "broker " + node.id + " serves");
            assertTrue(node.heartbeats.isInSession(loops.nowMs()));
        }
    }

    /// It gives everybody back the time that it took, however often.
    void aControllerThatStandsStillFencesNobody() {
        int before = fencesWished;
        for (int i = 0; i < 3; i++) {
            standStill(controller, SESSION_MS + random.nextInt(10_000));
            loops.advance(SESSION_MS + 10_000 + random.nextInt(2_000));
        }
        assertEquals(before, fencesWished);
        loops.advance(SESSION_MS);
        assertEverybodyServes();
    }

    void wordsOfTheDeadHurtNobody() {
        int before = fencesWished;
        gone.forEach(this::tellAll);
        for (Suspect earlier : gone) {
            Node decides = nodes.get(controller);
            BrokerHeartbeatRequest late = BrokerHeartbeatRequest.DEFAULT.toBuilder().brokerId(earlier.node())
                    .brokerEpoch(earlier.epoch()).wantFence(true).build();
            decides.loop.execute(() -> decides.sessions.heartbeat(late, decides.loop, _ -> { }));
        }
        loops.advance(5_000);
        assertEquals(before, fencesWished);
        assertEverybodyServes();
    }

    void whoFallsSilentIsFencedInTime() {
        int id = 1 + controller % nodes.size();
        Node silent = nodes.get(id);
        if (random.nextBoolean()) {
            die(id);
        } else {
            loops.hold(silent.loop);
        }
        loops.advance(SESSION_MS - INTERVAL_MS - SLOWEST_MS);
        assertTrue(silent.isActive(), "nobody is fenced before a session is over");
        loops.advance(INTERVAL_MS + SLOWEST_MS + SLOWEST_MS);
        assertEquals(false, silent.isActive(), "a silent broker is fenced");
        for (Node node : nodes.values()) {
            assertTrue(node == silent || node.isActive(), () -> "broker " + node.id + " serves");
        }
        if (nodes.containsKey(id)) {
            loops.goOn(silent.loop);
            loops.advance(SOON_MS);
            assertTrue(silent.isActive(), "who reports again is back");
        }
    }
}
